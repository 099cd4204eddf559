import type { types } from "@pulumi/kubernetes";
import type { EngineProcess } from "../engines/engine";
import type { PoolPlan } from "../plan/pool";
import { engineConfigMap, poolNote } from "./config-map";
import { leaderWorkerSet, type LeaderWorkerSet } from "./leader-worker-set";
import type { Placement } from "./placement";
import { countedDisruptionBudget, disruptionBudget } from "./pod-disruption-budget";
import { poolNetworkPolicy, type Reach } from "./pool-network-policy";
import { leadersService } from "./service";

/** Everything a pool consists of on the cluster. */
export interface PoolObjects {
  /** Files of the engine's own, where it reads any. */
  readonly configuration?: types.input.core.v1.ConfigMap;
  /** Absent, like the Service, where the router makes the workload of all roles; `note` stands in its place then. */
  readonly workers?: LeaderWorkerSet;
  readonly note?: types.input.core.v1.ConfigMap;
  readonly leaders?: types.input.core.v1.Service;
  readonly budget: types.input.policy.v1.PodDisruptionBudget;
  readonly network: types.input.networking.v1.NetworkPolicy;
}

/** A pool that owns its workers. */
export interface OwnedPoolObjects extends PoolObjects {
  readonly workers: LeaderWorkerSet;
}

interface PoolPorts {
  readonly http: number;
  readonly servesFrom: "leader" | "every tray";
  readonly monitoringNamespace: string;
}

/** A pool that owns its workers, as a LeaderWorkerSet. */
export function poolObjects(
  placement: Placement,
  plan: PoolPlan,
  process: EngineProcess,
  ports: PoolPorts,
): OwnedPoolObjects {
  return {
    ...configuration(placement, process),
    workers: leaderWorkerSet(placement, plan, process),
    leaders: leadersService(placement, ports.http, ports.servesFrom),
    budget: disruptionBudget(placement),
    network: poolNetworkPolicy(placement, process.ports, ports.monitoringNamespace),
  };
}

/** A pool whose workers are part of an object that its router makes. */
export function contributedPoolObjects(
  placement: Placement,
  plan: PoolPlan,
  process: EngineProcess,
  ports: Pick<PoolPorts, "monitoringNamespace">,
  reach: Reach,
): PoolObjects {
  return {
    ...configuration(placement, process),
    note: poolNote(placement, plan),
    budget: countedDisruptionBudget(placement, plan.trays),
    network: poolNetworkPolicy(placement, process.ports, ports.monitoringNamespace, { ...reach, entrance: true }),
  };
}

function configuration(placement: Placement, process: EngineProcess): Pick<PoolObjects, "configuration"> {
  if (process.configuration.length === 0) return {};
  return { configuration: engineConfigMap(placement, process.configuration) };
}
