#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readPlanSummary, type PlanSummary } from "../src/report/plan-summary";
import { parsePreview } from "../src/report/preview/digest";
import { renderReport } from "../src/report/preview/markdown";
import { messageOf, readJson, readText, UsageError, type Terminal } from "./terminal";

const usage = `usage: nvl72 <command>

  plan [DIRECTORY] [--json] [--html FILE] [--scenario NAME:SHARE:SECONDS:CLIENT=RATE,...]... [--no-colour]
      Draws what the stacks in DIRECTORY (default: the current one) plan for the rack, what it serves and how far
      that is from the best there could be. --html writes a report with pictures. --scenario is a state of demand, its
      share of all time and how long a visit lasts: with all of them it says whether lending trays pays. Needs no cluster.

  plan --client NAME:IN:OUT[:RATE] ... [--tpot MS] [--ttft S] [--engine sglang|vllm|trtllm] [--preset NAME] [--drafts N]
       [--redundant N|auto] [--headroom F] [--racks N] [--objective share|trays|cost] [--prefill separate|shared|either]
       [--mixed-decode] [--tier NAME] [--billing tray|rack] [--json]
      The same for clients given here, without stack files, on one rack or many.

  simulate [DIRECTORY] [--seed N] [--seconds S] [--load F] [--cv F] [--concurrency CLIENT=N] [--trace CLIENT=FILE] [--json]
      Lets requests run through that plan: at the asked rates times --load, in a closed loop, or from a trace.

  compare A B [--json]
      Two plans side by side. Each is a folder of stacks, or a file that \`plan --json\` wrote.

  render [DIRECTORY]
      Prints every object that the stacks in DIRECTORY would create, as YAML. Needs no cluster and no pulumi.

  import (--submit "LINE" [--env KEY=VALUE]... | --script FILE | RECIPE.yaml[:VARIANT])
         [--client NAME] [--purpose benchmark] [--out FILE]
      Turns a published recipe into a stack file, or says every rule that it breaks: the arguments of submit_disagg.sh,
      a shell script with such lines, or an srt-slurm recipe (SGLang or TensorRT-LLM).

  preset [NAME] [--client NAME] [--out FILE]
      Lists the published settings that are known by name, each with its source and the number it was published with; or
      prints one as a stack file.

  experts show RECORDING [--ranks N] [--redundant N|auto] [--slots-of FILE] [--svg FILE]
  experts place RECORDING --ranks N [--redundant N|auto] [--current FILE] [--engine sglang|trtllm] [--out FILE|-]
                [--slots-of FILE] [--svg FILE] [--json]
  experts compare RECORDING A B --ranks N [--redundant N|auto] [--slots-of FILE] [--svg FILE]
      What a recording of expert loads says, where experts should sit for it, and how two placements of them differ.
      RECORDING is a recording, a JSON dump of SGLang's recorder or a folder of TensorRT-LLM's expert statistics; with
      --slots-of the load balancer file under which the latter counted slots. Placements are files of either engine,
      or in compare \`trivial\` (the model's order) or \`heuristic\` (DeepSeek's). --out writes the engine's file, --svg
      the load of every GPU in every layer.

  report --stack NAME [--preview FILE|-] [--failed-output FILE] [--exit-code N]
         [--before FILE] [--after FILE] [--max-chars N]
      Turns the output of \`pulumi preview --json\` into one screen of Markdown for a pull request.
      --preview        the JSON; - or nothing reads stdin. Run the preview with
                       PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, or the new prediction is not in it.
      --failed-output  what a failed preview wrote to stderr, shown when the JSON has no error
      --exit-code      that of the preview: another one than 0 makes it a failed preview, whatever the JSON says
      --before/--after plan summaries to compare, where the stack has no \`plan\` output
      --max-chars      longest report, default 60000

  help
`;

