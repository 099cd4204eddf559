import type { ClientPlan, LoadedPrediction, Prediction } from "../plan/client";
import { clientCost, priceTiers, type PriceTier } from "../plan/cost";
import type { PoolPlan } from "../plan/pool";
import { clientPower } from "../plan/power";
import { expertOutlook } from "../plan/experts/outlook";
import { rounded } from "./numbers";

/** Version of the summary; a reader that meets another one says nothing instead of something wrong. */
export const planSummaryVersion = 1;

/** One GPU's memory in GiB. */
export interface MemorySummary {
  usable: number;
  weights: number;
  kv: number;
  dispatch: number;
  workspace: number;
  free: number;
}

/** What every pool has. */
export interface PoolSummary {
  workers: number;
  gpusPerWorker: number;
  trays: number;
  gpus: number;
  expertParallel: number;
  /** Decode: requests one rank decodes at once. Prefill: 0. */
  batchPerRank: number;
  /** Prefill: prompt tokens per forward pass and rank. Decode: 0. */
  tokensPerForwardPerRank: number;
  kvTokensPerRank: number;
  kvCacheType: string;
  memoryGib: MemorySummary;
  /** From pod start to the first token, as planned. */
  startupSeconds: number;
}

export interface PredictionSummary {
  requestsPerSecond: number;
  prefillRequestsPerSecond: number;
  decodeRequestsPerSecond: number;
  tpotMilliseconds: number;
  saturatedPool: string;
  uncertainty: number;
  basis: string;
  /** Absent when no rate is asked for, or more than is served. */
  atAskedRate?: LoadSummary;
}

/** How the client fares at the rate it asks for. */
export interface LoadSummary {
  tpotMilliseconds: number;
  prefillUtilisation: number;
  decodeUtilisation: number;
  /** Absent with `noTtft`. */
  ttftP50Seconds?: number;
  ttftP90Seconds?: number;
  /** Why no TTFT is quoted. */
  noTtft?: string;
}

/** What a placement of experts is worth. */
export interface ExpertSummary {
  /** Mean load / highest load per GPU on the recorded traffic, mean over layers. */
  balanceBefore: number;
  /** Absent where `balanceBefore` is that of the placement in force; otherwise that of the model's own order. */
  inOrder?: true;
  balanceAfter: number;
  balanceBound: number;
  /** Expert weights, all layers, that GPUs hold newly. */
  moved: number;
  /** A decode step with a full batch; absent where nothing is predicted. */
  stepMillisecondsBefore?: number;
  stepMillisecondsAfter?: number;
}

export interface PowerSummary {
  kilowatts: number;
  outputTokensPerJoule?: number;
}

export interface CostSummary {
  tier: string;
  dollarsPerGpuHour: number;
  dollarsPerHour: number;
  dollarsPerMillionOutputTokens?: number;
  dollarsPerMillionInputTokens?: number;
}

/**
 * A client's plan as a stack output: what a reviewer compares before and after. Plain JSON with rounded numbers, so
 * that it changes when the plan does and not with the last bit of a sum.
 */
export interface PlanSummary {
  version: number;
  client: string;
  engine: string;
  engineVersion: string;
  workload: { inputTokens: number; outputTokens: number; requestsPerSecond?: number };
  trays: number;
  gpus: number;
  pools: { prefill: PoolSummary; decode: PoolSummary };
  /** Absent where no measurement says anything. */
  prediction?: PredictionSummary;
  /** Why there is no prediction. */
  unpredicted?: string;
  cost: CostSummary;
  /** Absent where no placement is loaded. */
  experts?: ExpertSummary;
  /** Absent in summaries of earlier versions. */
  power?: PowerSummary;
}

export function summarise(plan: ClientPlan, tier: PriceTier = priceTiers.neocloud): PlanSummary {
  const { inputTokens, outputTokens, requestsPerSecond } = plan.workload;
  const { prediction } = plan;
  return {
    version: planSummaryVersion,
    client: plan.client,
    engine: plan.engine,
    engineVersion: plan.engineVersion,
    workload: { inputTokens, outputTokens, ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }) },
    trays: plan.trays,
    gpus: plan.gpus,
    pools: { prefill: poolSummary(plan.prefill), decode: poolSummary(plan.decode) },
    ...(prediction === undefined ? {} : { prediction: predictionSummary(prediction) }),
    ...(plan.unpredicted === undefined ? {} : { unpredicted: plan.unpredicted }),
    cost: costSummary(plan, tier),
    ...expertSummary(plan),
    power: powerSummary(plan),
  };
}

