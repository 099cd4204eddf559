import { balancedness, rankLoads, slotLoads } from "./expert-load";
import { placeGlobally, placeHierarchically, replicate, type ExpertGroups } from "./expert-packing";
import { trivialRow, type ExpertPlacement } from "./expert-placement";
import type { ExpertRecording } from "./expert-recording";
import { fullestRank, improvePlacement } from "./expert-reassign";

/** Mean load / highest load per rank. */
export interface PlacementBalance {
  /** With the placement an engine starts with when it is told nothing. */
  readonly before: number;
  readonly after: number;
  /** No placement with this many slots can reach more. */
  readonly bound: number;
}

export interface LayerBalance extends PlacementBalance {
  readonly layer: number;
}

export interface PlannedPlacement {
  readonly placement: ExpertPlacement;
  /** Mean over the layers that were recorded. */
  readonly balance: PlacementBalance;
  /** Recorded layers only. */
  readonly layers: readonly LayerBalance[];
}

export interface PlacementRequest {
  /** Physical experts, replicas included. A multiple of `ranks`, at least the number of experts. */
  readonly slots: number;
  readonly ranks: number;
  /** Keep groups of experts on one node each; leave out inside one NVLink domain. */
  readonly groups?: ExpertGroups;
}

/**
 * The best placement found for recorded loads: DeepSeek's heuristic, then swaps and other numbers of replicas. Never worse than the trivial one in
 * any layer. The caller has checked that `slots` divides by `ranks` and holds every expert.
 */
export function placeExperts(recording: ExpertRecording, request: PlacementRequest): PlannedPlacement {
  const rows: (readonly number[])[] = [];
  const layers: LayerBalance[] = [];
  recording.counts.forEach((weights, layer) => {
    const trivial = trivialRow(recording.experts, request.slots);
    if (!weights.some((weight) => weight > 0)) return void rows.push(trivial);
    const least = leastFullestRank(weights, request.slots, request.ranks);
    const row = placeLayer(weights, trivial, request, least);
    rows.push(row);
    layers.push({ layer, ...balanceOf(weights, trivial, row, request.ranks, least) });
  });
  return { placement: { ranks: request.ranks, physicalToLogical: rows }, balance: meanBalance(layers), layers };
}

function placeLayer(
  weights: readonly number[],
  trivial: readonly number[],
  { slots, ranks, groups }: PlacementRequest,
  least: number,
): readonly number[] {
  if (groups !== undefined) {
    // Swaps between nodes would undo what the groups are for.
    return better(placeHierarchically(weights, slots, ranks, groups), trivial, weights, ranks);
  }
  const packed = improvePlacement(placeGlobally(weights, slots, ranks), weights, ranks, least);
  return better(packed, trivial, weights, ranks);
}

function better(
  packed: readonly number[],
  trivial: readonly number[],
  weights: readonly number[],
  ranks: number,
): readonly number[] {
  return fullestRank(packed, weights, ranks) <= fullestRank(trivial, weights, ranks) ? packed : trivial;
}

function balanceOf(
  weights: readonly number[],
  trivial: readonly number[],
  row: readonly number[],
  ranks: number,
  least: number,
): PlacementBalance {
  return {
    before: balancedness(rankLoads(slotLoads(trivial, weights), ranks)),
    after: balancedness(rankLoads(slotLoads(row, weights), ranks)),
    bound: sum(weights) / ranks / least,
  };
}

/**
 * Load that no placement's fullest rank is below. It carries at least the mean. And whatever the numbers of replicas,
 * some replica is as heavy as the heaviest one after giving each slot to the expert that needs it most; the rank that
 * holds it holds others beside it, at the least the lightest that there can be.
 */
function leastFullestRank(weights: readonly number[], slots: number, ranks: number): number {
  const { replicas } = replicate(weights, slots);
  const heaviest = Math.max(...weights.map((weight, expert) => weight / (replicas[expert] ?? 1)));
  return Math.max(sum(weights) / ranks, heaviest + lightestSlots(weights, slots, slots / ranks - 1)) || 1;
}

/** Least load of so many slots: an expert has at most a replica in every spare slot beside its first. */
function lightestSlots(weights: readonly number[], slots: number, count: number): number {
  const most = slots - weights.length + 1;
  const lightest = [...weights].sort((a, b) => a - b).slice(0, count);
  const each = lightest.flatMap((weight) => new Array<number>(Math.min(most, count)).fill(weight / most));
  return sum(each.slice(0, count));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function meanBalance(layers: readonly LayerBalance[]): PlacementBalance {
  const mean = (pick: (layer: LayerBalance) => number): number =>
    layers.length === 0 ? 1 : layers.reduce((sum, layer) => sum + pick(layer), 0) / layers.length;
  return { before: mean((l) => l.before), after: mean((l) => l.after), bound: mean((l) => l.bound) };
}
