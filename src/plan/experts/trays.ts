import { gb200Nvl72 } from "../rack";
import { holds, loadOf, rowOf, searchedLayer, swapSlots, type SearchedLayer } from "./layer";

const { gpusPerTray } = gb200Nvl72;

/** Trays are whole where the ranks divide by four; otherwise every rank counts as a tray of its own. */
export function usualRanksPerTray(ranks: number): number {
  return ranks % gpusPerTray === 0 ? gpusPerTray : 1;
}

/**
 * Pairs of ranks on one tray that hold the same expert. A tray is what fails: replicas of an expert on two trays
 * outlive one of them. Copies on one rank do not count.
 */
export function sharedTrays(row: readonly number[], ranks: number, ranksPerTray: number): number {
  const perRank = row.length / ranks;
  let pairs = 0;
  for (let first = 0; first < row.length; first += perRank * ranksPerTray) {
    const tray = row.slice(first, first + perRank * ranksPerTray);
    const holders = new Map<number, number>();
    for (let from = 0; from < tray.length; from += perRank) {
      for (const expert of new Set(tray.slice(from, from + perRank))) {
        const others = holders.get(expert) ?? 0;
        pairs += others;
        holders.set(expert, others + 1);
      }
    }
  }
  return pairs;
}

/** The same ranks in another order, so that fewer replicas of an expert share a tray: no load changes. */
export function arrangedInTrays(row: readonly number[], ranks: number, ranksPerTray: number): readonly number[] {
  const perRank = row.length / ranks;
  const order = orderInTrays(commonExperts(row, ranks), ranks, ranksPerTray);
  return order.flatMap((rank) => row.slice(rank * perRank, (rank + 1) * perRank));
}

/** Swaps ranks of different trays as long as that separates replicas, the best swap first. */
function orderInTrays(common: Uint16Array, ranks: number, ranksPerTray: number): readonly number[] {
  const seating = seatedInOrder(common, ranks, ranksPerTray);
  for (;;) {
    const swap = bestSeparation(seating);
    if (swap === undefined) break;
    exchangeSeats(seating, ...swap);
  }
  const order = new Array<number>(ranks).fill(0);
  seating.places.forEach((place, rank) => (order[place] = rank));
  return order;
}

interface Seating {
  readonly common: Uint16Array;
  readonly ranks: number;
  readonly trays: number;
  /** Of every rank. */
  readonly places: Int32Array;
  readonly trayOf: Int32Array;
  /** Experts that a rank has in common with the others of a tray, at rank * trays + tray. */
  readonly pairs: Int32Array;
}

function seatedInOrder(common: Uint16Array, ranks: number, ranksPerTray: number): Seating {
  const places = Int32Array.from({ length: ranks }, (_, rank) => rank);
  const trayOf = places.map((place) => Math.floor(place / ranksPerTray));
  const trays = (trayOf[ranks - 1] ?? 0) + 1;
  const pairs = new Int32Array(ranks * trays);
  for (let rank = 0; rank < ranks; rank++) {
    for (let other = 0; other < ranks; other++) {
      const at = rank * trays + (trayOf[other] ?? 0);
      pairs[at] = (pairs[at] ?? 0) + (common[rank * ranks + other] ?? 0);
    }
  }
  return { common, ranks, trays, places, trayOf, pairs };
}

function bestSeparation({ common, ranks, trays, trayOf, pairs }: Seating): readonly [number, number] | undefined {
  let best = 0;
  let swap: readonly [number, number] | undefined;
  for (let a = 0; a < ranks; a++) {
    const tray = trayOf[a] ?? 0;
    const here = pairs[a * trays + tray] ?? 0;
    if (here === 0) continue;
    for (let b = 0; b < ranks; b++) {
      const other = trayOf[b] ?? 0;
      if (tray === other) continue;
      const after = (pairs[a * trays + other] ?? 0) + (pairs[b * trays + tray] ?? 0);
      const gained = here + (pairs[b * trays + other] ?? 0) - after + 2 * (common[a * ranks + b] ?? 0);
      if (gained > best) [best, swap] = [gained, [a, b]];
    }
  }
  return swap;
}

