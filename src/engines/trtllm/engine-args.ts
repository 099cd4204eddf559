import { stringify } from "yaml";
import type { PoolPlan } from "../../plan/pool";
import type { JsonObject } from "../engine";
import type { Dialect } from "./dialect";
import { kvCacheConfig, tokensPerBlock } from "./kv-cache";
import { moeConfig } from "./moe";
import { groupSizes, shapeOf } from "./shapes";

/** Where a role's file is mounted; `--extra-engine-args` names it. */
export const engineArgsKey = "engine.yaml";
export const engineArgsPath = `/etc/nvl72/trtllm/${engineArgsKey}`;

/**
 * What TensorRT-LLM is told of one role. Its classes are strict: a key that the release does not know stops the server
 * (llm_args.py StrictBaseModel), so every key here is one of the dialect's release or older.
 *
 * `num_postprocess_workers` of the published recipes is left out: Dynamo post-processes itself and takes the key away
 * with a warning (ai-dynamo 1.6.1, workers/llm_worker.py).
 */
export function engineArgs(plan: PoolPlan, dialect: Dialect): JsonObject {
  return {
    backend: "pytorch",
    ...groupSizes(plan.parallel),
    ...(plan.role === "prefill" ? prefillLimits(plan) : decodeLimits(plan)),
    max_seq_len: plan.contextTokens,
    kv_cache_config: kvCacheConfig(plan),
    cache_transceiver_config: cacheTransceiverConfig(plan),
    moe_config: moeConfig(plan),
    ...kernels(plan, dialect),
    ...speculation(plan),
    print_iter_log: plan.intent.purpose === "benchmark",
  };
}

export function engineArgsYaml(plan: PoolPlan, dialect: Dialect): string {
  // PyYAML reads YAML 1.1.
  return stringify(engineArgs(plan, dialect), { version: "1.1" });
}

/** One pass takes whole prompts, as many as its tokens allow; published 1k and 8k workers have 16 and 2. */
function prefillLimits({ intent, tokensPerForwardPerRank, runningRequestsPerRank }: PoolPlan): JsonObject {
  const prompts = Math.max(1, Math.floor(tokensPerForwardPerRank / intent.inputTokens));
  return {
    max_batch_size: Math.min(prompts, runningRequestsPerRank),
    max_num_tokens: tokensPerForwardPerRank,
    cuda_graph_config: null,
    // As in every published prefill worker, and in NVIDIA's generator (aiconfigurator 0.12.0, trtllm.rule).
    disable_overlap_scheduler: true,
  };
}

function decodeLimits(plan: PoolPlan): JsonObject {
  const { purpose } = plan.intent;
  return {
    max_batch_size: plan.runningRequestsPerRank,
    max_num_tokens: decodeTokensPerStep(plan),
    cuda_graph_config: { enable_padding: true, batch_sizes: plan.graphBatchSizes },
    disable_overlap_scheduler: false,
    // Steps between two pieces of a streamed answer: of Dynamo's own GB200 recipe, and of the published benchmarks.
    stream_interval: purpose === "benchmark" ? 100 : 20,
  };
}

/** Every running request's token and its drafts; with fewer the engine shrinks the batch (engines.md D.4). */
function decodeTokensPerStep({ intent, runningRequestsPerRank }: PoolPlan): number {
  return runningRequestsPerRank * (1 + (intent.speculation?.draftTokens ?? 0));
}

/** A prompt may be as long as the context, and its KV goes through the buffer as a whole. */
function cacheTransceiverConfig({ contextTokens }: PoolPlan): JsonObject {
  return {
    backend: "UCX",
    max_tokens_in_buffer: Math.ceil(contextTokens / tokensPerBlock) * tokensPerBlock,
  };
}

function kernels({ intent, parallel, role }: PoolPlan, dialect: Dialect): JsonObject {
  const nvfp4 = intent.checkpoint.expertFormat === "nvfp4";
  const drafts = (intent.speculation?.draftTokens ?? 0) > 0;
  return {
    // In the recipes of 1.3.0 releases; not shown to be known to 1.2.0rc6, the engine of Dynamo 0.8.1.
    ...(nvfp4 &&
      dialect.version !== "0.8.1" && {
        nvfp4_gemm_config: { allowed_backends: ["cutlass", "cublaslt", "cutedsl", "cuda_core"] },
      }),
    // The head is run once more per draft: splitting it pays, and the published workers with drafts do it.
    ...(role === "decode" && parallel.data > 1 && drafts && { enable_lm_head_tp_in_adp: true }),
    // Sums over trays that do not leave NVLink; within one tray the engine picks better by itself.
    ...(shapeOf(parallel) !== "dep" && parallel.nodes > 1 && { allreduce_strategy: "MNNVL" }),
  };
}

/** On both roles: the drafting layer's KV is part of what is handed over (aiconfigurator 0.12.0, trtllm.rule). */
function speculation({ intent }: PoolPlan): JsonObject {
  const draftTokens = intent.speculation?.draftTokens ?? 0;
  if (draftTokens === 0) return {};
  return { speculative_config: { decoding_type: "MTP", num_nextn_predict_layers: draftTokens } };
}
