import { parseArgs } from "node:util";
import type { Scenario } from "../src/plan/allocate/request";
import { formatWarning, RefusedError } from "../src/problems";
import { allocationText } from "../src/report/allocation-text";
import { summarise } from "../src/report/plan-summary";
import { summariseProof } from "../src/report/proof-summary";
import { planDirectory, planScreen, proveDirectory } from "./plan";
import { readScenario } from "./scenario";
import { onlyFolder, UsageError, writeText, type Terminal } from "./terminal";
import { answer, whatIf, whatIfOptions } from "./what-if";

/** `nvl72 plan`: of a folder's stack files, or of clients given as flags. */
export async function planCommand(args: readonly string[], terminal: Terminal): Promise<string> {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      ...whatIfOptions,
      "no-colour": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      html: { type: "string" },
      scenario: { type: "string", multiple: true },
    },
  });
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
  if (values.client !== undefined) {
    if (positionals.length > 0) throw new UsageError("nvl72 plan: either a folder or --client, not both");
    const folderOnly = (["html", "scenario"] as const).find((name) => values[name] !== undefined);
    if (folderOnly !== undefined) {
      throw new UsageError(`nvl72 plan: --${folderOnly} is for a folder of stacks, not for --client`);
    }
    return planFlags(values, values.json, terminal);
  }
  const lost = given.find((name) => name in whatIfOptions);
  if (lost !== undefined) throw new UsageError(`nvl72 plan: --${lost} goes with --client; a folder has its own`);
  const directory = onlyFolder("plan", positionals);
  if (values.html !== undefined) {
    const { htmlReport } = await import("./html-report.js");
    writeText("plan", values.html, await htmlReport(directory));
  }
  const scenarios = values.scenario?.map(readScenario);
  if (values.json) return planJson(directory, scenarios);
  const colour = terminal.colour && !values["no-colour"];
  return `${await planScreen(directory, { colour, ...(scenarios === undefined ? {} : { scenarios }) })}\n`;
}

async function planFlags(values: Parameters<typeof whatIf>[0], json: boolean, terminal: Terminal): Promise<string> {
  const { allocation, problems, relaxations } = await answer(whatIf(values));
  const text = `${JSON.stringify({ allocation, problems, relaxations }, undefined, 2)}\n`;
  if (allocation !== undefined) return json ? text : allocationText(allocation);
  // A program reads what would help; its exit status says that there is no plan.
  if (json) terminal.out(text);
  throw new RefusedError("the plan", problems);
}

/** Clients as the stack outputs have them, and how good the plan is. */
async function planJson(directory: string, scenarios: readonly Scenario[] | undefined): Promise<string> {
  const planned = planDirectory(directory);
  const proved = await proveDirectory(planned, scenarios);
  const { rack, freeTrays, clients } = planned.rack;
  const content = {
    rack: rack.name,
    trays: rack.trays,
    freeTrays,
    clients: clients.map((client) => summarise(client)),
    ...("proof" in proved
      ? { proof: summariseProof(proved.proof) }
      : { unproved: proved.problems.map(formatWarning).join("; ") }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
