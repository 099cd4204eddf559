import { fullestOf, giveSlot, loadOf, rowOf, searchedLayer, type SearchedLayer } from "./layer";
import { swapDown, type SearchGoal } from "./search";

/** Bounds a descent among equally full ranks. */
const descents = 64;

/**
 * Unpromising changes that are tried before a layer is left, and how often that may lead on. It bounds the work per
 * layer: a try costs about the square of the slots, so small layers are searched harder.
 */
function effort(slots: number): { readonly tries: number; readonly rounds: number } {
  return { tries: Math.max(8, Math.floor(2304 / slots)), rounds: Math.max(3, Math.floor(864 / slots)) };
}

/** A slot that is given to another expert, which takes load off the fullest rank. */
interface Reassignment {
  readonly slot: number;
  readonly expert: number;
  /** Load of the fullest rank among those that it touches. */
  readonly after: number;
}

/**
 * Improves a placement by swaps and, where those end above the goal, by other numbers of replicas: DeepSeek's heuristic
 * decides them before it packs, and some of its choices cannot be packed well. Never worse than the start.
 */
export function improvePlacement(
  start: readonly number[],
  weights: readonly number[],
  ranks: number,
  goal: SearchGoal,
): readonly number[] {
  const { tries, rounds } = effort(start.length);
  let best = descend(searchedLayer(start, weights, ranks), goal);
  for (let round = 0; round < rounds; round++) {
    if (best.highest <= goal.enough) break;
    const better = firstBetter(best, weights, ranks, goal, tries);
    if (better === undefined) break;
    best = better;
  }
  return best.row;
}

interface Descended {
  readonly row: readonly number[];
  readonly highest: number;
}

/** From one of the most promising reassignments, even where it does not help by itself. */
function firstBetter(
  { row, highest }: Descended,
  weights: readonly number[],
  ranks: number,
  goal: SearchGoal,
  tries: number,
): Descended | undefined {
  for (const change of reassignments(searchedLayer(row, weights, ranks), tries)) {
    const layer = searchedLayer(row, weights, ranks);
    giveSlot(layer, change.slot, change.expert);
    const attempt = descend(layer, goal);
    if (attempt.highest < highest * (1 - 1e-6)) return attempt;
  }
  return undefined;
}

/** Swaps as long as they help, then a reassignment that helps, again and again. */
function descend(layer: SearchedLayer, goal: SearchGoal): Descended {
  swapDown(layer, goal);
  for (let step = 0; step < descents; step++) {
    const highest = loadOf(layer, fullestOf(layer));
    if (highest <= goal.enough) break;
    const [best] = reassignments(layer, 1);
    if (best === undefined || best.after >= highest * (1 - 1e-9)) break;
    giveSlot(layer, best.slot, best.expert);
    swapDown(layer, goal);
  }
  return { row: rowOf(layer), highest: loadOf(layer, fullestOf(layer)) };
}

/** The `keep` best ways to give a slot another expert, so that the fullest rank's load changes; best first. */
function reassignments(layer: SearchedLayer, keep: number): readonly Reassignment[] {
  const { row, perRank, holders, experts } = layer;
  const fullest = fullestOf(layer);
  const first = fullest * perRank;
  const best: Reassignment[] = [];
  // An expert of the fullest rank gets another replica elsewhere.
  for (const expert of new Set(row.slice(first, first + perRank))) {
    for (let slot = 0; slot < row.length; slot++) {
      if ((holders[row[slot] ?? 0]?.length ?? 0) < 2 || (slot >= first && slot < first + perRank)) continue;
      insert(best, layer, { fullest, slot, expert, keep });
    }
  }
  // The fullest rank gives up a replica.
  for (let slot = first; slot < first + perRank; slot++) {
    if ((holders[row[slot] ?? 0]?.length ?? 0) < 2) continue;
    for (let expert = 0; expert < experts; expert++) insert(best, layer, { fullest, slot, expert, keep });
  }
  return best;
}

interface Candidate {
  readonly fullest: number;
  readonly slot: number;
  readonly expert: number;
  readonly keep: number;
}

function insert(best: Reassignment[], layer: SearchedLayer, { fullest, slot, expert, keep }: Candidate): void {
  const worst = best.length < keep ? Infinity : (best.at(-1)?.after ?? Infinity);
  const after = loadAfter(layer, fullest, slot, expert, worst);
  if (after >= worst) return;
  let at = best.length;
  while (at > 0 && (best[at - 1]?.after ?? 0) > after) at--;
  best.splice(at, 0, { slot, expert, after });
  if (best.length > keep) best.pop();
}

/** Load of the fullest rank among the touched ones; infinite where an expert would be doubled on a rank. */
function loadAfter(layer: SearchedLayer, fullest: number, slot: number, expert: number, worst: number): number {
  const { row, weights, perRank, totals, shares, holders, held, experts } = layer;
  const rank = Math.floor(slot / perRank);
  if (held[rank * experts + expert] !== 0) return Infinity;
  const old = row[slot] ?? 0;
  const losers = holders[old] ?? [];
  const oldShare = shares[old] ?? 0;
  const up = (weights[old] ?? 0) / (losers.length - 1) - oldShare;
  const newShare = (weights[expert] ?? 0) / ((holders[expert]?.length ?? 0) + 1);
  const down = (shares[expert] ?? 0) - newShare;
  let after = (totals[rank] ?? 0) - oldShare + up * ((held[rank * experts + old] ?? 0) - 1) + newShare;
  for (let at = -1; at < losers.length && after < worst; at++) {
    const other = at < 0 ? fullest : (losers[at] ?? 0);
    if (other === rank) continue;
    const base = other * experts;
    after = Math.max(after, (totals[other] ?? 0) + up * (held[base + old] ?? 0) - down * (held[base + expert] ?? 0));
  }
  return after;
}
