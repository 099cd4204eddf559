import type { PoolPlan } from "../../plan/pool";
import type { Json } from "../engine";
import { placementDirectory } from "../expert-files";

/** Layers whose experts may move in one step: the published value of every GB200 recipe that balances at run time. */
const layerUpdatesPerStep = 1;

/**
 * `moe_config.load_balancer`: inline, or the path of a file with a placement (examples/wide_ep/README.md, 0e626045;
 * llm_args.py `validate_load_balancer` takes both). Nothing when experts are neither replicated nor moved: then every
 * rank holds its share in the model's own order.
 */
export function loadBalancer({ intent, parallel, physicalExperts }: PoolPlan): Json | undefined {
  const { balancing, redundantExperts, key } = intent.experts;
  if (parallel.expert === 1 || (balancing === "off" && redundantExperts === 0)) return undefined;
  if (balancing === "static") return `${placementDirectory}/${key ?? ""}`;
  return { num_slots: physicalExperts, layer_updates_per_iter: balancing === "dynamic" ? layerUpdatesPerStep : 0 };
}

/**
 * Experts that move are copied by the host: all of them are kept in /dev/shm of each tray, and the engine dies with a bus
 * error where that is smaller (TensorRT-LLM examples/wide_ep, 0e626045). GiB.
 */
export function movingExpertsGib({ intent }: PoolPlan): number {
  return intent.experts.balancing === "dynamic" ? Math.ceil(intent.checkpoint.checkpointBytes / 2 ** 30) : 0;
}
