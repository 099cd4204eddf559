import { imexNetworkPolicy } from "../src/manifests/imex-network-policy";
import { enginePriorityClass, routerPriorityClass } from "../src/manifests/priority-class";
import { engineClassName, routerClassName } from "./allocation";
import type { RackConfig } from "./config";

/** What exists once for all clients of a rack. */
export function rackManifests({ driverNamespace }: RackConfig): readonly object[] {
  const classes = [enginePriorityClass(engineClassName), routerPriorityClass(routerClassName)];
  return driverNamespace === undefined ? classes : [...classes, imexNetworkPolicy(driverNamespace)];
}
