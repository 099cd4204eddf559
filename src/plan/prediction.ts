import type { Prediction } from "./client";
import { fitDecodeStep, type DecodeStepFit } from "./decode-step";
import type { Checkpoint } from "./model-shape";
import type { PoolPlan } from "./pool";
import { meanContextTokens, type Workload } from "./workload";

/**
 * Published prefill rates of NVFP4 DeepSeek-R1 on GB200, prompt tokens per second and GPU, 7,373-token prompts on
 * 4-GPU workers (NVIDIA/srt-slurm recipes gb200-fp4/8k1k joined to ai-dynamo/aiconfigurator silicon_sample.csv by
 * concurrency; the join is inference).
 */
const prefillPoints = [19505, 18517, 18722] as const;

/** What the step-time fit has seen. Outside of it nothing is predicted: a wrong number is worse than none. */
export const predictedRange = {
  expertParallel: { from: 16, to: 64 },
  batchPerRank: { from: 8, to: 1408 },
  /**
   * Measured from 2,005 to 7,833. Attention reads every cached token once, so its time is linear in context and a
   * little more on either side is safe; `farContextUncertainty` pays for it.
   */
  contextTokens: { from: 1000, to: 9800 },
  /** Below, per-request overhead decides; above, attention that grows with the square of the prompt. */
  inputTokens: { from: 500, to: 10240 },
} as const;

const measuredContext = { from: 2005, to: 7833 } as const;

/** The fit is within 3 % of its own points; published held-out errors of such models are 7 to 10 %. */
const decodeUncertainty = 0.1;
const farContextUncertainty = 0.15;
/** Acceptance is the user's estimate and the cost of drafting is an assumption, see `decodeStep`. */
const speculationUncertainty = 0.2;
/** Engines differ: the published SGLang prefill rate at 8k lies 35 % below the TensorRT-LLM mean used here. */
const prefillUncertainty = 0.2;
/** No saturated measurement with 1k prompts is published; op-time tables give 19,000 to 23,000 tokens/s. */
const shortPromptUncertainty = 0.25;
const shortPromptTokens = 4096;

/** Prompt tokens per second that one prefill GPU computes. */
export function prefillTokensPerSecondPerGpu(): number {
  return prefillPoints.reduce((sum, rate) => sum + rate, 0) / prefillPoints.length;
}

/**
 * What a client gets from its two pools at full load, or `undefined` where no published measurement is near.
 * Says nothing about the time to first token: that is queueing, and needs arrivals.
 */
export function predictClient(prefill: PoolPlan, decode: PoolPlan, workload: Workload): Prediction | undefined {
  if (!isMeasuredModel(prefill.intent.checkpoint) || !isMeasuredModel(decode.intent.checkpoint)) return undefined;
  if (!isWithin(workload.inputTokens, predictedRange.inputTokens)) return undefined;
  const step = decodeStep(decode, workload);
  if (step === undefined) return undefined;
  const prefillRate = prefillTokensPerSecondPerGpu() * prefill.gpus;
  const prefillRequestsPerSecond = prefillRate / workload.inputTokens;
  const decodeRequestsPerSecond = step.tokensPerSecond / workload.outputTokens;
  const saturatedPool = prefillRequestsPerSecond < decodeRequestsPerSecond ? "prefill" : "decode";
  return {
    requestsPerSecond: Math.min(prefillRequestsPerSecond, decodeRequestsPerSecond),
    prefillRequestsPerSecond,
    decodeRequestsPerSecond,
    tpotMilliseconds: step.tpotMilliseconds,
    saturatedPool,
    uncertainty: saturatedPool === "prefill" ? prefillBoundUncertainty(workload) : step.uncertainty,
    basis: "published GB200 measurements of NVFP4 DeepSeek-R1: 5 decode points (EP16 to EP48), 3 prefill points",
  };
}

interface DecodeStep {
  readonly tpotMilliseconds: number;
  /** Of the whole pool. */
  readonly tokensPerSecond: number;
  readonly uncertainty: number;
}

/**
 * One decode step of the pool at the batch its KV pool holds.
 *
 * Assumption for multi-token prediction: a step computes 1 + draft tokens per request, so the per-request term grows
 * by that factor; attention reads the cached tokens once for all of them; the step yields 1 + accepted tokens.
 */
function decodeStep(decode: PoolPlan, workload: Workload): DecodeStep | undefined {
  const contextTokens = meanContextTokens(workload);
  const held = Math.floor(decode.kvTokensPerRank / contextTokens);
  const batch = Math.min(decode.runningRequestsPerRank, held);
  if (!isMeasuredShape(decode) || !isWithin(batch, predictedRange.batchPerRank)) return undefined;
  if (!isWithin(contextTokens, predictedRange.contextTokens)) return undefined;
  const drafted = decode.intent.speculation?.draftTokens ?? 0;
  const tokensPerStep = 1 + (decode.intent.speculation?.acceptedTokens ?? 0);
  const milliseconds = stepMilliseconds(fitDecodeStep(), batch, contextTokens, drafted);
  const ranks = decode.parallel.data * decode.workers;
  return {
    tpotMilliseconds: milliseconds / tokensPerStep,
    tokensPerSecond: (1000 * batch * ranks * tokensPerStep) / milliseconds,
    uncertainty: decodeBoundUncertainty(contextTokens, drafted),
  };
}

function stepMilliseconds(fit: DecodeStepFit, batch: number, contextTokens: number, drafted: number): number {
  return (
    fit.fixedMilliseconds +
    fit.millisecondsPerRequest * batch * (1 + drafted) +
    fit.millisecondsPerCachedToken * batch * contextTokens
  );
}

/** The model family of the measurements: DeepSeek-V3's architecture without sparse attention, experts in NVFP4. */
function isMeasuredModel(checkpoint: Checkpoint): boolean {
  const { shape, expertFormat } = checkpoint;
  const { attention } = shape;
  return (
    expertFormat === "nvfp4" &&
    shape.layers === 61 &&
    shape.hidden === 7168 &&
    shape.routedExperts === 256 &&
    shape.expertsPerToken === 8 &&
    shape.expertIntermediate === 2048 &&
    attention.kind === "latent" &&
    attention.heads === 128 &&
    attention.kvRank === 512 &&
    attention.indexBytes === undefined
  );
}

/** All measured decode workers ran attention data-parallel with an FP8 KV cache. */
function isMeasuredShape(decode: PoolPlan): boolean {
  return (
    decode.intent.kvCacheType === "fp8" &&
    decode.parallel.data === decode.parallel.tensor &&
    isWithin(decode.parallel.expert, predictedRange.expertParallel)
  );
}

function decodeBoundUncertainty(contextTokens: number, drafted: number): number {
  if (drafted > 0) return speculationUncertainty;
  return isWithin(contextTokens, measuredContext) ? decodeUncertainty : farContextUncertainty;
}

function prefillBoundUncertainty(workload: Workload): number {
  return workload.inputTokens < shortPromptTokens ? shortPromptUncertainty : prefillUncertainty;
}

function isWithin(value: number, range: { readonly from: number; readonly to: number }): boolean {
  return value >= range.from && value <= range.to;
}
