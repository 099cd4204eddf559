import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import type { ClientPlan, RackPlan } from "../src/plan/client";
import { layOutRack } from "../src/plan/plan-client";
import { gb200Nvl72 } from "../src/plan/rack";
import { Problems } from "../src/problems";
import type { ClientAllocation } from "../src/refs";
import { drawRack } from "../src/report/rack-drawing";
import { allocate } from "../stacks/allocation";
import { planClientStack } from "../stacks/client-plan";
import { parseStackConfig, type ClientConfig, type RackConfig, type RawConfig } from "../stacks/config";

/** Draws the rack as the stack files below `directory` ask for it. @throws {RefusedError} as the stacks would. */
export function planScreen(directory: string, options: { readonly colour?: boolean } = {}): string {
  return drawRack(planDirectory(directory), { colour: options.colour ?? false });
}

/** Plans every client stack of a folder, each with its own share or with what the rack stack beside it grants. */
export function planDirectory(directory: string): RackPlan {
  const stacks = readStacks(directory);
  const problems = new Problems();
  const plans: ClientPlan[] = [];
  for (const { config, file } of stacks.clients) {
    const planned = planClientStack(config, shareOf(config, stacks.racks), directory);
    problems.addBelow(
      "",
      planned.problems.map((problem) => ({ ...problem, path: `${file} ${problem.path}` })),
    );
    if (planned.plan !== undefined) plans.push(planned.plan);
  }
  problems.throwIfAny("the rack");
  return layOutRack(plans, gb200Nvl72);
}

interface Stacks {
  readonly clients: readonly { readonly config: ClientConfig; readonly file: string }[];
  readonly racks: ReadonlyMap<string, RackConfig>;
}

function readStacks(directory: string): Stacks {
  const clients: { config: ClientConfig; file: string }[] = [];
  const racks = new Map<string, RackConfig>();
  for (const file of fs.readdirSync(directory).sort()) {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    if (stack === undefined) continue;
    const config = parseStackConfig(readConfig(path.join(directory, file)), { stack, file });
    if (config.program === "rack") racks.set(stack, config);
    else clients.push({ config, file });
  }
  return { clients, racks };
}

/** Settings of the project in one stack file, without the namespace. */
function readConfig(file: string): RawConfig {
  const content = parse(fs.readFileSync(file, "utf8")) as {
    readonly config?: Readonly<Record<string, unknown>>;
  } | null;
  const entries = Object.entries(content?.config ?? {})
    .filter(([key]) => key.startsWith("nvl72:"))
    .map(([key, value]) => [key.slice("nvl72:".length), value] as const);
  return Object.fromEntries(entries);
}

function shareOf(config: ClientConfig, racks: ReadonlyMap<string, RackConfig>): ClientAllocation {
  const { client, rack, trays } = config;
  const granting = rack === undefined ? undefined : racks.get(rack);
  if (granting === undefined) return { client, trays: trays ?? gb200Nvl72.trays, priorityClass: "" };
  const share = allocate(granting).clients.find((candidate) => candidate.client === client);
  return share ?? { client, trays: 0, priorityClass: "" };
}
