import type { PoolPlan } from "../../plan/pool";
import { leaderWorkerSetVariables, modelDirectory, type GroupVariables } from "../engine";
import { servedModelName } from "../served-model";
import { placementDirectory } from "../expert-files";
import { balanceReportFlag, type Dialect } from "./dialect";
import { dataParallelFlags, decodeGraphFlags, flag, noPrefillGraphFlags, when, type Flag } from "./flag";
import { bootstrapPort, distInitPort, httpPort, ncclPort } from "./ports";

/** Decode computes no prompts; a retracted request is recomputed in chunks of this many tokens per rank. */
const decodeChunkTokensPerRank = 16384;

/**
 * The launcher's arguments for one worker, in the order of SGLang's own topics. Global flags are derived from the
 * per-rank plan here and nowhere else: `chunked-prefill-size` and `max-running-requests` are divided by the data-parallel
 * size inside the engine (parallel_hook), `max-prefill-tokens`, `max-total-tokens`, graph sizes and the dispatch cap are not.
 */
export function launchFlags(
  plan: PoolPlan,
  dialect: Dialect,
  group: GroupVariables = leaderWorkerSetVariables,
): readonly Flag[] {
  return [
    ...modelFlags(plan),
    ...serverFlags(plan),
    ...groupFlags(plan, dialect, group),
    ...disaggregationFlags(plan, dialect),
    ...schedulingFlags(plan),
    ...kernelFlags(plan, dialect),
    ...expertFlags(plan, dialect),
    ...speculationFlags(plan),
  ];
}

function modelFlags({ intent, contextTokens }: PoolPlan): readonly Flag[] {
  const { checkpoint, kvCacheType, weights } = intent;
  return [
    flag("--model-path", `${modelDirectory}/${weights.path}`),
    flag("--served-model-name", servedModelName(checkpoint.repository)),
    flag("--trust-remote-code"),
    flag("--context-length", contextTokens),
    // FP8 checkpoints say so themselves.
    ...when(checkpoint.expertFormat === "nvfp4", flag("--quantization", "modelopt_fp4")),
    ...when(kvCacheType === "fp8", flag("--kv-cache-dtype", "fp8_e4m3")),
  ];
}

function serverFlags({ intent }: PoolPlan): readonly Flag[] {
  const benchmark = intent.purpose === "benchmark";
  return [
    flag("--host", "0.0.0.0"),
    flag("--port", httpPort),
    flag("--nccl-port", ncclPort),
    flag("--enable-metrics"),
    flag("--stream-interval", benchmark ? 50 : 8),
    // A stuck kernel restarts the worker after five minutes; benchmarks rather wait.
    flag("--watchdog-timeout", benchmark ? 1000000 : 300),
    ...when(benchmark, flag("--decode-log-interval", 1)),
  ];
}

function groupFlags({ parallel }: PoolPlan, dialect: Dialect, group: GroupVariables): readonly Flag[] {
  return [
    ...when(
      parallel.nodes > 1,
      flag("--dist-init-addr", `${group.leaderAddress}:${distInitPort}`),
      flag("--nnodes", parallel.nodes),
      flag("--node-rank", group.workerIndex),
    ),
    flag("--tp-size", parallel.tensor),
    ...dataParallelFlags(dialect, parallel.data),
    flag("--ep-size", parallel.expert),
    ...when(parallel.data > 1, flag("--moe-dense-tp-size", parallel.denseTensor), flag("--enable-dp-lm-head")),
  ];
}

function disaggregationFlags(plan: PoolPlan, dialect: Dialect): readonly Flag[] {
  const prefill = plan.role === "prefill";
  return [
    flag("--disaggregation-mode", plan.role),
    flag("--disaggregation-transfer-backend", "mooncake"),
    ...when(prefill, flag("--disaggregation-bootstrap-port", bootstrapPort)),
    ...when(prefill && plan.parallel.data > 1, flag("--load-balance-method", "round_robin")),
    ...when(!prefill, flag("--num-reserved-decode-tokens", plan.reservedDecodeTokens)),
    // 0.5.5 refuses to start a decode server with DP attention without it; later versions ignore it.
    ...when(!prefill && plan.parallel.data > 1 && dialect.version === "0.5.5", flag("--prefill-round-robin-balance")),
  ];
}

