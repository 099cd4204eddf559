import { along, logarithmic } from "./grid";
import { imbalanceInTable } from "./expert-time";

/**
 * Load of the fullest rank over the mean without redundant experts: 1 / balancedness on the one public histogram of
 * DeepSeek-R1 (0.541 at 16 ranks, 0.375 at 32, 0.330 at 64). Below 16 ranks every rank holds so many experts that
 * the excess halves with every halving (assumed, not measured).
 */
const unbalanced = {
  ranks: [1, 2, 4, 8, 16, 32, 64, 72],
  imbalance: [1, 1.1, 1.21, 1.43, 1 / 0.541, 1 / 0.375, 1 / 0.33, 1 / 0.32],
} as const;

/** With replicas placed by load: TensorRT-LLM's measured (max - mean) / mean = 0.109 at EP32 with 288 slots. */
export const balancedImbalance = imbalanceInTable.nvfp4;

/** What to expect of a worker whose experts are balanced by replicas, or not at all. */
export function usualImbalance(balanced: boolean, ranks: number): number {
  const without = along(unbalanced.ranks, unbalanced.imbalance, ranks, logarithmic);
  return balanced ? Math.min(balancedImbalance, without) : without;
}

/**
 * Load of the fullest rank over the mean in a single step, of a placement that is known to balance the long run so well.
 * A step samples few tokens, which alone makes the fullest rank of a perfect placement stand out by `balancedImbalance`;
 * a rank that is fuller in the long run stands out by that. Neither adds fully to the other: where one is much larger, it
 * alone is what is seen, and in between their squares add, as those of independent deviations do.
 */
export function stepImbalance(balancedness: number): number {
  return 1 + Math.hypot(balancedImbalance - 1, 1 / balancedness - 1);
}
