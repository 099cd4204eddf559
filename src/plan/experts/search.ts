import { fullestOf, loadOf, rowOf, searchedLayer, swapSlots, type SearchedLayer } from "./layer";

/** A layer this near to what its fullest rank cannot be below is balanced: one step of 128 requests is off by about 6 %. */
export const balanced = 1.001;
/** Below this distance of the fullest rank from the mean nothing is left to gain: sampling noise per step is larger. */
const closeEnough = 1.0002;
/** Bounds the work per layer; random and recorded loads of 256 experts settle after fewer. */
const swapsPerRank = 24;

interface Swap {
  readonly from: number;
  readonly to: number;
}

/** Loads of the fullest rank at which a search ends. */
export interface SearchGoal {
  /** No more replicas change, and no more pairs of slots are swapped. */
  readonly enough: number;
  /** No more single slots are swapped; at most `enough`. */
  readonly swapped: number;
}

/** A goal that ends a search as soon as it is reached, so with few changes. */
export function noFurtherThan(enough: number): SearchGoal {
  return { enough, swapped: enough };
}

/** Where a search for the best placement ends: near what nothing can be below, or as near the mean as matters. */
export function bestGoal(weights: readonly number[], ranks: number, least: number): SearchGoal {
  const mean = weights.reduce((sum, load) => sum + load, 0) / ranks;
  return { enough: least * balanced, swapped: mean * closeEnough };
}

/**
 * Takes load off the fullest rank by swapping one or two of its slots with lighter ones elsewhere, again and again.
 * Every swap leaves both ranks below the former fullest load, so the result is never worse than the start. Replica
 * counts stay.
 */
export function improveBySwaps(
  start: readonly number[],
  weights: readonly number[],
  ranks: number,
  goal: SearchGoal,
): number[] {
  const layer = searchedLayer(start, weights, ranks);
  swapDown(layer, goal);
  return rowOf(layer);
}

/** As `improveBySwaps`, in place. */
export function swapDown(layer: SearchedLayer, { enough, swapped }: SearchGoal): void {
  for (let swaps = 0; swaps < swapsPerRank * layer.ranks; swaps++) {
    const fullest = fullestOf(layer);
    if (loadOf(layer, fullest) <= swapped) break;
    const single = bestSwap(layer, fullest);
    if (single !== undefined) {
      swapSlots(layer, single.from, single.to);
      continue;
    }
    const pair = loadOf(layer, fullest) > enough ? bestPairSwap(layer, fullest) : undefined;
    if (pair === undefined) break;
    for (const { from, to } of pair) swapSlots(layer, from, to);
  }
}

/** The swap after which the fuller of the two ranks is lowest; first found wins ties. */
function bestSwap(layer: SearchedLayer, fullest: number): Swap | undefined {
  const { row, shares, totals, perRank, ranks } = layer;
  const highest = totals[fullest] ?? 0;
  const first = fullest * perRank;
  const leaving = new Float64Array(perRank);
  for (let place = 0; place < perRank; place++) leaving[place] = slotLoad(layer, first + place);
  const heaviest = Math.max(...leaving);
  let best: Swap | undefined;
  let bestAfter = highest * (1 - 1e-9);
  for (let other = 0; other < ranks; other++) {
    const total = totals[other] ?? 0;
    // The fuller of the two keeps at least half of their load.
    if (other === fullest || (highest + total) / 2 >= bestAfter) continue;
    for (let to = other * perRank; to < (other + 1) * perRank; to++) {
      const coming = shares[row[to] ?? 0] ?? 0;
      if (highest - heaviest + coming >= bestAfter || isHeld(layer, fullest, to)) continue;
      for (let place = 0; place < perRank; place++) {
        const moved = (leaving[place] ?? 0) - coming;
        const after = Math.max(highest - moved, total + moved);
        // Two replicas of one expert on one rank serve nobody.
        if (after < bestAfter && !isHeld(layer, other, first + place)) {
          best = { from: first + place, to };
          bestAfter = after;
        }
      }
    }
  }
  return best;
}

/** Ranks of more slots have single swaps enough, and pairs without end. */
const mostSlotsInPairs = 8;

/** As `bestSwap`, for two slots of each rank at once: where ranks hold few slots, no single one may fit. */
function bestPairSwap(layer: SearchedLayer, fullest: number): readonly Swap[] | undefined {
  const { totals, perRank, ranks } = layer;
  if (perRank > mostSlotsInPairs) return undefined;
  const highest = totals[fullest] ?? 0;
  const leaving = pairsOf(layer, fullest);
  let best: readonly Swap[] | undefined;
  let bestAfter = highest * (1 - 1e-9);
  for (let other = 0; other < ranks; other++) {
    const total = totals[other] ?? 0;
    if (other === fullest || (highest + total) / 2 >= bestAfter) continue;
    for (let to = other * perRank; to < (other + 1) * perRank; to++) {
      if (isHeld(layer, fullest, to)) continue;
      for (let secondTo = to + 1; secondTo < (other + 1) * perRank; secondTo++) {
        const coming = slotLoad(layer, to) + slotLoad(layer, secondTo);
        for (const { from, secondFrom, load } of leaving) {
          const after = Math.max(highest - load + coming, total + load - coming);
          if (after >= bestAfter || isHeld(layer, fullest, secondTo)) continue;
          if (isHeld(layer, other, from) || isHeld(layer, other, secondFrom)) continue;
          best = [
            { from, to },
            { from: secondFrom, to: secondTo },
          ];
          bestAfter = after;
        }
      }
    }
  }
  return best;
}

interface SlotPair {
  readonly from: number;
  readonly secondFrom: number;
  readonly load: number;
}

function pairsOf(layer: SearchedLayer, rank: number): readonly SlotPair[] {
  const pairs: SlotPair[] = [];
  for (let from = rank * layer.perRank; from < (rank + 1) * layer.perRank; from++) {
    for (let secondFrom = from + 1; secondFrom < (rank + 1) * layer.perRank; secondFrom++) {
      pairs.push({ from, secondFrom, load: slotLoad(layer, from) + slotLoad(layer, secondFrom) });
    }
  }
  return pairs;
}

function slotLoad({ row, shares }: SearchedLayer, slot: number): number {
  return shares[row[slot] ?? 0] ?? 0;
}

function isHeld({ held, experts, row }: SearchedLayer, rank: number, slot: number): boolean {
  return held[rank * experts + (row[slot] ?? 0)] !== 0;
}
