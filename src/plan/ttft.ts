import type { PoolPlan } from "./pool";
import type { PrefillSpeed } from "./speed/pool-speed";
import type { Workload } from "./workload";

/** A prefill pool as a queue: equal workers whose ranks start their passes together. */
export interface PrefillQueue {
  readonly workers: number;
  readonly ranksPerWorker: number;
  readonly tokensPerForwardPerRank: number;
  readonly promptTokens: number;
  readonly speed: Pick<PrefillSpeed, "passMilliseconds">;
}

export function prefillQueue(pool: PoolPlan, speed: PrefillSpeed, { inputTokens }: Workload): PrefillQueue {
  return {
    workers: pool.workers,
    ranksPerWorker: pool.parallel.data,
    tokensPerForwardPerRank: pool.tokensPerForwardPerRank,
    promptTokens: inputTokens,
    speed,
  };
}

/** Requests per second of passes that are all full. */
export function prefillCapacity(queue: PrefillQueue): number {
  const { workers, ranksPerWorker, tokensPerForwardPerRank: tokens, promptTokens } = queue;
  const promptsPerSecond =
    (1000 * tokens * ranksPerWorker) / promptTokens / queue.speed.passMilliseconds(tokens, promptTokens);
  return workers * promptsPerSecond;
}

/** A share of requests, and how far it reaches: into the pass under way, a Poisson count, and an exponential tail. */
interface Quantile {
  readonly share: number;
  /** Roots of the mean above it. */
  readonly poisson: number;
}

/** Half a root above the mean, not at it: most requests are in the passes that have more of them. */
const median: Quantile = { share: 0.5, poisson: 0.5 };
const ninthDecile: Quantile = { share: 0.9, poisson: 1.28 };

/** Time to first token at a load, without waiting for decode, as half and nine of ten requests have it. */
export interface TtftEstimate {
  readonly p50Seconds: number;
  readonly p90Seconds: number;
}

/**
 * Poisson arrivals. A request waits for the pass under way, then for its own, which is as long as the prompts on its
 * fullest rank make it: at low load one, at high load as many as a pass takes. What a full pass leaves over waits on, as
 * in M/D/1 with prompts as customers. Held against the simulator in test/plan/ttft.spec.ts.
 */
export function ttftAt(queue: PrefillQueue, requestsPerSecond: number): TtftEstimate {
  return {
    p50Seconds: ttftSeconds(queue, requestsPerSecond, median),
    p90Seconds: ttftSeconds(queue, requestsPerSecond, ninthDecile),
  };
}

export function ttftP90Seconds(queue: PrefillQueue, requestsPerSecond: number): number {
  return ttftSeconds(queue, requestsPerSecond, ninthDecile);
}

function ttftSeconds(queue: PrefillQueue, requestsPerSecond: number, { share, poisson }: Quantile): number {
  const { workers, ranksPerWorker, tokensPerForwardPerRank: tokens, promptTokens, speed } = queue;
  const capacity = prefillCapacity(queue);
  const utilisation = requestsPerSecond / capacity;
  if (utilisation >= 1) return Infinity;
  const perWorker = requestsPerSecond / workers;
  const passesPerPrompt = Math.max(1, promptTokens / tokens);
  const pass = (prompts: number): number => {
    const onFullestRank = Math.max(1, Math.ceil(prompts / ranksPerWorker - 1e-9));
    return speed.passMilliseconds(Math.min(tokens, onFullestRank * promptTokens), promptTokens) / 1000;
  };
  let prompts = 1;
  for (let i = 0; i < 20; i++) prompts = Math.max(1, perWorker * pass(prompts) * passesPerPrompt);
  const underWay = Math.min(1, perWorker * pass(prompts)) * pass(prompts);
  const own = pass(prompts + poisson * Math.sqrt(prompts)) * passesPerPrompt;
  const leftOver = utilisation / (2 * capacity * (1 - utilisation));
  return own + share * underWay - Math.log(1 - share) * leftOver;
}

/** The largest rate that keeps a promise on TTFT within a share of the capacity. */
export function largestRate(queue: PrefillQueue, promisedSeconds: number, utilisationLimit: number): number {
  const limit = utilisationLimit * prefillCapacity(queue);
  if (ttftP90Seconds(queue, limit) <= promisedSeconds) return limit;
  let low = 0;
  let high = limit;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (ttftP90Seconds(queue, middle) <= promisedSeconds) low = middle;
    else high = middle;
  }
  return low;
}
