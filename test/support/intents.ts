import { checkpoints, type Checkpoint } from "../../src/plan/model-shape";
import type { DecodeIntent, PrefillIntent, WeightStore } from "../../src/plan/intent";
import { planPool } from "../../src/plan/plan-pool";
import type { PoolPlan } from "../../src/plan/pool";
import type { PoolIntent } from "../../src/plan/intent";
import { gb200Nvl72 } from "../../src/plan/rack";

const shared = {
  client: "client1",
  checkpoint: checkpoints["deepseek-r1-nvfp4"],
  engine: "sglang",
  engineVersion: "0.5.8",
  orchestrator: "leader-worker-set",
  workers: 1,
  attention: "data",
  inputTokens: 1024,
  outputTokens: 8192,
  kvCacheType: "fp8",
  purpose: "production",
} as const;

/** The files of a checkpoint, in a folder of its name. */
function weightsOf({ repository }: Checkpoint = shared.checkpoint): WeightStore {
  return { hostPath: "/mnt/models", path: repository.split("/").at(-1) ?? "", readGibPerSecond: 5 };
}

/** Client 1's prefill pool, with what a test wants different. */
export function prefillIntent(changes: Partial<PrefillIntent> = {}): PrefillIntent {
  return {
    ...shared,
    role: "prefill",
    weights: weightsOf(changes.checkpoint),
    gpusPerWorker: 4,
    tokensPerForwardPerRank: 16384,
    experts: { balancing: "off", redundantExperts: 0 },
    ...changes,
  };
}

/** Client 1's decode pool, with what a test wants different. */
export function decodeIntent(changes: Partial<DecodeIntent> = {}): DecodeIntent {
  return {
    ...shared,
    role: "decode",
    weights: weightsOf(changes.checkpoint),
    gpusPerWorker: 32,
    batchPerRank: 256,
    experts: { balancing: "dynamic", redundantExperts: 32 },
    ...changes,
  };
}

/** The same with a model that nothing is predicted of. */
export function unpredicted<Pools extends { readonly prefill: PrefillIntent; readonly decode: DecodeIntent }>(
  pools: Pools,
): Pools {
  const checkpoint = checkpoints["qwen3-235b-fp8"];
  const model = { checkpoint, weights: weightsOf(checkpoint) };
  return { ...pools, prefill: { ...pools.prefill, ...model }, decode: { ...pools.decode, ...model } };
}

/** Plans a pool that must be fine. */
export function planned(intent: PoolIntent): PoolPlan {
  const { plan, problems } = planPool(intent, gb200Nvl72);
  if (plan === undefined || problems.length > 0) throw new Error(JSON.stringify(problems, undefined, 1));
  return plan;
}

/** Source 001's decode launch: 12 trays, EP48, 1024 requests per rank, as its log describes it. */
export function publishedDecode(changes: Partial<DecodeIntent> = {}): DecodeIntent {
  return decodeIntent({
    gpusPerWorker: 48,
    inputTokens: 1000,
    outputTokens: 1000,
    contextTokens: 2176,
    batchPerRank: 1024,
    kvTokensPerRank: 3122380,
    graphBatchSizes: [1024],
    reservedDecodeTokens: 112,
    experts: { balancing: "static", redundantExperts: 32, configMap: "recorded", key: "placement.json" },
    ...changes,
  });
}

/** Source 001's prefill launch: 2 trays, EP8, 8192 tokens per pass and rank. */
export function publishedPrefill(changes: Partial<PrefillIntent> = {}): PrefillIntent {
  return prefillIntent({
    gpusPerWorker: 8,
    inputTokens: 1000,
    outputTokens: 1000,
    contextTokens: 2176,
    tokensPerForwardPerRank: 8192,
    prefillTokensPerRank: 16384,
    kvTokensPerRank: 131072,
    runningRequestsPerRank: 1408,
    staticMemoryFraction: 0.84,
    ...changes,
  });
}