function expertSummary({ decode, workload }: ClientPlan): Pick<PlanSummary, "experts"> {
  const outlook = expertOutlook(decode, workload);
  if (outlook === undefined) return {};
  const { before, beforeIsRecorded, after, bound, moved, stepMilliseconds: step } = outlook;
  return {
    experts: {
      balanceBefore: before,
      ...(beforeIsRecorded ? {} : { inOrder: true }),
      balanceAfter: after,
      balanceBound: bound,
      moved,
      ...(step === undefined
        ? {}
        : {
            stepMillisecondsBefore: rounded(step.before, 2),
            stepMillisecondsAfter: rounded(step.after, 2),
          }),
    },
  };
}

function poolSummary(pool: PoolPlan): PoolSummary {
  const { memory } = pool;
  return {
    workers: pool.workers,
    gpusPerWorker: pool.gpusPerWorker,
    trays: pool.trays,
    gpus: pool.gpus,
    expertParallel: pool.parallel.expert,
    batchPerRank: pool.role === "decode" ? pool.runningRequestsPerRank : 0,
    tokensPerForwardPerRank: pool.tokensPerForwardPerRank,
    kvTokensPerRank: pool.kvTokensPerRank,
    kvCacheType: pool.intent.kvCacheType,
    memoryGib: {
      usable: rounded(memory.usableGib, 1),
      weights: rounded(memory.weightsGib, 1),
      kv: rounded(memory.kvGib, 1),
      dispatch: rounded(memory.dispatchGib, 1),
      workspace: rounded(memory.workspaceGib, 1),
      free: rounded(memory.freeGib, 1),
    },
    startupSeconds: Math.ceil(pool.startup.expectedSeconds),
  };
}

function powerSummary(plan: ClientPlan): PowerSummary {
  const { kilowatts, outputTokensPerJoule } = clientPower(plan);
  return {
    kilowatts: rounded(kilowatts, 1),
    ...(outputTokensPerJoule === undefined ? {} : { outputTokensPerJoule: rounded(outputTokensPerJoule, 3) }),
  };
}

function loadSummary({ ttft, ...load }: LoadedPrediction): LoadSummary {
  return {
    tpotMilliseconds: rounded(load.tpotMilliseconds, 2),
    prefillUtilisation: rounded(load.prefillUtilisation, 3),
    decodeUtilisation: rounded(load.decodeUtilisation, 3),
    ...("refused" in ttft
      ? { noTtft: ttft.refused }
      : { ttftP50Seconds: rounded(ttft.p50Seconds, 3), ttftP90Seconds: rounded(ttft.p90Seconds, 3) }),
  };
}

function predictionSummary(prediction: Prediction): PredictionSummary {
  return {
    requestsPerSecond: rounded(prediction.requestsPerSecond, 2),
    prefillRequestsPerSecond: rounded(prediction.prefillRequestsPerSecond, 2),
    decodeRequestsPerSecond: rounded(prediction.decodeRequestsPerSecond, 2),
    tpotMilliseconds: rounded(prediction.tpotMilliseconds, 2),
    saturatedPool: prediction.saturatedPool,
    uncertainty: prediction.uncertainty,
    basis: prediction.basis,
    ...(prediction.atAskedRate === undefined ? {} : { atAskedRate: loadSummary(prediction.atAskedRate) }),
  };
}

function costSummary(plan: ClientPlan, tier: PriceTier): CostSummary {
  const {
    dollarsPerMillionOutputTokens: output,
    dollarsPerMillionInputTokens: input,
    ...bill
  } = clientCost(plan, tier);
  return {
    ...bill,
    dollarsPerHour: rounded(bill.dollarsPerHour, 2),
    ...(output === undefined ? {} : { dollarsPerMillionOutputTokens: rounded(output, 4) }),
    ...(input === undefined ? {} : { dollarsPerMillionInputTokens: rounded(input, 4) }),
  };
}

/** Reads a summary from a stack output; `undefined` for anything that is not one of this version. */
export function readPlanSummary(value: unknown): PlanSummary | undefined {
  const summary = value as PlanSummary;
  if (!isObject(value) || value.version !== planSummaryVersion || typeof value.client !== "string") return undefined;
  if (!hasNumbers(value, ["trays", "gpus"]) || !isObject(value.pools) || !isObject(value.cost)) return undefined;
  if (!isPool(value.pools.prefill) || !isPool(value.pools.decode)) return undefined;
  if (!hasNumbers(value.cost, ["dollarsPerHour", "dollarsPerGpuHour"])) return undefined;
  const { prediction } = value;
  if (prediction !== undefined && !hasNumbers(prediction, ["requestsPerSecond", "tpotMilliseconds", "uncertainty"])) {
    return undefined;
  }
  return summary;
}

function isPool(value: unknown): boolean {
  const numbers = ["workers", "gpusPerWorker", "trays", "gpus", "batchPerRank", "kvTokensPerRank", "startupSeconds"];
  return hasNumbers(value, numbers) && isObject(value) && typeof value.kvCacheType === "string";
}

function hasNumbers(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => typeof value[name] === "number");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
