import * as k8s from "@pulumi/kubernetes";
import { imexNetworkPolicy } from "../src/manifests/imex-network-policy";
import { enginePriorityClass, routerPriorityClass } from "../src/manifests/priority-class";
import type { Allocation } from "../src/refs";
import { allocate, engineClassName } from "./allocation";
import type { RackConfig } from "./config";

/** The platform of one rack: what clients may use, and what must exist once for all of them. */
export function deployRack(config: RackConfig, provider: k8s.Provider): { allocation: Allocation } {
  const allocation = allocate(config);
  const opts = { provider };
  const classes = [enginePriorityClass(engineClassName), routerPriorityClass(`${engineClassName}-router`)];
  classes.forEach((manifest, index) => {
    new k8s.scheduling.v1.PriorityClass(index === 0 ? "engine-priority" : "router-priority", manifest, opts);
  });
  if (config.driverNamespace !== undefined) {
    new k8s.networking.v1.NetworkPolicy("imex-network", imexNetworkPolicy(config.driverNamespace), opts);
  }
  return { allocation };
}
