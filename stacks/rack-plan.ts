import type { ClientSizing } from "../src/plan/choose-pools";
import type { Scenario } from "../src/plan/allocate/request";
import type { ClientPlan } from "../src/plan/client";
import { gb200Nvl72 } from "../src/plan/rack";
import { proveRack, type Proved } from "../src/plan/rack-proof";
import type { ClientAllocation } from "../src/refs";
import { planClientStack } from "./client-plan";
import type { ClientConfig } from "./config";
import { clientSizing } from "./sized-config";

/** A client's stack and the trays it was granted. */
export interface GrantedClient {
  readonly config: ClientConfig;
  readonly share: ClientAllocation;
}

/**
 * How good the plan of a rack is that its clients' stacks will deploy; problems where that cannot be said, as for a model
 * that nobody measured.
 *
 * @param directory of the stack files, for recordings named in them
 * @param scenarios states of demand that lending is valued with; without them the clients peak in turn
 * @param trays that the clients could have between them: those of the rack without its reserve
 */
export async function proveClients(
  clients: readonly GrantedClient[],
  directory: string,
  trays: number,
  scenarios?: readonly Scenario[],
): Promise<Proved> {
  const sizings: ClientSizing[] = [];
  const plans: ClientPlan[] = [];
  for (const { config, share } of clients) {
    const sizing = clientSizing(config);
    if ("problems" in sizing) return sizing;
    sizings.push(sizing);
    const { plan, problems } = planClientStack(config, share, directory);
    if (plan === undefined) return { problems };
    plans.push(plan);
  }
  return sizings.length === 0 ? { problems: [] } : proveRack(sizings, plans, { ...gb200Nvl72, trays }, scenarios);
}
