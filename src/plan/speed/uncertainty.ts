import type { DecodeWorker } from "./decode-step";
import type { PrefillWorker } from "./prefill-pass";
import { shapeUncertainty } from "./predictable";

/**
 * Relative uncertainty of a decode step: 8 % where published points lie around it, which is the largest error of a
 * point left out of the fit, and more where none is near. The largest of the reasons counts.
 */
export function decodeUncertainty(worker: DecodeWorker, batchPerRank: number, contextTokens: number): number {
  const reasons = [
    0.08,
    shapeUncertainty(worker.checkpoint),
    // Published points have 16 to 48 ranks.
    worker.ranks < 16 || worker.ranks > 48 ? 0.12 : 0,
    // The tables end at 1024 rows per rank, and beyond 131,072 cached tokens nothing was measured at all.
    batchPerRank > 1408 ? 0.2 : 0,
    // Published contexts: 2,005 to 7,833. Attention is linear in them, and measured alone far beyond.
    contextTokens > 32_768 ? 0.2 : contextTokens < 1500 || contextTokens > 9000 ? 0.12 : 0,
    // Accepted tokens are the operator's estimate.
    worker.draftTokens > 0 ? 0.12 : 0,
    // One published run, whose batch had to be inferred.
    worker.engine === "vllm" ? 0.3 : 0,
    // One published run, of another KV type.
    worker.checkpoint.expertFormat === "nvfp4" ? 0 : 0.12,
  ];
  return Math.max(...reasons);
}

/** Relative uncertainty of a prefill rate: the largest error of a point left out, and more where none is near. */
export function prefillUncertainty(worker: PrefillWorker, promptTokens: number): number {
  const reasons = [
    0.1,
    shapeUncertainty(worker.checkpoint),
    worker.ranks > 4 ? 0.15 : 0,
    // Published prompts: 1,024 to 7,373 tokens.
    promptTokens < 900 || promptTokens > 10_240 ? 0.2 : 0,
    // The same SGLang prefill ran 1.6 times faster with FP8 attention and two ranks: what a version does is its own.
    worker.engine === "sglang" ? (worker.exchange === "collective" ? 0.15 : 0.25) : 0,
    // One published run, with two ranks per worker.
    worker.engine === "vllm" ? 0.3 : 0,
    // TensorRT-LLM's prefill with short prompts is published by nobody.
    worker.engine === "trtllm" && promptTokens < 4096 ? 0.2 : 0,
  ];
  return Math.max(...reasons);
}
