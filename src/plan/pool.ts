import type { Problem } from "../problems";
import type { ParallelPlan, PoolIntent, PoolRole } from "./intent";
import type { MemoryPlan } from "./memory";
import type { RackShape } from "./rack";
import type { StartupPlan } from "./startup";

/** Everything the engine adapters need, with every default applied. Ranks are attention ranks of one worker. */
export interface PoolPlan {
  readonly intent: PoolIntent;
  readonly role: PoolRole;
  readonly rack: RackShape;
  readonly client: string;
  readonly workers: number;
  readonly gpusPerWorker: number;
  readonly traysPerWorker: number;
  readonly trays: number;
  readonly gpus: number;
  readonly parallel: ParallelPlan;
  /** Longest request in tokens, prompt and answer. */
  readonly contextTokens: number;
  readonly kvTokensPerRank: number;
  readonly runningRequestsPerRank: number;
  /** Prefill: tokens per forward pass and rank. Decode: 0. */
  readonly tokensPerForwardPerRank: number;
  /** Prefill: what the scheduler admits per pass and rank. Decode: 0. */
  readonly prefillTokensPerRank: number;
  /** Decode with low-latency dispatch: the cap of the kernel's buffer. Otherwise 0. */
  readonly dispatchTokensPerRank: number;
  /** Decode: ascending. Prefill: empty, graphs are off. */
  readonly graphBatchSizes: readonly number[];
  readonly reservedDecodeTokens: number;
  /** Experts with their replicas: what the ranks share out. */
  readonly physicalExperts: number;
  readonly memory: MemoryPlan;
  readonly staticMemoryFraction: number;
  readonly startup: StartupPlan;
  readonly drainSeconds: number;
  readonly warnings: readonly Problem[];
}
