import type { ClientSizing } from "../src/plan/choose-pools";
import type { Scenario } from "../src/plan/allocate/request";
import type { ClientPlan } from "../src/plan/client";
import { gb200Nvl72 } from "../src/plan/rack";
import { proveRack, type Proved } from "../src/plan/rack-proof";
import type { ClientConfig } from "./config";
import { clientSizing } from "./sized-config";

/** A client's configuration as its stack states it, and the plan that the stack will deploy. */
export interface PlannedClient {
  readonly config: ClientConfig;
  readonly plan: ClientPlan;
}

/**
 * How good the plan of a rack is that its clients' stacks will deploy; problems where that cannot be said, as for a model
 * that nobody measured.
 *
 * @param trays that the clients could have between them: those of the rack without its reserve
 * @param scenarios states of demand that lending is valued with; without them the clients peak in turn
 */
export async function proveClients(
  clients: readonly PlannedClient[],
  trays: number,
  scenarios?: readonly Scenario[],
): Promise<Proved> {
  const sizings: ClientSizing[] = [];
  for (const { config } of clients) {
    const sizing = clientSizing(config);
    if ("problems" in sizing) return sizing;
    sizings.push(sizing);
  }
  if (sizings.length === 0) return { problems: [] };
  const plans = clients.map(({ plan }) => plan);
  return proveRack(sizings, plans, { ...gb200Nvl72, trays }, scenarios);
}
