/** One layer's placement while it is searched: changed in place, with every sum at hand that a step asks for. */
export interface SearchedLayer {
  readonly ranks: number;
  readonly perRank: number;
  readonly experts: number;
  readonly weights: readonly number[];
  /** Expert of every slot. */
  readonly row: Int32Array;
  /** Ranks of every expert's replicas, one entry per replica. */
  readonly holders: readonly number[][];
  /** Load of one replica of every expert. */
  readonly shares: Float64Array;
  /** Replicas of an expert on a rank, at rank * experts + expert. */
  readonly held: Uint16Array;
  /** Load of every rank. */
  readonly totals: Float64Array;
}

export function searchedLayer(row: readonly number[], weights: readonly number[], ranks: number): SearchedLayer {
  const [perRank, experts] = [row.length / ranks, weights.length];
  const held = new Uint16Array(ranks * experts);
  const holders: number[][] = weights.map(() => []);
  row.forEach((expert, slot) => {
    const rank = Math.floor(slot / perRank);
    holders[expert]?.push(rank);
    held[rank * experts + expert] = (held[rank * experts + expert] ?? 0) + 1;
  });
  const shares = Float64Array.from(weights, (weight, expert) => weight / (holders[expert]?.length ?? 1));
  const totals = new Float64Array(ranks);
  row.forEach((expert, slot) => {
    const rank = Math.floor(slot / perRank);
    totals[rank] = (totals[rank] ?? 0) + (shares[expert] ?? 0);
  });
  return { ranks, perRank, experts, weights, row: Int32Array.from(row), holders, shares, held, totals };
}

export function rowOf(layer: SearchedLayer): number[] {
  return Array.from(layer.row);
}

export function fullestOf({ totals }: SearchedLayer): number {
  let fullest = 0;
  for (let rank = 1; rank < totals.length; rank++) {
    if ((totals[rank] ?? 0) > (totals[fullest] ?? 0)) fullest = rank;
  }
  return fullest;
}

export function loadOf({ totals }: SearchedLayer, rank: number): number {
  return totals[rank] ?? 0;
}

export function holds({ held, experts }: SearchedLayer, rank: number, expert: number): number {
  return held[rank * experts + expert] ?? 0;
}

/** Exchanges the experts of two slots on different ranks. */
export function swapSlots(layer: SearchedLayer, from: number, to: number): void {
  const { row, shares, totals, perRank } = layer;
  const [first, second] = [Math.floor(from / perRank), Math.floor(to / perRank)];
  const [leaving, coming] = [row[from] ?? 0, row[to] ?? 0];
  const moved = (shares[leaving] ?? 0) - (shares[coming] ?? 0);
  row[from] = coming;
  row[to] = leaving;
  totals[first] = (totals[first] ?? 0) - moved;
  totals[second] = (totals[second] ?? 0) + moved;
  rehouse(layer, leaving, first, second);
  rehouse(layer, coming, second, first);
}

/** Gives a slot to another expert. The one that had it must have a replica elsewhere. */
export function giveSlot(layer: SearchedLayer, slot: number, expert: number): void {
  const { row, holders, held, experts, perRank } = layer;
  const rank = Math.floor(slot / perRank);
  const old = row[slot] ?? 0;
  row[slot] = expert;
  const [losers, winners] = [holders[old] ?? [], holders[expert] ?? []];
  addShares(layer, old, -1);
  addShares(layer, expert, -1);
  losers.splice(losers.indexOf(rank), 1);
  winners.push(rank);
  held[rank * experts + old] = holds(layer, rank, old) - 1;
  held[rank * experts + expert] = holds(layer, rank, expert) + 1;
  for (const changed of [old, expert]) {
    layer.shares[changed] = (layer.weights[changed] ?? 0) / (holders[changed]?.length ?? 1);
    addShares(layer, changed, 1);
  }
}

function addShares({ shares, holders, totals }: SearchedLayer, expert: number, sign: 1 | -1): void {
  for (const rank of holders[expert] ?? []) totals[rank] = (totals[rank] ?? 0) + sign * (shares[expert] ?? 0);
}

function rehouse({ holders, held, experts }: SearchedLayer, expert: number, from: number, to: number): void {
  const ranks = holders[expert] ?? [];
  ranks[ranks.indexOf(from)] = to;
  held[from * experts + expert] = (held[from * experts + expert] ?? 0) - 1;
  held[to * experts + expert] = (held[to * experts + expert] ?? 0) + 1;
}
