import type { Problem } from "../../problems";
import type { Stage } from "./request";
import type { Distribution, Estimate } from "./statistics";
import type { QueuePoint } from "./time-series";

export interface SimulationResult {
  /** When the last request ended. */
  readonly seconds: number;
  readonly clients: readonly ClientResult[];
  readonly prefillPools: readonly PrefillPoolResult[];
  /** Jain's index over the clients' `servedShare`: 1 is even, 1 / clients is all for one. */
  readonly fairness: number;
}

/** Latencies are of requests that arrived in the window, rates of requests that ended in it. */
export interface ClientResult {
  readonly client: string;
  readonly window: { readonly fromSeconds: number; readonly toSeconds: number };
  readonly requests: RequestCounts;
  readonly ttft: TtftResult;
  /** Time per token after the first. */
  readonly tpotMilliseconds: Distribution;
  /** Between two steps that yield tokens for a request. */
  readonly itlP99Milliseconds: number;
  readonly e2eSeconds: Distribution;
  readonly requestsPerSecond: Estimate;
  /** Requests per second that keep both SLOs. */
  readonly goodputRequestsPerSecond: Estimate;
  /** Goodput / arrivals in the window. */
  readonly servedShare: number;
  readonly outputTokensPerSecondPerDecodeGpu: number;
  readonly decode: DecodePoolResult;
  readonly saturation: Saturation;
  readonly stages: Readonly<Record<Stage, StageResult>>;
  /** At most 200 points over the whole run. */
  readonly series: readonly QueuePoint[];
}

/** Of the whole run, except `measured` and `unfinished`. */
export interface RequestCounts {
  readonly arrived: number;
  readonly finished: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly retractions: number;
  /** Arrived in the window. */
  readonly measured: number;
  /** In the system when the window closed. */
  readonly unfinished: number;
}

export interface TtftResult {
  readonly quotable: boolean;
  /** Why the numbers below must not be quoted. */
  readonly refusal?: Problem;
  readonly seconds: Distribution;
  /** Means that add up to the mean. `admission` is waiting for room in decode, and for its next step. */
  readonly partsSeconds: Readonly<Record<"admission" | "queue" | "prefill" | "transfer", Estimate>>;
}

/** Of the window, as shares from 0 to 1, except the peaks, which are of the whole run. */
export interface DecodePoolResult {
  readonly gpus: number;
  readonly busy: number;
  /** Running requests / batch slots. */
  readonly batchShare: number;
  readonly batchPerRankPeak: number;
  /** KV held / KV there is. */
  readonly kvShare: number;
  /** The same with what running requests have set aside for their answers. */
  readonly kvTakenShare: number;
  /** Of the fullest rank at its fullest. */
  readonly kvSharePeak: number;
}

export interface PrefillPoolResult {
  readonly name: string;
  readonly gpus: number;
  /** Share of the window in which a pass ran, mean over workers. */
  readonly busy: number;
  /** Work done / work that back-to-back passes with a queue at every rank would do. */
  readonly utilisation: number;
  readonly computedTokensPerSecondPerGpu: number;
  /** Of the whole run. */
  readonly computedTokens: number;
  readonly reusedTokens: number;
  readonly kvSharePeak: number;
}

/** The pool that gives way first. */
export interface Saturation {
  readonly pool: "prefill" | "decode";
  readonly utilisation: number;
  /** 1 - utilisation. */
  readonly headroom: number;
  /** More waited at the end of the window than at its start, by more than chance. */
  readonly queueGrows: boolean;
}

/** Over the whole run. */
export interface StageResult {
  readonly meanRequests: number;
  readonly maxRequests: number;
  readonly visits: number;
  readonly meanSeconds: number;
  /** Mean over the window. */
  readonly meanRequestsInWindow: number;
}