function exchangeSeats({ common, ranks, trays, places, trayOf, pairs }: Seating, a: number, b: number): void {
  const [tray, other] = [trayOf[a] ?? 0, trayOf[b] ?? 0];
  for (let rank = 0; rank < ranks; rank++) {
    const moved = (common[rank * ranks + b] ?? 0) - (common[rank * ranks + a] ?? 0);
    pairs[rank * trays + tray] = (pairs[rank * trays + tray] ?? 0) + moved;
    pairs[rank * trays + other] = (pairs[rank * trays + other] ?? 0) - moved;
  }
  [places[a], places[b]] = [places[b] ?? 0, places[a] ?? 0];
  [trayOf[a], trayOf[b]] = [other, tray];
}

/** Experts that two ranks both hold, at rank * ranks + rank. */
function commonExperts(row: readonly number[], ranks: number): Uint16Array {
  const perRank = row.length / ranks;
  const holders = new Map<number, Set<number>>();
  row.forEach((expert, slot) => {
    holders.set(expert, (holders.get(expert) ?? new Set()).add(Math.floor(slot / perRank)));
  });
  const common = new Uint16Array(ranks * ranks);
  for (const held of holders.values()) {
    if (held.size < 2) continue;
    for (const a of held) for (const b of held) if (a !== b) common[a * ranks + b] = (common[a * ranks + b] ?? 0) + 1;
  }
  return common;
}

/** What a swap between trays must not raise. */
export interface SpreadLimits {
  readonly ranksPerTray: number;
  /** Load of the fullest rank. */
  readonly highest: number;
  /** Cost of bringing an expert to a rank. */
  readonly fetchCost: (rank: number, expert: number) => number;
}

/**
 * Swaps slots between trays where that separates replicas and fetches no more: for what the order of the ranks alone
 * cannot separate, as on two trays.
 */
export function spreadOverTrays(
  row: readonly number[],
  weights: readonly number[],
  ranks: number,
  limits: SpreadLimits,
): readonly number[] {
  const layer = searchedLayer(row, weights, ranks);
  for (let slot = 0; slot < row.length; slot++) {
    const to = separatingSwap(layer, slot, limits);
    if (to !== undefined) swapSlots(layer, slot, to);
  }
  return rowOf(layer);
}

function separatingSwap(layer: SearchedLayer, slot: number, limits: SpreadLimits): number | undefined {
  const { row, shares, perRank } = layer;
  const { ranksPerTray, highest, fetchCost } = limits;
  const rank = Math.floor(slot / perRank);
  const tray = Math.floor(rank / ranksPerTray);
  const expert = row[slot] ?? 0;
  if (holds(layer, rank, expert) > 1 || ranksOnTray(layer, expert, tray, ranksPerTray) < 2) return undefined;
  let [best, chosen] = [0, -1];
  for (let to = 0; to < row.length; to++) {
    const [other, partner] = [Math.floor(to / perRank), row[to] ?? 0];
    if (Math.floor(other / ranksPerTray) === tray) continue;
    const moved = (shares[expert] ?? 0) - (shares[partner] ?? 0);
    if (loadOf(layer, rank) - moved > highest || loadOf(layer, other) + moved > highest) continue;
    if (holds(layer, other, expert) > 0 || holds(layer, rank, partner) > 0 || holds(layer, other, partner) > 1)
      continue;
    const fetched = fetchCost(other, expert) + fetchCost(rank, partner);
    if (fetched > fetchCost(rank, expert) + fetchCost(other, partner)) continue;
    const otherTray = Math.floor(other / ranksPerTray);
    const pairs = (held: number, from: number, into: number): number =>
      ranksOnTray(layer, held, from, ranksPerTray) - 1 - ranksOnTray(layer, held, into, ranksPerTray);
    const separated = pairs(expert, tray, otherTray) + pairs(partner, otherTray, tray);
    if (separated > best) [best, chosen] = [separated, to];
  }
  return chosen < 0 ? undefined : chosen;
}

function ranksOnTray(layer: SearchedLayer, expert: number, tray: number, ranksPerTray: number): number {
  let count = 0;
  for (const rank of new Set(layer.holders[expert])) if (Math.floor(rank / ranksPerTray) === tray) count++;
  return count;
}
