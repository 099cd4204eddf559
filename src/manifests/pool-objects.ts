import type { types } from "@pulumi/kubernetes";
import type { EngineProcess } from "../engines/engine";
import type { PoolPlan } from "../plan/pool";
import { leaderWorkerSet, type LeaderWorkerSet } from "./leader-worker-set";
import type { Placement } from "./placement";
import { disruptionBudget } from "./pod-disruption-budget";
import { poolNetworkPolicy } from "./pool-network-policy";
import { leadersService } from "./service";

/** Everything a pool consists of on the cluster. */
export interface PoolObjects {
  readonly workers: LeaderWorkerSet;
  readonly leaders: types.input.core.v1.Service;
  readonly budget: types.input.policy.v1.PodDisruptionBudget;
  readonly network: types.input.networking.v1.NetworkPolicy;
}

export function poolObjects(
  placement: Placement,
  plan: PoolPlan,
  process: EngineProcess,
  ports: { readonly http: number; readonly monitoringNamespace: string },
): PoolObjects {
  return {
    workers: leaderWorkerSet(placement, plan, process),
    leaders: leadersService(placement, ports.http),
    budget: disruptionBudget(placement),
    network: poolNetworkPolicy(placement, process.ports, ports.monitoringNamespace),
  };
}
