import type { Scenario } from "../src/plan/allocate/request";
import type { ClientPlan, RackPlan } from "../src/plan/client";
import { layOutRack } from "../src/plan/plan-client";
import { gb200Nvl72 } from "../src/plan/rack";
import type { Proved } from "../src/plan/rack-proof";
import { Problems, RefusedError } from "../src/problems";
import { drawRack } from "../src/report/rack-drawing";
import { planClientStack } from "../stacks/client-plan";
import { proveClients } from "../stacks/rack-plan";
import { inFile, readStackFiles } from "../stacks/stack-files";

export interface ScreenOptions {
  readonly colour?: boolean;
  /** States of demand that lending is valued with; without them the clients peak in turn. */
  readonly scenarios?: readonly Scenario[];
}

/** Draws the rack as the stack files of `directory` ask for it. @throws {RefusedError} as the stacks would. */
export async function planScreen(directory: string, options: ScreenOptions = {}): Promise<string> {
  const plan = planDirectory(directory);
  const proved = await proveDirectory(directory, options.scenarios);
  // States of demand that were asked for must not go unanswered.
  if ("problems" in proved && options.scenarios !== undefined) throw new RefusedError("lending", proved.problems);
  return drawRack(plan, {
    colour: options.colour ?? false,
    ...("proof" in proved ? { proof: proved.proof } : {}),
  });
}

/** Plans every client stack of a folder together. @throws {RefusedError} with the problems of all of them. */
export function planDirectory(directory: string): RackPlan {
  const problems = new Problems();
  const plans: ClientPlan[] = [];
  for (const { file, config, share } of readStackFiles(directory).clients) {
    const planned = planClientStack(config, share, directory);
    problems.addBelow("", inFile(file, planned.problems));
    if (planned.plan !== undefined) plans.push(planned.plan);
  }
  problems.throwIfAny("the rack");
  return layOutRack(plans, gb200Nvl72);
}

/** How good that plan is; problems where it cannot be said. */
export async function proveDirectory(directory: string, scenarios?: readonly Scenario[]): Promise<Proved> {
  const { clients, trays } = readStackFiles(directory);
  return proveClients(clients, directory, trays, scenarios);
}
