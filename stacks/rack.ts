import * as k8s from "@pulumi/kubernetes";
import { imexNetworkPolicy } from "../src/manifests/imex-network-policy";
import { enginePriorityClass, routerPriorityClass } from "../src/manifests/priority-class";
import type { Allocation } from "../src/refs";
import { gb200Nvl72 } from "../src/plan/rack";
import { summariseProof, type ProofSummary } from "../src/report/proof-summary";
import { allocate, engineClassName, routerClassName } from "./allocation";
import { planClientStack } from "./client-plan";
import type { ClientConfig, RackConfig } from "./config";
import { proveClients, type PlannedClient } from "./rack-plan";
import { readClients } from "./stack-files";

/** What a rack's stack tells others. */
export interface RackOutputs {
  readonly allocation: Allocation;
  /** How good the split is; only where trays are planned. */
  readonly plan?: ProofSummary;
}

/** The platform of one rack: what clients may use, and what must exist once for all of them. */
export async function deployRack(config: RackConfig, provider: k8s.Provider): Promise<RackOutputs> {
  const clients = siblingClients(config);
  const allocation = allocate(config, clients);
  const plan = await planOf(allocation, clients, gb200Nvl72.trays - config.reserveTrays);
  const opts = { provider };
  new k8s.scheduling.v1.PriorityClass("engine-priority", enginePriorityClass(engineClassName), opts);
  new k8s.scheduling.v1.PriorityClass("router-priority", routerPriorityClass(routerClassName), opts);
  if (config.driverNamespace !== undefined) {
    new k8s.networking.v1.NetworkPolicy("imex-network", imexNetworkPolicy(config.driverNamespace), opts);
  }
  return { allocation, ...(plan === undefined ? {} : { plan }) };
}

/** Planned trays depend on the clients' own stacks, which lie beside this one. */
function siblingClients({ clients }: RackConfig): readonly ClientConfig[] {
  return Object.values(clients).some(({ trays }) => trays === "auto") ? readClients(__dirname) : [];
}

async function planOf(
  allocation: Allocation,
  clients: readonly ClientConfig[],
  trays: number,
): Promise<ProofSummary | undefined> {
  const planned: PlannedClient[] = [];
  for (const config of clients) {
    const share = allocation.clients.find(({ client }) => client === config.client);
    if (share === undefined) continue;
    const { plan } = planClientStack(config, share, __dirname);
    // Its own stack says why there is none.
    if (plan === undefined) return undefined;
    planned.push({ config, plan });
  }
  const proved = await proveClients(planned, trays);
  return "proof" in proved ? summariseProof(proved.proof) : undefined;
}
