import { cheapestAssignment, leastCost } from "./assignment";

/** What ranks and trays hold of one layer, before another placement takes its place. */
export interface Holdings {
  readonly row: readonly number[];
  readonly ranks: number;
  readonly ranksPerTray: number;
  readonly experts: number;
  /**
   * Cost of bringing an expert to a rank, at rank * experts + expert: 0 where it is, 1 where it is not, and a little
   * more where the whole tray lacks it.
   */
  readonly costs: Float64Array;
}

/** Expert weights that ranks lack. */
export interface Fetches {
  readonly moved: number;
  /** Those of them that no rank of the same tray held: they come from another tray, or from storage. */
  readonly newToTray: number;
}

export function holdingsOf(row: readonly number[], ranks: number, ranksPerTray: number, experts: number): Holdings {
  const perRank = row.length / ranks;
  const places = Math.ceil(ranks / ranksPerTray) * ranksPerTray;
  const costs = new Float64Array(places * experts).fill(1 + trayWeight(row.length));
  row.forEach((expert, slot) => {
    const first = Math.floor(slot / perRank / ranksPerTray) * ranksPerTray;
    for (let rank = first; rank < first + ranksPerTray; rank++) costs[rank * experts + expert] = 1;
  });
  row.forEach((expert, slot) => {
    costs[Math.floor(slot / perRank) * experts + expert] = 0;
  });
  return { row, ranks, ranksPerTray, experts, costs };
}

/** Trays that there were not held nothing. */
export function fetchCost({ costs, experts, row }: Holdings, rank: number, expert: number): number {
  return costs[rank * experts + expert] ?? 1 + trayWeight(row.length);
}

/** Moves first: whatever is new to trays weighs less than one more move. A power of two keeps sums exact. */
function trayWeight(slots: number): number {
  return 2 ** -Math.ceil(Math.log2(4 * slots + 1));
}

/** Cost of a whole row as numbers. */
export function fetchesIn(row: readonly number[], ranks: number, before: Holdings): Fetches {
  let [moved, newToTray] = [0, 0];
  for (let rank = 0; rank < ranks; rank++) {
    for (const expert of distinctOn(row, ranks, rank)) {
      const cost = fetchCost(before, rank, expert);
      if (cost > 0) moved++;
      if (cost > 1) newToTray++;
    }
  }
  return { moved, newToTray };
}

/**
 * The same contents of ranks under the rank numbers that fetch least: inside one NVLink domain any rank may have any
 * number. Experts that stay on a rank stay in their slot.
 */
export function relabelled(row: readonly number[], ranks: number, before: Holdings): readonly number[] {
  const columns = cheapestAssignment(relabellingCosts(row, ranks, before), ranks);
  const perRank = row.length / ranks;
  const placed = new Array<number>(row.length).fill(0);
  for (let content = 0; content < ranks; content++) {
    const rank = columns[content] ?? 0;
    const experts = row.slice(content * perRank, (content + 1) * perRank);
    inFormerSlots(experts, formerOn(before, rank)).forEach((expert, place) => {
      placed[rank * perRank + place] = expert;
    });
  }
  return placed;
}

/** No numbering of the row's ranks fetches less. */
export function leastFetches(row: readonly number[], ranks: number, before: Holdings): number {
  return leastCost(relabellingCosts(row, ranks, before), ranks);
}

export function totalCost(row: readonly number[], ranks: number, before: Holdings): number {
  const { moved, newToTray } = fetchesIn(row, ranks, before);
  return moved + newToTray * trayWeight(before.row.length);
}

function relabellingCosts(row: readonly number[], ranks: number, before: Holdings): Float64Array {
  const costs = new Float64Array(ranks * ranks);
  for (let content = 0; content < ranks; content++) {
    const experts = distinctOn(row, ranks, content);
    for (let rank = 0; rank < ranks; rank++) {
      let cost = 0;
      for (const expert of experts) cost += fetchCost(before, rank, expert);
      costs[content * ranks + rank] = cost;
    }
  }
  return costs;
}

function distinctOn(row: readonly number[], ranks: number, rank: number): readonly number[] {
  const perRank = row.length / ranks;
  return [...new Set(row.slice(rank * perRank, (rank + 1) * perRank))];
}

function formerOn({ row, ranks }: Holdings, rank: number): readonly number[] {
  const perRank = row.length / ranks;
  return row.slice(rank * perRank, (rank + 1) * perRank);
}

/** The experts in the slots that they had; the others fill the rest in order. */
function inFormerSlots(experts: readonly number[], former: readonly number[]): readonly number[] {
  const left = [...experts];
  const placed = experts.map((_, place) => {
    const at = left.indexOf(former[place] ?? -1);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  });
  return placed.map((expert) => expert ?? left.shift() ?? 0);
}
