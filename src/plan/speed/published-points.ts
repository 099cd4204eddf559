import { checkpoints, type Checkpoint } from "../model-shape";
import type { DecodeWorker } from "./decode-step";
import type { FittedEngine } from "./engine-scale";
import { balancedImbalance, usualImbalance } from "./expert-imbalance";
import type { PrefillWorker } from "./prefill-pass";

/** A published decode step: its time per output token at a batch and a context. */
export interface DecodePoint {
  readonly name: string;
  readonly worker: DecodeWorker & { readonly engine: FittedEngine };
  /** Requests per rank in decode; from Little's law where a run gives concurrency. */
  readonly batchPerRank: number;
  readonly contextTokens: number;
  readonly tpotMilliseconds: number;
  readonly source: string;
}

/** A published rate of prefill ranks that were kept busy. */
export interface PrefillPoint {
  readonly name: string;
  readonly worker: PrefillWorker & { readonly engine: FittedEngine };
  readonly tokensPerForwardPerRank: number;
  readonly promptTokens: number;
  readonly tokensPerSecondPerGpu: number;
  readonly source: string;
}

const nvfp4 = checkpoints["deepseek-r1-nvfp4"];
/** LMSYS ran FP8 experts with BF16 attention and KV. */
const fp8Experts: Checkpoint = { ...checkpoints["deepseek-r1-fp8"], attentionFormat: "bf16" };

const tensorRt = {
  engine: "trtllm",
  checkpoint: nvfp4,
  kvCacheType: "fp8",
  expertImbalance: balancedImbalance,
} as const;
const sglang = { ...tensorRt, engine: "sglang" } as const;

const recipes = "NVIDIA/srt-slurm gb200-fp4 recipe joined by concurrency to ai-dynamo/aiconfigurator's measured run";
const lmsys = "LMSYS, DeepSeek on GB200 NVL72 part II (2025-09-25)";

/** GB200 decode of DeepSeek-R1. What decode scales are fitted on, and nothing else. */
export const decodePoints: readonly DecodePoint[] = [
  {
    name: "SGLang NVFP4 EP48, batch 1024",
    worker: { ...sglang, ranks: 48, expertSlots: 288, draftTokens: 0 },
    batchPerRank: 1024,
    contextTokens: 2005,
    tpotMilliseconds: 77.9,
    source: "shifangx/Scripts-SGLang decode log (source 001), expert placement and single-batch overlap",
  },
  {
    name: "SGLang NVFP4 EP48, batch 1408",
    worker: { ...sglang, ranks: 48, expertSlots: 288, draftTokens: 0 },
    batchPerRank: 1408,
    contextTokens: 2050,
    tpotMilliseconds: 105.2,
    source: lmsys,
  },
  {
    name: "SGLang FP8 EP48, batch 768",
    worker: { ...sglang, checkpoint: fp8Experts, kvCacheType: "bf16", ranks: 48, expertSlots: 288, draftTokens: 0 },
    batchPerRank: 768,
    contextTokens: 2050,
    tpotMilliseconds: 84.5,
    source: lmsys,
  },
  {
    name: "SGLang NVFP4 EP32, 8k in, batch 40",
    worker: { ...sglang, ranks: 32, expertSlots: 288, draftTokens: 0 },
    batchPerRank: 40.4,
    contextTokens: 7833,
    tpotMilliseconds: 21.2,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4 EP32, 1k in, batch 124",
    worker: { ...tensorRt, ranks: 32, expertSlots: 288, draftTokens: 0 },
    batchPerRank: 124,
    contextTokens: 4608,
    tpotMilliseconds: 23.6,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4 EP16, 8k in, batch 122",
    worker: { ...tensorRt, ranks: 16, expertSlots: 288, draftTokens: 0 },
    batchPerRank: 122,
    contextTokens: 7833,
    tpotMilliseconds: 26.33,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4 EP32, 8k in, batch 8",
    worker: { ...tensorRt, ranks: 32, expertSlots: 256, draftTokens: 0 },
    batchPerRank: 8,
    contextTokens: 7833,
    tpotMilliseconds: 12.7,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4 EP16, 1k in, 1 draft, batch 124",
    worker: { ...tensorRt, ranks: 16, expertSlots: 288, draftTokens: 1 },
    batchPerRank: 124,
    contextTokens: 4608,
    tpotMilliseconds: 17,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4 EP16, 1k in, 3 drafts, batch 62",
    worker: { ...tensorRt, ranks: 16, expertSlots: 288, draftTokens: 3 },
    batchPerRank: 62.3,
    contextTokens: 4608,
    tpotMilliseconds: 11.4,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4 EP16, 8k in, 1 draft, batch 61",
    worker: { ...tensorRt, ranks: 16, expertSlots: 288, draftTokens: 1 },
    batchPerRank: 61.2,
    contextTokens: 7833,
    tpotMilliseconds: 14.9,
    source: recipes,
  },
];

