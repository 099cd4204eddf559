import type { PoolIntent } from "../intent";
import type { PoolPlan } from "../pool";
import { gb200Nvl72 } from "../rack";
import { decodeStep, type DecodeStep, type DecodeWorker } from "./decode-step";
import { stepImbalance, usualImbalance } from "./expert-imbalance";
import { whyUnpredictable } from "./predictable";
import type { PrefillExchange } from "./engine-scale";
import { prefillPassMilliseconds, type PrefillWorker } from "./prefill-pass";
import { decodeUncertainty, prefillUncertainty } from "./uncertainty";

/** How fast one worker of a decode pool is. */
export interface DecodeSpeed {
  readonly worker: DecodeWorker;
  /** Requests a rank decodes at once when all slots that its KV pool can hold are taken. */
  readonly batchPerRank: (contextTokens: number) => number;
  readonly step: (batchPerRank: number, contextTokens: number) => DecodeStep;
  /** Time per output token of each request. */
  readonly tpotMilliseconds: (batchPerRank: number, contextTokens: number) => number;
  readonly uncertainty: (batchPerRank: number, contextTokens: number) => number;
}

/** How fast one worker of a prefill pool is. */
export interface PrefillSpeed {
  readonly worker: PrefillWorker;
  readonly passMilliseconds: (tokensPerRank: number, promptTokens: number) => number;
  readonly uncertainty: (promptTokens: number) => number;
}

/** Why nothing can be said of a pool's speed. */
export interface Unpredicted {
  readonly unpredicted: string;
}

export function decodeSpeed(pool: PoolPlan): DecodeSpeed | Unpredicted {
  const { intent } = pool;
  const unpredicted = whyUnpredicted(pool);
  if (unpredicted !== undefined) return { unpredicted };
  const worker: DecodeWorker = {
    engine: intent.engine,
    ...workerOf(pool),
    draftTokens: intent.speculation?.draftTokens ?? 0,
  };
  const tokensPerStep = 1 + (intent.speculation?.acceptedTokens ?? 0);
  return {
    worker,
    batchPerRank: (contextTokens) =>
      Math.min(pool.runningRequestsPerRank, Math.floor(pool.kvTokensPerRank / contextTokens)),
    step: (batch, contextTokens) => decodeStep(worker, batch, contextTokens),
    tpotMilliseconds: (batch, contextTokens) => decodeStep(worker, batch, contextTokens).total / tokensPerStep,
    uncertainty: (batch, contextTokens) => decodeUncertainty(worker, batch, contextTokens),
  };
}

export function prefillSpeed(pool: PoolPlan): PrefillSpeed | Unpredicted {
  const unpredicted = whyUnpredicted(pool);
  if (unpredicted !== undefined) return { unpredicted };
  const { engine } = pool.intent;
  const exchange: PrefillExchange =
    pool.parallel.dispatch === "none" && engine !== "trtllm" ? "collective" : "all-to-all";
  const worker: PrefillWorker = { engine, ...workerOf(pool), exchange };
  if (prefillPassMilliseconds(worker, 1, 1) === undefined) {
    return { unpredicted: `no prefill of ${engine} with ${exchange} exchange is published` };
  }
  return {
    worker,
    passMilliseconds: (tokens, promptTokens) => prefillPassMilliseconds(worker, tokens, promptTokens) ?? 0,
    uncertainty: (promptTokens) => prefillUncertainty(worker, promptTokens),
  };
}

function whyUnpredicted({ rack, intent }: PoolPlan): string | undefined {
  if (rack.name !== gb200Nvl72.name) return `operations were measured on ${gb200Nvl72.name}, not on ${rack.name}`;
  return whyUnpredictable(intent);
}

function workerOf(
  pool: PoolPlan,
): Pick<DecodeWorker, "checkpoint" | "kvCacheType" | "ranks" | "expertSlots" | "expertImbalance"> {
  const { intent, parallel, physicalExperts } = pool;
  return {
    checkpoint: intent.checkpoint,
    kvCacheType: intent.kvCacheType,
    ranks: parallel.data,
    expertSlots: physicalExperts,
    expertImbalance: imbalanceOf(intent, parallel.expert),
  };
}

/** What a recording promises where there is one, otherwise what is usual. */
function imbalanceOf(intent: PoolIntent, ranks: number): number {
  const { placed } = intent.experts;
  if (placed !== undefined) return stepImbalance(placed.after);
  return usualImbalance(isBalanced(intent), ranks);
}

/** A placement without spare slots can only shuffle experts; it takes replicas to balance a hot one. */
function isBalanced({ experts }: PoolIntent): boolean {
  return experts.balancing !== "off" && experts.redundantExperts > 0;
}
