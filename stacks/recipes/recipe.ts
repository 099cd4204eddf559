import type { CheckpointPreset } from "../../src/plan/model-shape";
import type { AttentionSplit, EngineName, ExpertBalancing, KvCacheType } from "../../src/plan/intent";
import type { HardwareName } from "../../src/plan/rack";
import type { Problem } from "../../src/problems";

export type Purpose = "production" | "benchmark";

interface RecipePool {
  readonly workers: number;
  readonly gpusPerWorker: number;
  readonly attention: AttentionSplit;
  readonly contextTokens?: number;
  readonly kvTokensPerRank?: number;
  readonly kvCacheType?: KvCacheType;
  readonly staticMemoryFraction?: number;
  readonly extraArgs?: readonly string[];
  readonly extraEnv?: Readonly<Record<string, string>>;
}

export interface RecipePrefill extends RecipePool {
  readonly tokensPerForwardPerRank: number;
  readonly runningRequestsPerRank?: number;
  readonly prefillTokensPerRank?: number;
}

export interface RecipeDecode extends RecipePool {
  readonly batchPerRank: number;
  readonly dispatchTokensPerRank?: number;
  readonly graphBatchSizes?: readonly number[];
  readonly reservedDecodeTokens?: number;
}

/** A published way to run a model, in the terms of this library: numbers are per attention rank. */
export interface Recipe {
  readonly name: string;
  /** Who published it, and where. */
  readonly source: string;
  readonly hardware: HardwareName;
  readonly engine: { readonly name: EngineName; readonly version: string; readonly image: string };
  readonly preset: CheckpointPreset;
  readonly workload: { readonly inputTokens: number; readonly outputTokens: number };
  readonly prefill: RecipePrefill;
  readonly decode: RecipeDecode;
  readonly experts: { readonly mode: ExpertBalancing; readonly redundant: number };
  readonly draftTokens: number;
  /** Requests that the recipe's benchmark keeps in flight, one number per run. */
  readonly concurrencies: readonly number[];
}

/** A setting of the recipe that the imported stack does not have. */
export interface LeftOut {
  readonly key: string;
  readonly reason: string;
}

/** What became of a recipe. Refused recipes keep their problems, all of them. */
export interface Reading {
  /** Absent when it was refused. */
  readonly recipe?: Recipe;
  /** A refused recipe as it would be once it kept its limits, so that the planner can say what else there is. */
  readonly draft?: Recipe;
  readonly problems: readonly Problem[];
  /** What its owner should know, and stops nothing. */
  readonly notes: readonly Problem[];
  readonly leftOut: readonly LeftOut[];
}

export interface ReadOptions {
  /** `benchmark` accepts the switches and waits that a service must not have. */
  readonly purpose: Purpose;
}

export function gpusOf({ prefill, decode }: Pick<Recipe, "prefill" | "decode">): number {
  return prefill.workers * prefill.gpusPerWorker + decode.workers * decode.gpusPerWorker;
}
