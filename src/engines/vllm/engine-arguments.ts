import type { Dispatch } from "../../plan/intent";
import type { PoolPlan } from "../../plan/pool";
import type { Json } from "../engine";
import { compilationConfig, eplbConfig, kvTransferConfig, speculativeConfig } from "./configurations";
import type { Dialect } from "./dialect";

/** Arguments of vLLM's engine by field name. Booleans are switches; null never stands here. */
export type EngineArguments = Readonly<Record<string, Json>>;

/** vLLM's own default (0.92 since 0.20), and that of the published decode launch of 32 ranks on GB200 (llm-d). */
const leastMemoryUtilization = 0.9;
const largestMemoryUtilization = 0.95;
/** Source 002's; below it splitting a step into two costs more than overlapping them saves. */
const dualBatchDecodeTokens = 32;

/**
 * What the engine is told, the same for `vllm serve` and for Ray Serve's `engine_kwargs`, in the order of vLLM's topics.
 * Everything is per rank already: each data-parallel rank has a scheduler of its own ("applies per data-parallel rank",
 * vllm/config/scheduler.py).
 */
export function engineArguments(plan: PoolPlan, dialect: Dialect): EngineArguments {
  return {
    max_model_len: plan.contextTokens,
    ...cacheArguments(plan, dialect),
    ...parallelArguments(plan),
    ...expertArguments(plan, dialect),
    ...schedulingArguments(plan, dialect),
    ...graphArguments(plan),
    ...speculationArguments(plan),
    kv_transfer_config: kvTransferConfig(plan, dialect),
  };
}

/**
 * Which memory and how much of it. The page size is left to the attention backend, which demands its own (64 or 128 with
 * latent attention on Blackwell); the same image and model choose the same in both roles.
 *
 * The bound is `gpu_memory_utilization`: vLLM measures what weights and activations take and gives the rest to KV, so
 * the pool is at least the planned one and start-up cannot overrun. Only a KV size that was asked for is said, as
 * `kv_cache_memory_bytes`: it skips the measurement ("does not respect gpu_memory_utilization", v1/worker/gpu_worker.py),
 * so it must come from somebody who has measured. `num_gpu_blocks_override` counts pages of unknown size, for tests.
 */
function cacheArguments(plan: PoolPlan, dialect: Dialect): EngineArguments {
  const { intent, memory } = plan;
  const planned = (memory.weightsGib + memory.kvGib + memory.dispatchGib + memory.workspaceGib) / memory.usableGib;
  const utilization = Math.ceil(Math.max(leastMemoryUtilization, planned) * 100) / 100;
  return {
    gpu_memory_utilization: intent.staticMemoryFraction ?? Math.min(largestMemoryUtilization, utilization),
    ...(intent.kvTokensPerRank === undefined ? {} : { kv_cache_memory_bytes: Math.round(memory.kvGib * 2 ** 30) }),
    ...(intent.kvCacheType === "fp8" ? { kv_cache_dtype: "fp8" } : {}),
    // Sparse attention stores FP8 unless told; other models must not be told (vllm/config/cache.py).
    ...(intent.kvCacheType === "bf16" && isSparse(plan) ? { kv_cache_dtype: "bfloat16" } : {}),
    enable_prefix_caching: usesPrefixCache(plan),
    // KV in memory that the fabric can export; without it NIXL falls back to rc or TCP between trays.
    ...(dialect.engineArguments.has("enable_cumem_allocator") ? { enable_cumem_allocator: true } : {}),
  };
}

function isSparse({ intent }: PoolPlan): boolean {
  const { attention } = intent.checkpoint.shape;
  return attention.kind === "latent" && attention.indexBytes !== undefined;
}

/**
 * Prompts of one conversation share their beginning, and routers send them to the same prefill rank. A decode rank gets
 * KV by transfer and is chosen by load, so hashing its pages would cost and never pay. Benchmarks compute every prompt.
 */
export function usesPrefixCache({ role, intent }: PoolPlan): boolean {
  return role === "prefill" && intent.purpose === "production";
}

function parallelArguments({ parallel }: PoolPlan): EngineArguments {
  if (parallel.data === 1) return { tensor_parallel_size: parallel.tensor };
  return { tensor_parallel_size: 1, data_parallel_size: parallel.data };
}

function expertArguments(plan: PoolPlan, dialect: Dialect): EngineArguments {
  const { parallel, intent } = plan;
  if (parallel.expert === 1) return {};
  return {
    enable_expert_parallel: true,
    all2all_backend: all2allBackend(parallel.dispatch, dialect),
    ...(intent.experts.balancing === "dynamic" ? { enable_eplb: true, eplb_config: eplbConfig(plan) } : {}),
    ...(usesDualBatch(plan) ? { enable_dbo: true, dbo_decode_token_threshold: dualBatchDecodeTokens } : {}),
  };
}

/** vLLM's name of a dispatch. */
export function all2allBackend(dispatch: Dispatch, dialect: Dialect): string {
  const nvlink = dialect.choices.all2all_backend?.has("flashinfer_nvlink_two_sided") === true;
  const names: Readonly<Record<Dispatch, string>> = {
    none: "allgather_reducescatter",
    normal: "deepep_high_throughput",
    "low-latency": "deepep_low_latency",
    // One name for the same kernels until one-sided ones came; the old name is an alias since.
    nvlink: nvlink ? "flashinfer_nvlink_two_sided" : "flashinfer_all2allv",
  };
  return names[dispatch];
}

/** Dual batch overlap works behind DeepEP alone (vllm/config/vllm.py asserts it), and not with drafts. */
function usesDualBatch({ parallel, intent }: PoolPlan): boolean {
  const deepEp = parallel.dispatch === "normal" || parallel.dispatch === "low-latency";
  return deepEp && (intent.speculation?.draftTokens ?? 0) === 0;
}

function schedulingArguments(plan: PoolPlan, dialect: Dialect): EngineArguments {
  const speculates = (plan.intent.speculation?.draftTokens ?? 0) > 0;
  return {
    max_num_seqs: plan.runningRequestsPerRank,
    max_num_batched_tokens: plan.role === "prefill" ? plan.tokensPerForwardPerRank : decodeTokens(plan),
    // On by itself since 0.20, where the rest of the configuration allows it.
    ...(plan.role === "decode" && dialect.version === "0.11.2" && !speculates ? { async_scheduling: true } : {}),
  };
}

/**
 * Tokens of one decode step. With DeepEP's low-latency kernels it is the size of their buffer as well
 * (`FusedMoEConfig.max_num_tokens`), which a preempted request that is computed again must not overrun.
 */
function decodeTokens(plan: PoolPlan): number {
  if (plan.parallel.dispatch === "low-latency") return plan.dispatchTokensPerRank;
  return plan.runningRequestsPerRank * (1 + (plan.intent.speculation?.draftTokens ?? 0));
}

/** Prompts have every length, so no graph fits them. */
function graphArguments(plan: PoolPlan): EngineArguments {
  return plan.role === "prefill" ? { enforce_eager: true } : { compilation_config: compilationConfig(plan) };
}

function speculationArguments({ intent }: PoolPlan): EngineArguments {
  const draftTokens = intent.speculation?.draftTokens ?? 0;
  return draftTokens === 0 ? {} : { speculative_config: speculativeConfig(draftTokens) };
}
