import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { decodeOperations, scaledStep } from "../../src/plan/speed/decode-step";
import {
  acceptedTokens,
  engineScales,
  type EngineScale,
  type FittedEngine,
  type PrefillExchange,
} from "../../src/plan/speed/engine-scale";
import { prefillOperations } from "../../src/plan/speed/prefill-pass";
import type { DecodePoint, PrefillPoint } from "../../src/plan/speed/published-points";

/** The numbers that are fitted, as `src/plan/speed/engine-scales.json` holds them. */
export interface FittedScales {
  readonly acceptancePerDraft: number;
  readonly sglang: Pick<EngineScale, "decode" | "prefill">;
  readonly trtllm: Pick<EngineScale, "decode" | "prefill">;
}

/**
 * One unknown of the decode fit: what it is before any point is seen, and how far it may wander. Few points and five
 * unknowns: without the prior, leaving out a point would leave one of them free.
 */
interface Unknown {
  readonly name: string;
  readonly prior: number;
  readonly deviation: number;
}

const unknowns: readonly Unknown[] = [
  // 0.9 is the gain of programmatic dependent launch that aiconfigurator assumes for TensorRT-LLM.
  { name: "trtllm attention", prior: 0.9, deviation: 0.35 },
  { name: "trtllm experts", prior: 0.9, deviation: 0.35 },
  { name: "acceptance", prior: 0.8, deviation: 0.17 },
  { name: "sglang all", prior: 0.9, deviation: 0.35 },
  { name: "sglang fixed ms", prior: 4, deviation: 5 },
];

/** Of published runs: within this much, two of them agree (LMSYS parts and recipes at equal settings). */
const pointDeviation = 0.05;
/** Sampling and launch of a step (TensorRT-LLM), and its gain on products: taken from aiconfigurator, not fitted. */
const tensorRtFixedMilliseconds = 0.6;
const tensorRtProducts = 0.9;

export function fitScales(decode: readonly DecodePoint[], prefill: readonly PrefillPoint[]): FittedScales {
  const { scale, acceptancePerDraft } = fitDecode(decode);
  return {
    acceptancePerDraft,
    sglang: { decode: scale.sglang, prefill: fitPrefill("sglang", prefill) },
    trtllm: { decode: scale.trtllm, prefill: fitPrefill("trtllm", prefill) },
  };
}

/** Time per output token of a point under given scales. */
export function pointTpot({ worker, batchPerRank, contextTokens }: DecodePoint, scales: FittedScales): number {
  const operations = decodeOperations(worker, batchPerRank, contextTokens);
  const scale = { ...engineScales.engines[worker.engine], ...scales[worker.engine] };
  const accepted = acceptedTokens(worker.draftTokens, scales.acceptancePerDraft);
  return scaledStep(operations, scale).total / (1 + accepted);
}

/** Tokens per second and GPU of a point under given scales; `undefined` where no other point says anything of it. */
export function pointRate(
  { worker, tokensPerForwardPerRank, promptTokens }: PrefillPoint,
  scales: FittedScales,
): number | undefined {
  const scale = scales[worker.engine].prefill[worker.exchange];
  if (scale === undefined) return undefined;
  return (1000 * tokensPerForwardPerRank) / (scale * prefillOperations(worker, tokensPerForwardPerRank, promptTokens));
}

type DecodeScales = Readonly<Record<FittedEngine, EngineScale["decode"]>>;

/** Least squares of the relative errors, each unknown held to its prior like a measurement of its own. */
function fitDecode(points: readonly DecodePoint[]): { scale: DecodeScales; acceptancePerDraft: number } {
  // In standard deviations, so that all count alike.
  const residuals = [
    ...points.map(
      (point) => (parameters: readonly number[]) =>
        Math.log(pointTpot(point, asScales(parameters)) / point.tpotMilliseconds) / pointDeviation,
    ),
    ...unknowns.map(
      ({ prior, deviation }, i) =>
        (parameters: readonly number[]) =>
          ((parameters[i] ?? prior) - prior) / deviation,
    ),
  ];
  const { parameterValues } = levenbergMarquardt(
    { x: residuals.map((_, i) => i), y: residuals.map(() => 0) },
    (parameters) => (i) => residuals[i]?.(parameters) ?? 0,
    {
      initialValues: unknowns.map(({ prior }) => prior),
      gradientDifference: 1e-4,
      centralDifference: true,
      errorTolerance: 1e-9,
    },
  );
  const { acceptancePerDraft, sglang, trtllm } = asScales(parameterValues.map(rounded));
  return { scale: { sglang: sglang.decode, trtllm: trtllm.decode }, acceptancePerDraft };
}

function asScales(parameters: readonly number[]): FittedScales {
  const [attention = 1, experts = 1, acceptancePerDraft = 1, all = 1, fixedMilliseconds = 0] = parameters;
  return {
    acceptancePerDraft,
    sglang: { decode: { attention: all, experts: all, products: all, fixedMilliseconds }, prefill: {} },
    trtllm: {
      decode: { attention, experts, products: tensorRtProducts, fixedMilliseconds: tensorRtFixedMilliseconds },
      prefill: {},
    },
  };
}

/** The geometric mean of measured over summed time, for each kind of exchange that was measured. */
function fitPrefill(engine: FittedEngine, points: readonly PrefillPoint[]): EngineScale["prefill"] {
  const kinds: readonly PrefillExchange[] = ["all-to-all", "collective"];
  const scales = kinds.flatMap((kind) => {
    const ratios = points
      .filter(({ worker }) => worker.engine === engine && worker.exchange === kind)
      .map((point) => {
        const { worker, tokensPerForwardPerRank: tokens, promptTokens, tokensPerSecondPerGpu } = point;
        return (1000 * tokens) / tokensPerSecondPerGpu / prefillOperations(worker, tokens, promptTokens);
      });
    if (ratios.length === 0) return [];
    const mean = ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length;
    return [[kind, rounded(Math.exp(mean))] as const];
  });
  return Object.fromEntries(scales);
}

/** Six digits: the same file on every machine. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
