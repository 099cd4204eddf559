import type { PoolIntent } from "./intent";
import { bytesPerParameter, type Checkpoint } from "./model-shape";

/** What balancing experts takes of a GPU's memory beside the replicas themselves. */
export interface BalancingMemory {
  /** Steps whose loads are kept on the GPU. */
  readonly recordedSteps: number;
  /** Weights come in from other ranks while the engine runs. */
  readonly movesWeights: boolean;
}

/**
 * SGLang's recorder buffers `eplb-rebalance-num-iterations` steps (expert_distribution.py, 02295fe5), vLLM its
 * `window_size`: both 1000 by default. TensorRT-LLM counts on the host and copies weights from there.
 */
const bufferedSteps = 1000;

export function balancingMemory({ engine, experts }: Pick<PoolIntent, "engine" | "experts">): BalancingMemory {
  const moves = experts.balancing === "dynamic" && engine !== "trtllm";
  const recorded = engine === "sglang" && (experts.recordingsClaim !== undefined || experts.watched === true);
  return { recordedSteps: moves || recorded ? bufferedSteps : 0, movesWeights: moves };
}

/**
 * Loads are one int32 per layer, slot and step, and once more per logical expert while they are read. Weights arrive in
 * a buffer as large as one layer's experts on the rank (SGLang expert_location_updater.py, vLLM rebalance_execute.py).
 */
export function balancingBytes(
  { recordedSteps, movesWeights }: BalancingMemory,
  { shape, expertFormat }: Checkpoint,
  physicalExperts: number,
  ranks: number,
): number {
  const counts = 4 * recordedSteps * shape.layers * (physicalExperts + shape.routedExperts);
  const expertBytes = 3 * shape.hidden * shape.expertIntermediate * bytesPerParameter[expertFormat];
  return counts + (movesWeights ? (physicalExperts / ranks) * expertBytes : 0);
}
