import { withCopies } from "./copies";
import { freshRow, referenceRow, type FreshRow } from "./fresh-row";
import { fullestRank } from "./load";
import { improvePlacement } from "./reassign";
import { fetchCost, leastFetches, relabelled, totalCost, type Holdings } from "./relabel";
import { balanced, noFurtherThan } from "./search";
import { arrangedInTrays, spreadOverTrays } from "./trays";

/** One layer to place. */
export interface LayerRequest {
  readonly weights: readonly number[];
  readonly slots: number;
  readonly ranks: number;
  readonly ranksPerTray: number;
  /** Slots that may differ from copies of what a rank holds anyway; a multiple of `ranks`. */
  readonly searchedSlots: number;
  /** Load that no fullest rank is below with all slots. */
  readonly least: number;
}

/** Sums of the same loads in another order differ in the last digits. */
const rounding = 1 + 1e-9;

/** Where nothing runs yet: the best balance, then as few replicas on one tray as that leaves. */
export function firstRow(request: LayerRequest): readonly number[] {
  const { weights, ranks, ranksPerTray } = request;
  const { row, fullest } = bestRow(request);
  const arranged = arrangedInTrays(row, ranks, ranksPerTray);
  return spreadOverTrays(arranged, weights, ranks, { ranksPerTray, highest: fullest, fetchCost: () => 0 });
}

/**
 * Where a placement runs. It stays when it is as balanced as what the search finds, within the tolerance, and not
 * worse than DeepSeek's heuristic. Otherwise the one of two such placements that fetches less: what runs, changed only
 * until it is good enough, or the best one with its ranks numbered anew.
 */
export function nextRow(request: LayerRequest, before: Holdings): readonly number[] {
  const { weights, slots, ranks } = request;
  const running = sameRanks(request, before) ? withCopies(before.row, weights, ranks, slots) : undefined;
  if (running?.length === before.row.length && surelyStays(request, running)) return running;
  const best = bestRow(request);
  const limit = keepLimit(best);
  if (running?.length === before.row.length && fullestRank(running, weights, ranks) <= limit * rounding) return running;
  const changed = running && improvePlacement(running, weights, ranks, noFurtherThan(limit));
  return fewestFetches(request, before, best, changed, limit);
}

/** What the search finds, in as many slots as are wanted; copies fill the others. */
function bestRow({ weights, slots, ranks, searchedSlots, least }: LayerRequest): FreshRow {
  if (searchedSlots === slots) return freshRow(weights, slots, ranks, least);
  const searched = freshRow(weights, searchedSlots, ranks);
  const row = withCopies(searched.row, weights, ranks, slots);
  return { ...searched, row, fullest: fullestRank(row, weights, ranks) };
}

/** A fullest rank up to here counts as good as the best found. */
function keepLimit({ fullest, reference }: FreshRow): number {
  return Math.max(fullest, Math.min(fullest * balanced, reference));
}

/** Whether a row is so near to what none can be below that no search could find one to replace it. */
function surelyStays({ weights, ranks, searchedSlots, least }: LayerRequest, row: readonly number[]): boolean {
  const fullest = fullestRank(row, weights, ranks);
  if (fullest > least * balanced) return false;
  return fullest <= referenceRow(weights, searchedSlots, ranks).fullest * rounding;
}

function sameRanks({ slots, ranks }: LayerRequest, before: Holdings): boolean {
  return before.ranks === ranks && before.row.length <= slots;
}

function fewestFetches(
  { weights, ranks, ranksPerTray }: LayerRequest,
  before: Holdings,
  best: FreshRow,
  changed: readonly number[] | undefined,
  limit: number,
): readonly number[] {
  const highest = limit;
  const cost = (rank: number, expert: number): number => fetchCost(before, rank, expert);
  const spread = (row: readonly number[]): readonly number[] =>
    spreadOverTrays(row, weights, ranks, { ranksPerTray, highest, fetchCost: cost });
  const reaches = changed !== undefined && fullestRank(changed, weights, ranks) <= limit * rounding;
  if (changed === undefined || !reaches) return spread(relabelled(best.row, ranks, before));
  const changedCost = totalCost(changed, ranks, before);
  if (leastFetches(best.row, ranks, before) >= changedCost) return spread(changed);
  const renumbered = relabelled(best.row, ranks, before);
  return spread(totalCost(renumbered, ranks, before) < changedCost ? renumbered : changed);
}
