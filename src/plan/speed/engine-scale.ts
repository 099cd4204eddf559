import type { EngineName } from "../intent";
import scales from "./engine-scales.json";

/** Those with points enough to fit their scales on. */
export type FittedEngine = Exclude<EngineName, "vllm">;

/** What an engine makes of the sum of its operations: fitted on published points by tools/calibrate/fit.ts. */
export interface DecodeScale {
  /** Attention with its projections, end to end over measured alone. */
  readonly attention: number;
  /** Routed experts and their exchange. */
  readonly experts: number;
  /** Router, dense layers, head; and the shared expert where it is not hidden behind the exchange. */
  readonly products: number;
  /** What a step costs whatever it computes: scheduling, sampling, launches. */
  readonly fixedMilliseconds: number;
}

/** How prefill ranks exchange tokens: by an all-to-all backend, or with the collectives of tensor parallelism. */
export type PrefillExchange = "all-to-all" | "collective";

export interface EngineScale {
  readonly decode: DecodeScale;
  /** End-to-end time of a prefill pass over the sum of its operations; absent where nothing was published. */
  readonly prefill: Readonly<Partial<Record<PrefillExchange, number>>>;
  /** TensorRT-LLM computes the shared expert on a second stream while tokens are exchanged. */
  readonly hidesSharedExpert: boolean;
  /**
   * Share of the FP4 peak that the engine's grouped product reaches on large batches, where it is not the measured
   * kernel. SGLang: 34 % in the published trace of source 001.
   */
  readonly groupedProductEfficiency?: number;
}

export interface EngineScales {
  /** Mean of drafted tokens accepted at each position, given the one before was. */
  readonly acceptancePerDraft: number;
  readonly engines: Readonly<Record<EngineName, EngineScale>>;
}

/**
 * vLLM has one published run on GB200: 26,200 prompt tokens and 10,100 answer tokens per second and GPU with 2k prompts
 * and 2k answers (vLLM blog, 2026-02-03; prefill of 2 ranks, decode of 8). Its batch is not said; the recipe that claims
 * the same rates decodes 512 requests per rank (ai-dynamo/dynamo recipes/deepseek-r1/vllm/disagg, 28db6deb), which makes
 * 50.7 ms per token. Both scales are that run over the sum of its operations; the fixed part is SGLang's. Not fitted,
 * not left out of anything: `uncertainty` says what that is worth.
 */
const vllmScale: EngineScale = {
  decode: { attention: 0.865, experts: 0.865, products: 0.865, fixedMilliseconds: 2.74 },
  prefill: { collective: 0.901, "all-to-all": 0.901 },
  hidesSharedExpert: false,
  groupedProductEfficiency: 0.34,
};

export const engineScales: EngineScales = {
  acceptancePerDraft: scales.acceptancePerDraft,
  engines: {
    sglang: { ...scales.sglang, hidesSharedExpert: false, groupedProductEfficiency: 0.34 },
    trtllm: { ...scales.trtllm, hidesSharedExpert: true },
    vllm: vllmScale,
  },
};

/** Tokens of a draft that are accepted on average when nobody measured it. */
export function usualAcceptedTokens(draftTokens: number): number {
  return acceptedTokens(draftTokens, engineScales.acceptancePerDraft);
}

/** Each token of a draft needs the one before it. */
export function acceptedTokens(draftTokens: number, acceptancePerDraft: number): number {
  return Array.from({ length: draftTokens }, (_, i) => acceptancePerDraft ** (i + 1)).reduce((sum, p) => sum + p, 0);
}
