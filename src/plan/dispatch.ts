import type { DecodeIntent } from "./intent";

/** The kernel asserts on more tokens per rank and dispatch (DeepEP FINISHED_SUM_TAG). */
export const largestDispatchTokens = 1024;

/** The published low-latency dispatch caps. */
const dispatchCaps = [128, 256, 512, 768, largestDispatchTokens] as const;

/** Tokens a rank sends per step: one per running request, and its drafts. */
export function dispatchedTokens({ batchPerRank, speculation }: DecodeIntent): number {
  return batchPerRank * (1 + (speculation?.draftTokens ?? 0));
}

/** The smallest cap that holds a step; what is needed where none does, for the rules to refuse. */
export function usualDispatchTokens(intent: DecodeIntent): number {
  const needed = dispatchedTokens(intent);
  return dispatchCaps.find((cap) => cap >= needed) ?? needed;
}
