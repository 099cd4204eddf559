import type { PoolPlan } from "../../plan/pool";
import type { JsonObject } from "../engine";

/** TensorRT-LLM's default, and that of Dynamo's `--kv-block-size`; the two must agree, so it is said. */
export const tokensPerBlock = 32;

/** The least that published NVFP4 workers let KV have (srt-slurm recipes/trtllm/gb200-fp4, c88ef731). */
const usualShare = 0.6;
/** More leaves nothing for CUDA graphs, which are captured after the pool is made. */
export const largestShare = 0.95;

/**
 * `max_tokens` is the plan's own number. The engine takes the smaller of it and `free_gpu_memory_fraction` of what is
 * left after weights and a trial pass (llmapi/llm_args.py KvCacheConfig, in every version read), so the fraction only
 * has to be large enough to let the plan have its way.
 */
export function kvCacheConfig(plan: PoolPlan): JsonObject {
  return {
    // All published disaggregated workers; reused blocks would have to be found by a router that knows of them.
    enable_block_reuse: false,
    free_gpu_memory_fraction: Math.min(largestShare, Math.max(usualShare, neededShare(plan))),
    max_tokens: plan.kvTokensPerRank,
    tokens_per_block: tokensPerBlock,
    // The PyTorch backend knows FP8 by name and takes the model's own type otherwise.
    dtype: plan.intent.kvCacheType === "fp8" ? "fp8" : "auto",
  };
}

/** The planned KV as a share of what weights, workspaces and dispatch leave of a GPU; rounded up to two decimals. */
export function neededShare({ memory }: PoolPlan): number {
  const left = memory.usableGib - memory.weightsGib - memory.dispatchGib - memory.workspaceGib;
  return Math.ceil((memory.kvGib / left) * 100) / 100;
}

export function fitsItsShare(plan: PoolPlan): boolean {
  return neededShare(plan) <= largestShare;
}
