import type { PoolPlan } from "../../plan/pool";
import type { Json, JsonObject } from "../engine";
import { servedModelName } from "../served-model";
import type { Dialect } from "./dialect";
import { engineArguments, usesPrefixCache } from "./engine-arguments";
import { engineEnvironment } from "./environment";
import { engineArgumentsOf } from "./extra-arguments";
import { modelPath } from "./launch-line";
import { raySideChannelPorts } from "./ports";

/**
 * One role of a Ray Serve application, as `LLMConfig` of ray.serve.llm reads it (Ray 2.60.0). What Ray decides itself is
 * not said: it picks the data-parallel server for `data_parallel_size > 1`, starts the ranks of a group as a gang packed
 * onto as few nodes as possible, and tells each its rank and the address of the first.
 */
export function llmConfig(plan: PoolPlan, dialect: Dialect): JsonObject {
  const { role, intent } = plan;
  return {
    model_loading_config: {
      model_id: servedModelName(intent.checkpoint.repository),
      model_source: modelPath(plan),
    },
    engine_kwargs: { ...engineArguments(plan, dialect), ...engineArgumentsOf(intent.extraArgs ?? []) },
    deployment_config: deploymentConfig(plan),
    ...placement(plan),
    experimental_configs: { NIXL_SIDE_CHANNEL_PORT_BASE: raySideChannelPorts[role] },
    runtime_env: { env_vars: sorted({ ...replicaEnvironment(plan, dialect), ...intent.extraEnv }) },
  };
}

/** `num_replicas` counts groups of data-parallel ranks, so it is the workers. */
function deploymentConfig(plan: PoolPlan): JsonObject {
  const { role, workers, parallel, drainSeconds } = plan;
  return {
    num_replicas: workers,
    ...(parallel.data > 1 ? { ray_actor_options: { resources: { [role]: 1 } } } : {}),
    ...(usesPrefixCache(plan)
      ? { request_router_config: { request_router_class: "ray.serve.llm.request_router:PrefixCacheAffinityRouter" } }
      : {}),
    // 20 s by default, after which Serve kills a replica with its requests.
    graceful_shutdown_timeout_s: drainSeconds,
  };
}

/**
 * The custom resource of a role keeps its ranks on its own nodes. Ray adds a replica's resources to the first bundle of
 * its placement group alone, which is the whole of a data-parallel rank; a tensor-parallel group has a bundle per GPU and
 * each must ask for itself, or all but the first could land on the other role's trays.
 */
function placement({ role, parallel }: PoolPlan): Readonly<Record<string, Json>> {
  if (parallel.data > 1) return {};
  const bundles = Array.from({ length: parallel.tensor }, () => ({ GPU: 1, [role]: 1 }));
  return { placement_group_config: { bundles, strategy: "PACK" } };
}

function replicaEnvironment(plan: PoolPlan, dialect: Dialect): Readonly<Record<string, string>> {
  return {
    ...engineEnvironment(plan, dialect),
    // A replica gives up on its engine after an hour unless told (ray.llm serve/constants.py).
    RAYLLM_ENGINE_START_TIMEOUT_S: String(plan.startup.budgetSeconds),
  };
}

function sorted(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
