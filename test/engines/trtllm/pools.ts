import type { DecodeIntent, PrefillIntent } from "../../../src/plan/intent";
import { checkpoints } from "../../../src/plan/model-shape";
import type { PoolPlan } from "../../../src/plan/pool";
import { decodeIntent, planned, prefillIntent } from "../../support/intents";

const shared = { engine: "trtllm", engineVersion: "1.6.1", orchestrator: "dynamo", dispatch: "nvlink" } as const;

/** Client 1's prefill pool: 1k prompts, 8k answers, on one tray. */
export function prefill(changes: Partial<PrefillIntent> = {}): PrefillIntent {
  return prefillIntent({ ...shared, ...changes });
}

/** Client 1's decode pool: one worker of 32 ranks with experts that move. */
export function decode(changes: Partial<DecodeIntent> = {}): DecodeIntent {
  return decodeIntent({ ...shared, ...changes });
}

const client2 = { client: "client2", inputTokens: 8192, outputTokens: 1024 } as const;

/** Client 2's prefill pool: 8k prompts, 1k answers, ten workers of one tray. */
export function longPrefill(changes: Partial<PrefillIntent> = {}): PrefillIntent {
  return prefill({ ...client2, workers: 10, tokensPerForwardPerRank: 16640, ...changes });
}

/** Client 2's decode pool: one worker of 16 ranks, a slot per expert. */
export function longDecode(changes: Partial<DecodeIntent> = {}): DecodeIntent {
  return decode({
    ...client2,
    gpusPerWorker: 16,
    experts: { balancing: "dynamic", redundantExperts: 0 },
    ...changes,
  });
}

/** The FP8 checkpoint and its files. */
export const fp8 = {
  checkpoint: checkpoints["deepseek-r1-fp8"],
  weights: { hostPath: "/mnt/models", path: "DeepSeek-R1-0528", readGibPerSecond: 5 },
} as const;

/** A TEP8 decode worker: heads are split and every GPU owns experts. */
export function tep(changes: Partial<DecodeIntent> = {}): PoolPlan {
  const experts = { balancing: "off", redundantExperts: 0 } as const;
  const tp = { attention: "tensor", expertSplit: "whole", gpusPerWorker: 8, batchPerRank: 32, experts } as const;
  return planned(decode({ ...tp, dispatch: "none", ...changes }));
}
