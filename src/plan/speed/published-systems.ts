import type { Workload } from "../workload";
import type { FittedEngine } from "./engine-scale";

/** A published closed-loop run of both pools together. The scales are not fitted on these rates, but on steps and passes of the same runs. */
export interface PublishedSystem {
  readonly name: string;
  readonly engine: FittedEngine;
  readonly prefill: { readonly workers: number; readonly gpusPerWorker: number };
  readonly decode: { readonly workers: number; readonly gpusPerWorker: number; readonly batchPerRank: number };
  readonly draftTokens: number;
  /** Users, each with a new request when the last one ends. */
  readonly concurrency: number;
  /** Longest prompt and answer; lengths are drawn from `lengthFraction` of them. */
  readonly workload: Pick<Workload, "inputTokens" | "outputTokens">;
  readonly measured: {
    readonly ttftSeconds: number;
    readonly tpotMilliseconds: number;
    /** Users / (TTFT + time of the answer): what a closed loop serves. */
    readonly requestsPerSecond: number;
  };
  readonly source: string;
}

/** InferenceX draws lengths evenly from 0.8 to 1 of the nominal ones. */
export const lengthFraction = { from: 0.8, to: 1 } as const;

const chat = { inputTokens: 1024, outputTokens: 8192 } as const;
const documents = { inputTokens: 8192, outputTokens: 1024 } as const;

const measuredRun = "ai-dynamo/aiconfigurator's measured run, joined by concurrency to NVIDIA/srt-slurm's";
const batchOfName = `${measuredRun} trtllm gb200-fp4 recipe; batch of its name`;
/** The batch that Little's law gives is at most this, the next size that recipes have. */
const batchOfLoad = `${measuredRun} trtllm gb200-fp4 recipe; batch next above that of the run`;
const batchUnknown = `${measuredRun} gb200-fp4 recipe of SGLang; batch not printed, 384 does not bind`;

/** DeepSeek-R1 in NVFP4 on GB200, prefill workers of 4 GPUs. The join is inference, not a statement of the sources. */
export const publishedSystems: readonly PublishedSystem[] = [
  {
    name: "TensorRT-LLM 1k/8k, 4 + 32 GPUs",
    engine: "trtllm",
    prefill: { workers: 1, gpusPerWorker: 4 },
    decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 128 },
    draftTokens: 0,
    concurrency: 4096,
    workload: chat,
    measured: { ttftSeconds: 5.07, tpotMilliseconds: 23.6, requestsPerSecond: 22.9 },
    source: batchOfName,
  },
  {
    name: "TensorRT-LLM 1k/8k, 4 + 3 x 16 GPUs, 1 draft",
    engine: "trtllm",
    prefill: { workers: 1, gpusPerWorker: 4 },
    decode: { workers: 3, gpusPerWorker: 16, batchPerRank: 128 },
    draftTokens: 1,
    concurrency: 6144,
    workload: chat,
    measured: { ttftSeconds: 4.01, tpotMilliseconds: 17, requestsPerSecond: 47.5 },
    source: batchOfLoad,
  },
  {
    name: "TensorRT-LLM 1k/8k, 4 + 3 x 16 GPUs, 3 drafts",
    engine: "trtllm",
    prefill: { workers: 1, gpusPerWorker: 4 },
    decode: { workers: 3, gpusPerWorker: 16, batchPerRank: 64 },
    draftTokens: 3,
    concurrency: 3072,
    workload: chat,
    measured: { ttftSeconds: 2.32, tpotMilliseconds: 11.4, requestsPerSecond: 35.4 },
    source: batchOfLoad,
  },
  {
    name: "TensorRT-LLM 8k/1k, 8 + 32 GPUs",
    engine: "trtllm",
    prefill: { workers: 2, gpusPerWorker: 4 },
    decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 8 },
    draftTokens: 0,
    concurrency: 333,
    workload: documents,
    measured: { ttftSeconds: 4.03, tpotMilliseconds: 12.7, requestsPerSecond: 21.2 },
    source: batchOfName,
  },
  {
    name: "TensorRT-LLM 8k/1k, 32 + 16 GPUs",
    engine: "trtllm",
    prefill: { workers: 8, gpusPerWorker: 4 },
    decode: { workers: 1, gpusPerWorker: 16, batchPerRank: 128 },
    draftTokens: 0,
    concurrency: 2253,
    workload: documents,
    measured: { ttftSeconds: 3.8, tpotMilliseconds: 26.3, requestsPerSecond: 80.4 },
    source: batchOfName,
  },
  {
    name: "TensorRT-LLM 8k/1k, 28 + 16 GPUs, 1 draft",
    engine: "trtllm",
    prefill: { workers: 7, gpusPerWorker: 4 },
    decode: { workers: 1, gpusPerWorker: 16, batchPerRank: 64 },
    draftTokens: 1,
    concurrency: 1229,
    workload: documents,
    measured: { ttftSeconds: 3.5, tpotMilliseconds: 14.9, requestsPerSecond: 71.1 },
    source: batchOfLoad,
  },
  {
    name: "SGLang 8k/1k, 40 + 32 GPUs",
    engine: "sglang",
    prefill: { workers: 10, gpusPerWorker: 4 },
    decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 384 },
    draftTokens: 0,
    concurrency: 8192,
    workload: documents,
    measured: { ttftSeconds: 104, tpotMilliseconds: 21.2, requestsPerSecond: 66.2 },
    source: batchUnknown,
  },
];
