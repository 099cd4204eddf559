import type { Slo } from "../workload";
import type { Arrivals } from "./arrivals";

/** A prefill pool: workers of one size. One rank is one GPU with requests and a KV cache of its own. */
export interface PrefillPoolModel {
  readonly name: string;
  readonly workers: number;
  readonly ranksPerWorker: number;
  readonly tokensPerForwardPerRank: number;
  readonly requestsPerPassPerRank: number;
  /**
   * One forward pass of a rank that computes this many tokens. The second argument is the prompt length that has the
   * same mean position: for whole prompts their length, for the chunk from token a to token b it is a + b.
   */
  readonly passMilliseconds: (tokensPerRank: number, meanPromptTokens: number) => number;
  /** Holds the prompts in computation, and those that wait for their transfer. */
  readonly kvTokensPerRank: number;
  /** Prompts longer than what is left of a pass are split. Default true. */
  readonly chunking?: boolean;
  /** Tokens of finished prompts that a rank keeps for reuse, beside `kvTokensPerRank`. Default 0: no reuse. */
  readonly cachedTokensPerRank?: number;
}

/** One decode worker: all ranks run one step together. */
export interface DecodeWorkerModel {
  readonly ranks: number;
  readonly batchPerRank: number;
  readonly kvTokensPerRank: number;
  /** Ascending. A step is as slow as the next captured size; above the largest one nothing is padded. */
  readonly graphBatchSizes: readonly number[];
  /** One step, with the drafts of multi-token prediction in it. */
  readonly stepMilliseconds: (batchPerRank: number, meanContextTokens: number) => number;
}

/** What a decode rank sets aside for a request: prompt and answer, or the prompt and a margin. */
export type KvReserve = "full" | "optimistic";

export interface ClientUnderTest {
  readonly client: string;
  /** Name of the pool; clients may share one. */
  readonly prefillPool: string;
  readonly decode: readonly DecodeWorkerModel[];
  readonly arrivals: Arrivals;
  /** Multi-token prediction: drafts per step, and how many are accepted in the mean. */
  readonly draftTokens: number;
  readonly acceptedTokens: number;
  readonly slo: Slo;
  readonly kvBytesPerToken: number;
  readonly reserve: KvReserve;
  /** With `optimistic`: tokens set aside beside the prompt until decoding starts. Default 512, as in SGLang. */
  readonly reservedDecodeTokens?: number;
}

export type PrefillPolicy = "round-robin" | "least-loaded" | "kv-aware";
export type RankPolicy = "round-robin" | "least-loaded";

/** How requests find a worker, and a rank inside of it. `kv-aware` decides both at once. Default: least loaded. */
export interface Routing {
  readonly prefill: PrefillPolicy;
  readonly prefillRank: RankPolicy;
  readonly decode: RankPolicy;
  readonly decodeRank: RankPolicy;
}

/** The way of the KV cache from a prefill worker to a decode worker, one at a time per prefill worker. */
export interface KvTransfer {
  readonly bytesPerSecond: number;
  /** Handshake of one transfer; the next one's bytes need not wait for it. */
  readonly latencySeconds: number;
}

/**
 * Varying expert load for step times that do not contain it: calibrated ones contain its mean, so leave it out there.
 */
export interface StepNoise {
  /** Share of the step that waits for the fullest expert rank. */
  readonly expertShare: number;
  /** Relative standard deviation of the excess from step to step. Layers average it, so it is small. */
  readonly spread: number;
}

export interface SystemUnderTest {
  readonly prefillPools: readonly PrefillPoolModel[];
  readonly clients: readonly ClientUnderTest[];
  readonly transfer: KvTransfer;
  readonly routing?: Partial<Routing>;
  /**
   * When decode sets aside KV and a batch slot. SGLang and TensorRT-LLM do it before prefill starts (default), so that
   * a full decode pool holds requests back; otherwise finished prompts wait in the KV of prefill.
   */
  readonly reservation?: "beforePrefill" | "afterPrefill";
  readonly stepNoise?: StepNoise;
}

export const defaultRouting: Routing = {
  prefill: "least-loaded",
  prefillRank: "least-loaded",
  decode: "least-loaded",
  decodeRank: "least-loaded",
};

/** SGLang, --num-reserved-decode-tokens. */
const sglangReservedDecodeTokens = 512;

/** Beside the prompt, until decoding starts. */
export function reservedDecodeTokens(client: ClientUnderTest): number {
  return client.reservedDecodeTokens ?? sglangReservedDecodeTokens;
}
