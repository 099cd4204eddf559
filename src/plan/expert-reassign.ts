import { rankLoads, slotLoads } from "./expert-load";
import { improveBySwaps } from "./expert-search";

/** Below this distance from the bound a layer is left alone: one step of 128 requests is off by about 6 %. */
const goodEnough = 1.001;
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

/** Load of the fullest rank. */
export function fullestRank(row: readonly number[], weights: readonly number[], ranks: number): number {
  return Math.max(...rankLoads(slotLoads(row, weights), ranks));
}

/**
 * Improves a placement by swaps and, where those end above `least`, by other numbers of replicas: DeepSeek's heuristic
 * decides them before it packs, and some of its choices cannot be packed well. Never worse than the start.
 *
 * @param least load that no placement's fullest rank can be below
 */
export function improvePlacement(
  start: readonly number[],
  weights: readonly number[],
  ranks: number,
  least: number,
): readonly number[] {
  const { tries, rounds } = effort(start.length);
  let best = descend(start, weights, ranks);
  for (let round = 0; round < rounds; round++) {
    if (fullestRank(best, weights, ranks) <= least * goodEnough) break;
    const better = firstBetter(best, weights, ranks, tries);
    if (better === undefined) break;
    best = better;
  }
  return best;
}

/** From one of the most promising reassignments, even where it does not help by itself. */
function firstBetter(
  row: readonly number[],
  weights: readonly number[],
  ranks: number,
  tries: number,
): readonly number[] | undefined {
  const state = stateOf(row, weights, ranks);
  for (const change of reassignments(state, tries)) {
    const attempt = descend(changed(row, change), weights, ranks);
    if (fullestRank(attempt, weights, ranks) < state.highest * (1 - 1e-6)) return attempt;
  }
  return undefined;
}

/** Swaps as long as they help, then a reassignment that helps, again and again. */
function descend(start: readonly number[], weights: readonly number[], ranks: number): readonly number[] {
  let row: readonly number[] = improveBySwaps(start, weights, ranks);
  for (let step = 0; step < descents; step++) {
    const state = stateOf(row, weights, ranks);
    const [best] = reassignments(state, 1);
    if (best === undefined || best.after >= state.highest * (1 - 1e-9)) break;
    row = improveBySwaps(changed(row, best), weights, ranks);
  }
  return row;
}

function changed(row: readonly number[], { slot, expert }: Reassignment): number[] {
  return row.map((held, at) => (at === slot ? expert : held));
}

/** The `keep` best ways to give a slot another expert, so that the fullest rank's load changes; best first. */
function reassignments(state: State, keep: number): readonly Reassignment[] {
  const { row, weights, perRank } = state;
  const first = state.fullest * perRank;
  const best: Reassignment[] = [];
  // An expert of the fullest rank gets another replica elsewhere.
  for (const expert of new Set(row.slice(first, first + perRank))) {
    for (let slot = 0; slot < row.length; slot++) {
      if (slot < first || slot >= first + perRank) insert(best, state, slot, expert, keep);
    }
  }
  // The fullest rank gives up a replica.
  for (let slot = first; slot < first + perRank; slot++) {
    for (let expert = 0; expert < weights.length; expert++) insert(best, state, slot, expert, keep);
  }
  return best;
}

interface State {
  readonly row: readonly number[];
  readonly weights: readonly number[];
  readonly perRank: number;
  readonly totals: readonly number[];
  readonly fullest: number;
  readonly highest: number;
  /** Ranks that hold each expert. */
  readonly holders: readonly (readonly number[])[];
  /** By rank, all zero between uses. */
  readonly delta: Float64Array;
}

function stateOf(row: readonly number[], weights: readonly number[], ranks: number): State {
  const perRank = row.length / ranks;
  const holders: number[][] = weights.map(() => []);
  row.forEach((expert, slot) => holders[expert]?.push(Math.floor(slot / perRank)));
  const totals = rankLoads(slotLoads(row, weights), ranks);
  const highest = Math.max(...totals);
  const fullest = totals.indexOf(highest);
  return { row, weights, perRank, totals, fullest, highest, holders, delta: new Float64Array(ranks) };
}

function insert(best: Reassignment[], state: State, slot: number, expert: number, keep: number): void {
  const after = loadAfter(state, slot, expert);
  if (after === undefined || (best.length >= keep && after >= (best.at(-1)?.after ?? 0))) return;
  let at = best.length;
  while (at > 0 && (best[at - 1]?.after ?? 0) > after) at--;
  best.splice(at, 0, { slot, expert, after });
  if (best.length > keep) best.pop();
}

/** Load of the fullest rank among the touched ones; undefined where an expert would be lost or doubled on a rank. */
function loadAfter(state: State, slot: number, expert: number): number | undefined {
  const { row, weights, perRank, totals, fullest, holders, delta } = state;
  const rank = Math.floor(slot / perRank);
  const old = row[slot] ?? 0;
  const [losers, winners] = [holders[old] ?? [], holders[expert] ?? []];
  if (losers.length < 2 || winners.includes(rank)) return undefined;
  const [oldWeight, weight] = [weights[old] ?? 0, weights[expert] ?? 0];
  const up = oldWeight / (losers.length - 1) - oldWeight / losers.length;
  const down = weight / winners.length - weight / (winners.length + 1);
  for (const holder of losers) delta[holder] = (delta[holder] ?? 0) + up;
  for (const holder of winners) delta[holder] = (delta[holder] ?? 0) - down;
  // The slot's own replica goes altogether, and the rise that it was given above with it.
  delta[rank] = (delta[rank] ?? 0) + weight / (winners.length + 1) - oldWeight / losers.length - up;
  const loadOf = (at: number): number => (totals[at] ?? 0) + (delta[at] ?? 0);
  let after = Math.max(loadOf(fullest), loadOf(rank));
  for (const holder of losers) after = Math.max(after, loadOf(holder));
  for (const holder of losers) delta[holder] = 0;
  for (const holder of winners) delta[holder] = 0;
  delta[rank] = 0;
  return after;
}