function schedulingFlags(plan: PoolPlan): readonly Flag[] {
  const { parallel, role } = plan;
  const chunkPerRank = role === "prefill" ? plan.tokensPerForwardPerRank : decodeChunkTokensPerRank;
  return [
    flag("--mem-fraction-static", plan.staticMemoryFraction),
    flag("--max-total-tokens", plan.kvTokensPerRank),
    flag("--max-running-requests", plan.runningRequestsPerRank * parallel.data),
    flag("--chunked-prefill-size", chunkPerRank * parallel.data),
    ...when(role === "prefill", flag("--max-prefill-tokens", plan.prefillTokensPerRank)),
    flag("--disable-radix-cache"),
    flag("--disable-chunked-prefix-cache"),
  ];
}

function kernelFlags(plan: PoolPlan, dialect: Dialect): readonly Flag[] {
  const nvfp4 = plan.intent.checkpoint.expertFormat === "nvfp4";
  const attention = attentionBackend(plan);
  const runner = expertRunner(plan);
  return [
    ...when(attention !== undefined, flag("--attention-backend", attention ?? "")),
    ...when(nvfp4 && dialect.flags.has("--fp4-gemm-backend"), flag("--fp4-gemm-backend", "flashinfer_cutlass")),
    ...when(runner !== undefined, flag("--moe-runner-backend", runner ?? "")),
    ...(plan.role === "prefill" ? noPrefillGraphFlags(dialect) : decodeGraphFlags(dialect, plan.graphBatchSizes)),
    // Overlaps the shared expert with dispatch; 9 % of a step in source 001's traces.
    ...when(plan.parallel.data > 1, flag("--enable-single-batch-overlap")),
  ];
}

/** TensorRT-LLM's kernels for plain latent and grouped attention; sparse attention picks its own. */
function attentionBackend({ intent }: PoolPlan): string | undefined {
  const { attention } = intent.checkpoint.shape;
  if (attention.kind === "grouped") return "trtllm_mha";
  return attention.indexBytes === undefined ? "trtllm_mla" : undefined;
}

/** NVFP4 experts need a FlashInfer runner: CuteDSL behind low-latency dispatch, CUTLASS or TensorRT-LLM without any. */
export function expertRunner({ intent, parallel }: Pick<PoolPlan, "intent" | "parallel">): string | undefined {
  if (intent.checkpoint.expertFormat !== "nvfp4") return undefined;
  if (parallel.dispatch === "low-latency") return "flashinfer_cutedsl";
  return parallel.data > 1 ? "flashinfer_cutlass" : "flashinfer_trtllm";
}

function expertFlags(plan: PoolPlan, dialect: Dialect): readonly Flag[] {
  const { parallel, intent } = plan;
  const { balancing, redundantExperts, key, recordingsClaim, watched } = intent.experts;
  const dispatched = parallel.dispatch !== "none";
  return [
    ...when(
      dispatched,
      flag("--moe-a2a-backend", "deepep"),
      flag("--deepep-mode", parallel.dispatch === "normal" ? "normal" : "low_latency"),
    ),
    // A shared expert fused into the routed ones cannot be replicated or recorded separately.
    ...when(parallel.expert > 1, flag("--disable-shared-experts-fusion")),
    ...when(redundantExperts > 0, flag("--ep-num-redundant-experts", redundantExperts)),
    ...when(balancing === "static", flag("--init-expert-location", `${placementDirectory}/${key ?? ""}`)),
    ...when(balancing === "dynamic", flag("--enable-eplb"), flag("--eplb-algorithm", "deepseek")),
    ...when(
      balancing === "dynamic" || recordingsClaim !== undefined || watched === true,
      flag("--expert-distribution-recorder-mode", "stat"),
    ),
    ...when(watched === true, balanceReport(dialect)),
    ...when(
      balancing !== "off" || (redundantExperts > 0 && dispatched),
      flag("--ep-dispatch-algorithm", plan.role === "prefill" ? "dynamic" : "static"),
    ),
  ];
}

/** The balance of every step as a metric: renamed when the environment's part of the switch went. */
function balanceReport({ flags }: Dialect): Flag {
  return flags.has(balanceReportFlag)
    ? flag(balanceReportFlag, "prometheus")
    : flag("--enable-expert-distribution-metrics");
}

function speculationFlags({ intent }: PoolPlan): readonly Flag[] {
  const draftTokens = intent.speculation?.draftTokens ?? 0;
  if (draftTokens === 0) return [];
  return [
    flag("--speculative-algorithm", "EAGLE"),
    flag("--speculative-num-steps", draftTokens),
    flag("--speculative-eagle-topk", 1),
    // The engine counts the token that is verified with its drafts.
    flag("--speculative-num-draft-tokens", draftTokens + 1),
  ];
}
