import * as k8s from "@pulumi/kubernetes";
import { imexNetworkPolicy } from "../src/manifests/imex-network-policy";
import { enginePriorityClass, routerPriorityClass } from "../src/manifests/priority-class";
import type { Allocation } from "../src/refs";
import { allocate, engineClassName, routerClassName } from "./allocation";
import type { RackConfig } from "./config";

/** The platform of one rack: what clients may use, and what must exist once for all of them. */
export function deployRack(config: RackConfig, provider: k8s.Provider): { allocation: Allocation } {
  const allocation = allocate(config);
  const opts = { provider };
  new k8s.scheduling.v1.PriorityClass("engine-priority", enginePriorityClass(engineClassName), opts);
  new k8s.scheduling.v1.PriorityClass("router-priority", routerPriorityClass(routerClassName), opts);
  if (config.driverNamespace !== undefined) {
    new k8s.networking.v1.NetworkPolicy("imex-network", imexNetworkPolicy(config.driverNamespace), opts);
  }
  return { allocation };
}
