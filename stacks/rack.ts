import * as k8s from "@pulumi/kubernetes";
import { imexNetworkPolicy } from "../src/manifests/imex-network-policy";
import { enginePriorityClass, routerPriorityClass } from "../src/manifests/priority-class";
import type { Allocation } from "../src/refs";
import { allocate, engineClassName, routerClassName } from "./allocation";
import type { ClientConfig, RackConfig } from "./config";
import { readClients } from "./stack-files";

/** The platform of one rack: what clients may use, and what must exist once for all of them. */
export function deployRack(config: RackConfig, provider: k8s.Provider): { allocation: Allocation } {
  const allocation = allocate(config, siblingClients(config));
  const opts = { provider };
  new k8s.scheduling.v1.PriorityClass("engine-priority", enginePriorityClass(engineClassName), opts);
  new k8s.scheduling.v1.PriorityClass("router-priority", routerPriorityClass(routerClassName), opts);
  if (config.driverNamespace !== undefined) {
    new k8s.networking.v1.NetworkPolicy("imex-network", imexNetworkPolicy(config.driverNamespace), opts);
  }
  return { allocation };
}

/** Planned trays depend on the clients' own stacks, which lie beside this one. */
function siblingClients({ clients }: RackConfig): readonly ClientConfig[] {
  return Object.values(clients).some(({ trays }) => trays === "auto") ? readClients(__dirname) : [];
}
