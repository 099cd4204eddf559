import { leastFullestRank } from "./bound";
import { withCopies } from "./copies";
import { fullestRank } from "./load";
import { placeGlobally } from "./packing";
import { trivialRow } from "./placement";
import { improvePlacement } from "./reassign";
import { balanced, bestGoal } from "./search";

/** The best arrangement of one layer that was found, whatever ran before. */
export interface FreshRow {
  readonly row: readonly number[];
  /** Load of its fullest rank. */
  readonly fullest: number;
  /** Load of the fullest rank of the better of DeepSeek's heuristic and the trivial placement. */
  readonly reference: number;
}

/**
 * DeepSeek's heuristic, then swaps and other numbers of replicas. Where that ends unbalanced, also the best placement
 * of one slot less per rank with a copy on each: so more slots are never worse (see `docs/experts.md` for the limits).
 *
 * @param least load that no fullest rank is below
 */
export function freshRow(
  weights: readonly number[],
  slots: number,
  ranks: number,
  least = leastFullestRank(weights, slots, ranks),
): FreshRow {
  const { row: start, fullest: reference } = referenceRow(weights, slots, ranks);
  const goal = bestGoal(weights, ranks, least);
  const searched = rated(improvePlacement(start, weights, ranks, goal), weights, ranks);
  const fewer = slots - ranks;
  const isBalanced = searched.fullest <= least * balanced;
  if (isBalanced || fewer < weights.length || leastFullestRank(weights, fewer, ranks) >= searched.fullest) {
    return { ...searched, reference };
  }
  const extended = withCopies(freshRow(weights, fewer, ranks).row, weights, ranks, slots);
  const improved = rated(improvePlacement(extended, weights, ranks, goal), weights, ranks);
  return { ...(improved.fullest < searched.fullest ? improved : searched), reference };
}

interface RatedRow {
  readonly row: readonly number[];
  readonly fullest: number;
}

/** What nobody needs a search for: DeepSeek's heuristic, or the experts in order where they happen to be better. */
export function referenceRow(weights: readonly number[], slots: number, ranks: number): RatedRow {
  const heuristic = rated(placeGlobally(weights, slots, ranks), weights, ranks);
  const trivial = rated(trivialRow(weights.length, slots), weights, ranks);
  return heuristic.fullest <= trivial.fullest ? heuristic : trivial;
}

function rated(row: readonly number[], weights: readonly number[], ranks: number): RatedRow {
  return { row, fullest: fullestRank(row, weights, ranks) };
}
