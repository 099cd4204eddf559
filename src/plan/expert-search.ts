import { rankLoads, slotLoads } from "./expert-load";

/** Below this distance of the fullest rank from the mean nothing is left to gain: sampling noise per step is larger. */
const closeEnough = 1.0002;
/** Bounds the work per layer; random and recorded loads of 256 experts settle after fewer. */
const swapsPerRank = 24;

interface Swap {
  readonly from: number;
  readonly to: number;
  readonly moved: number;
}

/**
 * Takes load off the fullest rank by swapping one of its slots with a lighter slot elsewhere, again and again. Every
 * swap leaves both ranks below the former fullest load, so the result is never worse than the start. Replica counts stay.
 */
export function improveBySwaps(start: readonly number[], weights: readonly number[], ranks: number): number[] {
  const placed = [...start];
  const loads = slotLoads(placed, weights);
  const totals = rankLoads(loads, ranks);
  const mean = totals.reduce((sum, load) => sum + load, 0) / ranks;
  for (let swaps = 0; swaps < swapsPerRank * ranks; swaps++) {
    const fullest = indexOfFullest(totals);
    if ((totals[fullest] ?? 0) <= mean * closeEnough) break;
    const swap = bestSwap(placed, loads, totals, fullest);
    if (swap === undefined) break;
    exchange(placed, swap);
    exchange(loads, swap);
    const other = Math.floor((swap.to * ranks) / placed.length);
    totals[fullest] = (totals[fullest] ?? 0) - swap.moved;
    totals[other] = (totals[other] ?? 0) + swap.moved;
  }
  return placed;
}

/** The swap after which the fuller of the two ranks is lowest; first found wins ties. */
function bestSwap(
  placed: readonly number[],
  loads: readonly number[],
  totals: readonly number[],
  fullest: number,
): Swap | undefined {
  const perRank = placed.length / totals.length;
  const highest = totals[fullest] ?? 0;
  let best: Swap | undefined;
  let bestAfter = highest * (1 - 1e-9);
  for (let to = 0; to < placed.length; to++) {
    const other = Math.floor(to / perRank);
    if (other === fullest) continue;
    const otherTotal = totals[other] ?? 0;
    for (let from = fullest * perRank; from < (fullest + 1) * perRank; from++) {
      const moved = (loads[from] ?? 0) - (loads[to] ?? 0);
      const after = Math.max(highest - moved, otherTotal + moved);
      if (after < bestAfter && !wouldDouble(placed, perRank, from, to)) {
        best = { from, to, moved };
        bestAfter = after;
      }
    }
  }
  return best;
}

/** Two replicas of one expert on one rank serve nobody: a swap must not bring them together. */
function wouldDouble(placed: readonly number[], perRank: number, from: number, to: number): boolean {
  return (
    holdsBeside(placed, perRank, Math.floor(to / perRank), placed[from], to) ||
    holdsBeside(placed, perRank, Math.floor(from / perRank), placed[to], from)
  );
}

function holdsBeside(
  placed: readonly number[],
  perRank: number,
  rank: number,
  expert: number | undefined,
  except: number,
): boolean {
  for (let slot = rank * perRank; slot < (rank + 1) * perRank; slot++) {
    if (slot !== except && placed[slot] === expert) return true;
  }
  return false;
}

function indexOfFullest(totals: readonly number[]): number {
  let fullest = 0;
  for (let rank = 1; rank < totals.length; rank++) {
    if ((totals[rank] ?? 0) > (totals[fullest] ?? 0)) fullest = rank;
  }
  return fullest;
}

function exchange(values: number[], { from, to }: Swap): void {
  const kept = values[from] ?? 0;
  values[from] = values[to] ?? 0;
  values[to] = kept;
}
