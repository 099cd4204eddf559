import type { Scenario } from "../src/plan/allocate/request";
import type { RackPlan } from "../src/plan/client";
import { layOutRack } from "../src/plan/plan-client";
import { gb200Nvl72 } from "../src/plan/rack";
import type { Proved } from "../src/plan/rack-proof";
import { Problems, RefusedError } from "../src/problems";
import { drawRack } from "../src/report/rack-drawing";
import { planClientStack } from "../stacks/client-plan";
import { proveClients, type PlannedClient } from "../stacks/rack-plan";
import { inFile, readStackFiles } from "../stacks/stack-files";

export interface ScreenOptions {
  readonly colour?: boolean;
  /** States of demand that lending is valued with; without them the clients peak in turn. */
  readonly scenarios?: readonly Scenario[];
}

/** What the stacks of a folder will deploy together. */
export interface PlannedDirectory {
  readonly rack: RackPlan;
  readonly clients: readonly PlannedClient[];
  /** Trays that the clients could have between them. */
  readonly trays: number;
}

/** Draws the rack as the stack files of `directory` ask for it. @throws {RefusedError} as the stacks would. */
export async function planScreen(directory: string, options: ScreenOptions = {}): Promise<string> {
  const planned = planDirectory(directory);
  const proved = await proveDirectory(planned, options.scenarios);
  // States of demand that were asked for must not go unanswered.
  if ("problems" in proved && options.scenarios !== undefined) throw new RefusedError("lending", proved.problems);
  return drawRack(planned.rack, {
    colour: options.colour ?? false,
    ...("proof" in proved ? { proof: proved.proof } : {}),
  });
}

/** Plans every client stack of a folder together. @throws {RefusedError} with the problems of all of them. */
export function planDirectory(directory: string): PlannedDirectory {
  const problems = new Problems();
  const clients: PlannedClient[] = [];
  const files = readStackFiles(directory);
  for (const { file, config, share } of files.clients) {
    const planned = planClientStack(config, share, directory);
    problems.addBelow("", inFile(file, planned.problems));
    if (planned.plan !== undefined) clients.push({ config, plan: planned.plan });
  }
  problems.throwIfAny("the rack");
  const plans = clients.map(({ plan }) => plan);
  return { rack: layOutRack(plans, gb200Nvl72), clients, trays: files.trays };
}

/** How good that plan is; problems where it cannot be said. */
export async function proveDirectory(planned: PlannedDirectory, scenarios?: readonly Scenario[]): Promise<Proved> {
  return proveClients(planned.clients, planned.trays, scenarios);
}
