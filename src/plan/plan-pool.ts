import type { Problem } from "../problems";
import { usualDispatchTokens } from "./dispatch";
import { balancingMemory } from "./balancing-memory";
import { checkMemory } from "./memory-rules";
import { checkDecode, checkPrefill, warnAbout } from "./pool-rules";
import {
  ceilToPage,
  comfortableKvTokens,
  floorToPage,
  kvPageTokens,
  planMemory,
  staticFraction,
  type MemoryPlan,
} from "./memory";
import { checkParallel, physicalExperts, planParallel } from "./parallelism";
import type { DecodeIntent, ParallelPlan, PoolIntent, PrefillIntent } from "./intent";
import type { PoolPlan } from "./pool";
import type { RackShape } from "./rack";
import { planStartup } from "./startup";

/** SGLang's default for `num-reserved-decode-tokens`. */
const usualReservedDecodeTokens = 512;

/** Longest drain of a prefill worker: its requests live for seconds. */
const prefillDrainSeconds = 60;
/** Slowest decode a drain waits for when no SLO says otherwise, milliseconds per token. */
const slowestTpotMilliseconds = 50;

export interface PlannedPool {
  /** Absent when the sizes make no sense, so that nothing can be derived from them. */
  readonly plan?: PoolPlan;
  /** Paths are relative to the pool's arguments. */
  readonly problems: readonly Problem[];
}

/** Turns what an operator says of a pool into a plan with every default applied, and checks it. */
export function planPool(intent: PoolIntent, rack: RackShape): PlannedPool {
  const parallel = planParallel(intent, rack);
  const groupProblems = checkParallel(intent, parallel, rack);
  if (groupProblems.length > 0) return { problems: groupProblems };
  const plan = intent.role === "prefill" ? prefillPlan(intent, parallel, rack) : decodePlan(intent, parallel, rack);
  const roleProblems = intent.role === "prefill" ? checkPrefill(plan, intent) : checkDecode(plan, intent);
  const problems = [...roleProblems, ...checkMemory(plan)];
  return { plan: { ...plan, warnings: warnAbout(plan) }, problems };
}

function prefillPlan(intent: PrefillIntent, parallel: ParallelPlan, rack: RackShape): PoolPlan {
  const contextTokens = intent.contextTokens ?? usualContextTokens(intent);
  // Eight passes' worth of KV: enough that prompts waiting for their transfer do not hold up the next pass.
  const kvTokensPerRank = floorToPage(
    intent.kvTokensPerRank ?? Math.max(8 * intent.tokensPerForwardPerRank, contextTokens),
  );
  const memory = memoryOf(intent, parallel, rack, kvTokensPerRank, 0, 0);
  return {
    ...sharedPlan(intent, parallel, rack, memory, 0),
    contextTokens,
    kvTokensPerRank,
    runningRequestsPerRank:
      intent.runningRequestsPerRank ?? Math.max(1, Math.floor(kvTokensPerRank / intent.inputTokens)),
    tokensPerForwardPerRank: intent.tokensPerForwardPerRank,
    prefillTokensPerRank: intent.prefillTokensPerRank ?? intent.tokensPerForwardPerRank,
    dispatchTokensPerRank: 0,
    graphBatchSizes: [],
    reservedDecodeTokens: 0,
    drainSeconds: intent.drainSeconds ?? prefillDrainSeconds,
  };
}

