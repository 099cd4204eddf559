import type { Problem } from "../problems";
import type { Dispatch, EngineName, ParallelPlan, PoolIntent } from "./intent";
import type { Checkpoint } from "./model-shape";
import type { RackShape } from "./rack";

/** How each engine's ranks can exchange tokens between experts. */
const dispatches: Readonly<Record<EngineName, readonly Dispatch[]>> = {
  sglang: ["none", "normal", "low-latency"],
  vllm: ["none", "normal", "low-latency", "nvlink"],
  trtllm: ["none", "nvlink"],
};

/**
 * What each engine exchanges with unless it is told.
 *
 * - SGLang: DeepEP low-latency for decode and its throughput kernels for prefill, where they work: they cannot carry
 *   NVFP4 prefill (InferenceX#2299).
 * - vLLM: FlashInfer's kernels over NVLink for decode and the collectives of tensor parallelism for prefill, as the one
 *   published deployment of 32 ranks on GB200 (llm-d, Grove variant, 018994e8).
 * - TensorRT-LLM: its own kernels over NVLink for both.
 *
 * - Without an NVLink domain: DeepEP over RDMA, as source 002's nodes.
 *
 * Attention that is split by heads has nothing to dispatch from.
 */
export function usualDispatch({ engine, role, attention, checkpoint }: PoolIntent, rack: RackShape): Dispatch {
  if (attention === "tensor") return "none";
  if (!rack.nvlinkDomain) return role === "decode" ? "low-latency" : "normal";
  if (engine === "trtllm") return "nvlink";
  if (role === "decode") return engine === "vllm" ? "nvlink" : "low-latency";
  return engine === "vllm" || isNvfp4(checkpoint) ? "none" : "normal";
}

export function checkDispatch(intent: PoolIntent, parallel: ParallelPlan, rack: RackShape): readonly Problem[] {
  const { dispatch } = parallel;
  if (dispatch === "none") return [];
  const known = dispatches[intent.engine];
  if (!known.includes(dispatch)) {
    return [
      {
        path: "dispatch",
        what: `${dispatch} dispatch with ${intent.engine}`,
        rule: `${intent.engine} exchanges tokens by ${known.join(", ")}`,
        fix: "leave it out",
      },
    ];
  }
  if (dispatch === "nvlink" && !rack.nvlinkDomain) {
    return [
      {
        path: "dispatch",
        what: `nvlink dispatch on ${rack.name}`,
        rule: "its kernels write into peers' memory, which only an NVLink domain maps",
        fix: "leave it out",
      },
    ];
  }
  return [...checkAttention(intent, dispatch), ...checkRole(intent, dispatch), ...checkDeepEpRanks(parallel)];
}

function checkAttention({ attention }: PoolIntent, dispatch: Dispatch): readonly Problem[] {
  if (attention === "data") return [];
  return [
    {
      path: "dispatch",
      what: `${dispatch} dispatch with attention split by heads`,
      rule: "all-to-all dispatch sends each attention rank's own tokens; with dp 1 all GPUs hold the same ones",
      fix: 'dispatch "none", or attention "data"',
    },
  ];
}

function checkRole(intent: PoolIntent, dispatch: Dispatch): readonly Problem[] {
  const problems: Problem[] = [];
  if (intent.role === "prefill" && dispatch === "low-latency") {
    problems.push({
      path: "dispatch",
      what: "low-latency dispatch in a prefill pool",
      rule: "its buffer holds at most 1024 tokens per rank, a prefill pass has thousands",
      fix: '"normal", or leave it out',
    });
  }
  if (intent.role === "prefill" && dispatch === "normal" && isNvfp4(intent.checkpoint)) {
    problems.push({
      path: "dispatch",
      what: "DeepEP dispatch in an NVFP4 prefill pool",
      rule: "DeepEP's throughput kernels cannot carry NVFP4 experts (InferenceX#2299)",
      fix: 'leave it out: "none" with workers of 4 GPUs, or an FP8 checkpoint',
    });
  }
  if (intent.role === "decode" && dispatch === "normal") {
    problems.push({
      path: "dispatch",
      what: "throughput dispatch in a decode pool",
      rule: "DeepEP normal mode turns CUDA graphs off, which decode lives by",
      fix: '"low-latency"',
    });
  }
  return problems;
}

/**
 * Peers of one NVLink group in released DeepEP (csrc/kernels/configs.cuh, NUM_MAX_NVL_PEERS). Its buffer asserts fewer
 * ranks than that, or a multiple of it; published GB200 workers have 4, 8, 16, 32 or 48.
 */
const deepEpPeers = 8;

function checkDeepEpRanks({ expert: ranks, dispatch }: ParallelPlan): readonly Problem[] {
  if (dispatch === "nvlink" || ranks < deepEpPeers || ranks % deepEpPeers === 0) return [];
  const below = Math.floor(ranks / deepEpPeers) * deepEpPeers;
  return [
    {
      path: "gpusPerWorker",
      what: `${ranks} ranks with ${dispatch} dispatch`,
      rule: `DeepEP asserts fewer than ${deepEpPeers} ranks, or a multiple of ${deepEpPeers}`,
      fix: `${below} or ${below + deepEpPeers} GPUs per worker`,
    },
  ];
}

function isNvfp4(checkpoint: Checkpoint): boolean {
  return checkpoint.expertFormat === "nvfp4";
}