export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [command = "help", ...rest] = args;
  try {
    switch (command) {
      case "plan":
        terminal.out(await plan(rest, terminal));
        return 0;
      case "simulate":
        terminal.out(await simulate(rest));
        return 0;
      case "compare":
        terminal.out(await compare(rest));
        return 0;
      case "render":
        terminal.out(await render(rest));
        return 0;
      case "import":
        terminal.out(await importRecipe(rest));
        return 0;
      case "preset":
        terminal.out(await preset(rest));
        return 0;
      case "experts":
        terminal.out(await experts(rest));
        return 0;
      case "report":
        terminal.out(report(rest, terminal));
        return 0;
      case "help":
      case "--help":
      case "-h":
        terminal.out(usage);
        return 0;
      default:
        throw new UsageError(
          `nvl72: there is no command '${command}'; commands are plan, simulate, compare, render, import, preset, experts, report, help`,
        );
    }
  } catch (error) {
    terminal.error(`${messageOf(error)}\n`);
    return error instanceof UsageError || isArgumentError(error) ? 2 : 1;
  }
}

// What a report does not need is loaded by the commands that do: stack files take a parser and a schema.

async function plan(args: readonly string[], terminal: Terminal): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { planCommand } = await import("./plan-command.js");
  return planCommand(args, terminal);
}

async function simulate(args: readonly string[]): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { simulateCommand } = await import("./simulate.js");
  return simulateCommand(args);
}

async function compare(args: readonly string[]): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { compareCommand } = await import("./compare.js");
  return compareCommand(args);
}

async function render(args: readonly string[]): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const { renderDirectory } = await import("./render.js");
  return renderDirectory(positionals[0] ?? ".");
}

async function importRecipe(args: readonly string[]): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { importCommand } = await import("./import.js");
  return importCommand(args);
}

async function preset(args: readonly string[]): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { presetCommand } = await import("./preset.js");
  return presetCommand(args);
}

async function experts(args: readonly string[]): Promise<string> {
  if (asksForHelp(args)) return usage;
  const { expertsCommand } = await import("./experts.js");
  return expertsCommand(args);
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}

function report(args: readonly string[], terminal: Terminal): string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: "string" },
      preview: { type: "string", default: "-" },
      "failed-output": { type: "string" },
      "exit-code": { type: "string", default: "0" },
      before: { type: "string" },
      after: { type: "string" },
      "max-chars": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return usage;
  if (values.stack === undefined) throw new UsageError("nvl72 report: --stack NAME is missing");
  const text = values.preview === "-" ? terminal.readStdin() : readText("report", values.preview);
  const failedOutput = values["failed-output"] === undefined ? "" : readText("report", values["failed-output"]);
  const preview = parsePreview(text);
  if (preview === undefined && failedOutput.trim() === "" && text.trim() === "") {
    throw new UsageError("nvl72 report: the preview is empty, and so is --failed-output: there is nothing to report");
  }
  const before = planSummary(values.before);
  const after = planSummary(values.after);
  const maxCharacters = positive(values["max-chars"]);
  return renderReport({
    stack: values.stack,
    ...(preview === undefined ? {} : { preview }),
    failed: values["exit-code"] !== "0",
    failedOutput: failedOutput.trim() === "" && preview === undefined ? plainText(text) : failedOutput,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(maxCharacters === undefined ? {} : { maxCharacters }),
  });
}

/** A preview that died before it wrote JSON has said why in plain text. Half a JSON is nothing to show. */
function plainText(text: string): string {
  return /^\s*[{[]/m.test(text) ? "pulumi stopped before its JSON was complete; see the log of the job" : text;
}

function planSummary(file: string | undefined): PlanSummary | undefined {
  if (file === undefined) return undefined;
  const summary = readPlanSummary(readJson("report", file));
  if (summary === undefined) throw new UsageError(`nvl72 report: ${file} is not a plan summary of this version`);
  return summary;
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  // Below, not even the heading and a problem would fit.
  if (!Number.isInteger(value) || value < 500) {
    throw new UsageError(`nvl72 report: --max-chars ${text} is not a whole number of at least 500`);
  }
  return value;
}

function isArgumentError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

if (require.main === module) {
  const terminal: Terminal = {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    readStdin: () => readFileSync(0, "utf8"),
    colour: process.stdout.isTTY && process.env.NO_COLOR === undefined,
  };
  void main(process.argv.slice(2), terminal).then((status) => {
    process.exitCode = status;
  });
}
