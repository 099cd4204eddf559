import type { types } from "@pulumi/kubernetes";
import type { RouterProcess } from "../engines/smg/router";
import { labels } from "./labels";
import type { RouterPlacement } from "./placement";
import { disruptionBudget } from "./pod-disruption-budget";
import { discoveryRole, discoveryRoleBinding } from "./rbac";
import { routerDeployment, type RouterRollout } from "./router-deployment";
import { routerNetworkPolicy, type RouterPeers } from "./router-network-policy";
import { routerService } from "./service";
import { serviceAccount } from "./service-account";

/** Everything a router consists of on the cluster. */
export interface RouterObjects {
  readonly account: types.input.core.v1.ServiceAccount;
  readonly role: types.input.rbac.v1.Role;
  readonly binding: types.input.rbac.v1.RoleBinding;
  readonly service: types.input.core.v1.Service;
  readonly budget: types.input.policy.v1.PodDisruptionBudget;
  readonly network: types.input.networking.v1.NetworkPolicy;
  readonly deployment: types.input.apps.v1.Deployment;
}

export function routerObjects(
  placement: RouterPlacement,
  process: RouterProcess,
  rollout: RouterRollout,
  peers: RouterPeers,
): RouterObjects {
  return {
    account: serviceAccount(placement.serviceAccount, placement.namespace, labels(placement)),
    role: discoveryRole(placement),
    binding: discoveryRoleBinding(placement, placement.serviceAccount),
    service: routerService(placement, process.ports),
    budget: disruptionBudget(placement),
    network: routerNetworkPolicy(placement, process.ports, peers),
    deployment: routerDeployment(placement, process, rollout),
  };
}