function decodePlan(intent: DecodeIntent, parallel: ParallelPlan, rack: RackShape): PoolPlan {
  const contextTokens = intent.contextTokens ?? usualContextTokens(intent);
  const lowLatency = parallel.dispatch === "low-latency";
  const dispatchTokens = lowLatency ? (intent.dispatchTokensPerRank ?? usualDispatchTokens(intent)) : 0;
  const graphBatchSizes = intent.graphBatchSizes ?? graphLadder(intent.batchPerRank);
  const largestGraph = Math.max(0, ...graphBatchSizes);
  // Room for every request at its longest, or as much of it as fits: what is beyond is retracted and computed again.
  const wanted = ceilToPage(intent.batchPerRank * contextTokens);
  const room = comfortableKvTokens(memoryOf(intent, parallel, rack, 0, dispatchTokens, largestGraph));
  const kvTokensPerRank = floorToPage(intent.kvTokensPerRank ?? Math.min(wanted, room));
  const memory = memoryOf(intent, parallel, rack, kvTokensPerRank, dispatchTokens, largestGraph);
  return {
    ...sharedPlan(intent, parallel, rack, memory, graphBatchSizes.length),
    contextTokens,
    kvTokensPerRank,
    runningRequestsPerRank: intent.batchPerRank,
    tokensPerForwardPerRank: 0,
    prefillTokensPerRank: 0,
    dispatchTokensPerRank: dispatchTokens,
    graphBatchSizes: [...graphBatchSizes].sort((a, b) => a - b),
    reservedDecodeTokens: intent.reservedDecodeTokens ?? Math.min(usualReservedDecodeTokens, intent.outputTokens),
    drainSeconds: intent.drainSeconds ?? Math.ceil((intent.outputTokens * slowestTpotMilliseconds) / 1000),
  };
}

/** What both roles derive alike. */
type SharedPlan = Pick<
  PoolPlan,
  | "intent"
  | "role"
  | "rack"
  | "client"
  | "workers"
  | "gpusPerWorker"
  | "traysPerWorker"
  | "trays"
  | "gpus"
  | "parallel"
  | "physicalExperts"
  | "memory"
  | "staticMemoryFraction"
  | "startup"
  | "warnings"
>;

function sharedPlan(
  intent: PoolIntent,
  parallel: ParallelPlan,
  rack: RackShape,
  memory: MemoryPlan,
  graphs: number,
): SharedPlan {
  const traysPerWorker = intent.gpusPerWorker / rack.gpusPerTray;
  return {
    intent,
    role: intent.role,
    rack,
    client: intent.client,
    workers: intent.workers,
    gpusPerWorker: intent.gpusPerWorker,
    traysPerWorker,
    trays: intent.workers * traysPerWorker,
    gpus: intent.workers * intent.gpusPerWorker,
    parallel,
    physicalExperts: physicalExperts(intent.checkpoint.shape, intent.experts.redundantExperts),
    memory,
    staticMemoryFraction: intent.staticMemoryFraction ?? staticFraction(memory),
    startup: planStartup(intent.checkpoint, intent.weights, intent.role, graphs),
    warnings: [],
  };
}

function memoryOf(
  intent: PoolIntent,
  parallel: ParallelPlan,
  rack: RackShape,
  kvTokensPerRank: number,
  dispatchTokensPerRank: number,
  largestGraphBatch: number,
): MemoryPlan {
  return planMemory({
    rack,
    role: intent.role,
    checkpoint: intent.checkpoint,
    parallel,
    physicalExperts: physicalExperts(intent.checkpoint.shape, intent.experts.redundantExperts),
    kvCacheType: intent.kvCacheType,
    kvTokensPerRank,
    tokensPerForwardPerRank: intent.role === "prefill" ? intent.tokensPerForwardPerRank : 0,
    dispatchTokensPerRank,
    largestGraphBatch,
    speculates: (intent.speculation?.draftTokens ?? 0) > 0,
    balancing: balancingMemory(intent),
  });
}

/** Prompt, answer and one page for the chat template's own tokens. */
function usualContextTokens(intent: PoolIntent): number {
  return ceilToPage(intent.inputTokens + intent.outputTokens) + kvPageTokens;
}

/** A graph is replayed at the next captured size, so small sizes stand close and large ones far apart. */
function graphLadder(batch: number): readonly number[] {
  const ladder = [1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384, 512, 768, 1024, 1408].filter((size) => size < batch);
  return [...ladder, batch];
}