/** Nobody balances experts in prefill: a pass averages over thousands of tokens. */
const fourRanks = { ranks: 4, expertSlots: 256, expertImbalance: usualImbalance(false, 4) } as const;
/** Two prompts of a published 8k run (7,373 tokens on average) fill a pass of 16k. */
const twoPrompts = { tokensPerForwardPerRank: 14746, promptTokens: 7373 } as const;

/** GB200 prefill of DeepSeek-R1. What prefill scales are fitted on, and nothing else. */
export const prefillPoints: readonly PrefillPoint[] = [
  {
    name: "TensorRT-LLM NVFP4, 8k in, 8 GPUs for decode of 32",
    worker: { ...tensorRt, ...fourRanks, exchange: "all-to-all" },
    ...twoPrompts,
    tokensPerSecondPerGpu: 19505,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4, 8k in, 32 GPUs for decode of 16",
    worker: { ...tensorRt, ...fourRanks, exchange: "all-to-all" },
    ...twoPrompts,
    tokensPerSecondPerGpu: 18517,
    source: recipes,
  },
  {
    name: "TensorRT-LLM NVFP4, 8k in, 28 GPUs for decode of 16",
    worker: { ...tensorRt, ...fourRanks, exchange: "all-to-all" },
    ...twoPrompts,
    tokensPerSecondPerGpu: 18722,
    source: recipes,
  },
  {
    name: "SGLang NVFP4, 8k in, 40 GPUs saturated",
    worker: { ...sglang, ...fourRanks, exchange: "collective" },
    ...twoPrompts,
    tokensPerSecondPerGpu: 12210,
    source: recipes,
  },
  {
    name: "SGLang NVFP4, 1k in, 16k per pass",
    worker: { ...sglang, ...fourRanks, exchange: "collective" },
    tokensPerForwardPerRank: 16384,
    promptTokens: 1024,
    tokensPerSecondPerGpu: 15312,
    source: "source 000, exp-01-16k: 1024 prompts of 1024 tokens in 17.12 s on 4 GPUs",
  },
  {
    name: "SGLang NVFP4, 1k in, 32k per pass",
    worker: { ...sglang, ...fourRanks, exchange: "collective" },
    tokensPerForwardPerRank: 32768,
    promptTokens: 1024,
    tokensPerSecondPerGpu: 15716,
    source: "source 000, exp-02-32k: 1024 prompts of 1024 tokens in 16.68 s on 4 GPUs",
  },
  {
    name: "SGLang NVFP4 with FP8 attention, 2k in, 2 ranks",
    worker: {
      ...sglang,
      checkpoint: { ...nvfp4, attentionFormat: "fp8" },
      ranks: 2,
      expertSlots: 256,
      expertImbalance: usualImbalance(false, 2),
      exchange: "all-to-all",
    },
    tokensPerForwardPerRank: 16384,
    promptTokens: 2000,
    tokensPerSecondPerGpu: 26156,
    source: lmsys,
  },
  {
    name: "SGLang FP8 with BF16 attention, 2k in, 4 ranks",
    worker: { ...sglang, ...fourRanks, checkpoint: fp8Experts, exchange: "all-to-all" },
    tokensPerForwardPerRank: 16384,
    promptTokens: 2000,
    tokensPerSecondPerGpu: 18471,
    source: lmsys,
  },
];
