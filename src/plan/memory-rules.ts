import type { Problem } from "../problems";
import type { PoolPlan } from "./pool";

/** Does one GPU hold it all, and does the engine's own division of memory leave room for the KV that was planned? */
export function checkMemory(plan: PoolPlan): readonly Problem[] {
  const { memory, intent, parallel } = plan;
  const meanRequest = intent.inputTokens + intent.outputTokens / 2;
  const leastKvTokens =
    plan.role === "decode" ? Math.ceil(plan.runningRequestsPerRank * meanRequest) : intent.inputTokens;
  const sum =
    `weights ${gibs(memory.weightsGib)} + KV ${gibs(memory.kvGib)} + dispatch ${gibs(memory.dispatchGib)} + ` +
    `graphs and activations ${gibs(memory.workspaceGib)} = ${gibs(memory.usableGib - memory.freeGib)} of ${gibs(memory.usableGib)} GiB`;
  if (memory.largestKvTokens === 0) {
    return [
      {
        path: "gpusPerWorker",
        what: `no memory is left for KV: ${sum} with ${intent.checkpoint.preset} on ${parallel.tensor} GPUs`,
        rule: "weights, dispatch buffers, graphs and KV share one GPU's memory",
        fix: `${parallel.tensor * 2} GPUs per worker, or a checkpoint of fewer bytes`,
      },
    ];
  }
  if (memory.freeGib < 0) {
    return [
      {
        path: "kvTokensPerRank",
        what: `${plan.kvTokensPerRank} tokens do not fit: ${sum}`,
        rule: "weights, dispatch buffers, graphs and KV share one GPU's memory",
        fix: `at most ${memory.largestKvTokens}`,
      },
    ];
  }
  if (plan.kvTokensPerRank < leastKvTokens) return [tooFewKvTokens(plan, leastKvTokens)];
  return checkStaticShare(plan);
}

function tooFewKvTokens(plan: PoolPlan, least: number): Problem {
  const { intent, kvTokensPerRank, runningRequestsPerRank } = plan;
  if (plan.role === "prefill") {
    return {
      path: "kvTokensPerRank",
      what: `${kvTokensPerRank} is less than one prompt's ${least}`,
      rule: "a rank that cannot hold a whole prompt rejects it",
      fix: `at least ${least}`,
    };
  }
  const mean = intent.inputTokens + intent.outputTokens / 2;
  return {
    path: intent.kvTokensPerRank === undefined ? "batchPerRank" : "kvTokensPerRank",
    what:
      `${kvTokensPerRank} KV tokens hold ${Math.floor(kvTokensPerRank / mean)} requests of ${mean} tokens on average, ` +
      `the batch is ${runningRequestsPerRank}`,
    rule: "a batch whose KV does not fit is never reached: requests are retracted and computed again",
    fix: `batchPerRank ${Math.floor(Math.min(kvTokensPerRank, plan.memory.largestKvTokens) / mean)} or more GPUs per worker`,
  };
}

function checkStaticShare(plan: PoolPlan): readonly Problem[] {
  const { memory, staticMemoryFraction } = plan;
  const needed = (memory.weightsGib + memory.kvGib) / memory.usableGib;
  if (needed <= staticMemoryFraction) return [];
  return [
    {
      path: "staticMemoryFraction",
      what: `${staticMemoryFraction} leaves less than weights and KV need (${needed.toFixed(3)})`,
      rule: "the engine would start with a smaller KV pool than planned, and say so only in its log",
      fix: `${Math.min(0.95, Math.ceil(needed * 100) / 100)}, or fewer kvTokensPerRank`,
    },
  ];
}

function gibs(value: number): string {
  return value.toFixed(1);
}
