import { leastFullestRank } from "./bound";
import { firstRow, nextRow, type LayerRequest } from "./layer-choice";
import { balancedness, fullestRank, rankLoads, slotLoads } from "./load";
import { placeHierarchically, type ExpertGroups } from "./packing";
import { trivialRow, type ExpertPlacement } from "./placement";
import type { ExpertRecording } from "./recording";
import { fetchesIn, holdingsOf, type Fetches, type Holdings } from "./relabel";
import { sharedTrays, usualRanksPerTray } from "./trays";

/** Mean load / highest load per rank. */
export interface PlacementBalance {
  /** With the placement that runs, or the one an engine starts with when it is told nothing. */
  readonly before: number;
  readonly after: number;
  /** No placement with this many slots can reach more. */
  readonly bound: number;
}

/** What it takes to get from the placement before to this one in the recorded layers, and where replicas stand. */
export interface PlacementChange extends Fetches {
  /** Pairs of ranks on one tray that hold the same expert. */
  readonly sharedTrays: number;
}

export interface LayerBalance extends PlacementBalance, PlacementChange {
  readonly layer: number;
}

export interface PlannedPlacement extends PlacementChange {
  readonly placement: ExpertPlacement;
  /** The loads that it is for. */
  readonly recording: ExpertRecording;
  /** Mean over the layers that were recorded. */
  readonly balance: PlacementBalance;
  /** Recorded layers only. */
  readonly layers: readonly LayerBalance[];
}

export interface PlacementRequest {
  /** Physical experts, replicas included. A multiple of `ranks`, at least the number of experts. */
  readonly slots: number;
  readonly ranks: number;
  /** What runs now: it is kept where it is good enough, and changed as little as possible where it is not. */
  readonly current?: ExpertPlacement;
  /** Ranks whose GPUs share a tray. Default 4 where the ranks divide by it. */
  readonly ranksPerTray?: number;
  /**
   * Redundant experts that each layer of the model needs. The slots beyond them hold copies of what their rank has
   * anyway, so nothing is fetched for them.
   */
  readonly replicaBudget?: readonly number[];
  /** Keep groups of experts on one node each; leave out inside one NVLink domain. `current` is then only compared with. */
  readonly groups?: ExpertGroups;
}

/**
 * The best placement found for recorded loads. What counts, in this order:
 *
 * 1. Balance, up to a tolerance of 0.1 %: all ranks wait for the fullest one in every layer of every step. It is never
 *    below that of DeepSeek's heuristic or the trivial placement in any layer.
 * 2. Expert weights that a rank has to fetch: each takes memory bandwidth or a restart's time, once.
 * 3. Among equally many, those that come from another tray.
 * 4. Replicas of one expert on one tray: it matters when that tray fails, and otherwise never.
 *
 * The same recording with the result as `current` gives the same placement again. The caller has checked the request
 * (`checkPlacementRequest`).
 */
export function placeExperts(recording: ExpertRecording, request: PlacementRequest): PlannedPlacement {
  const rows: (readonly number[])[] = [];
  const layers: LayerBalance[] = [];
  recording.counts.forEach((weights, layer) => {
    const before = placedBefore(recording, request, layer);
    if (!weights.some((weight) => weight > 0)) return void rows.push(unrecordedRow(recording, request, before));
    const least = leastFullestRank(weights, request.slots, request.ranks);
    const row = placeLayer(weights, request, layer, before, least);
    rows.push(row);
    layers.push({ layer, ...balanceOf(weights, before, row, request.ranks, least), ...changeOf(row, before, request) });
  });
  const placement = { ranks: request.ranks, physicalToLogical: rows };
  return { placement, recording, balance: meanBalance(layers), layers, ...totalChange(layers) };
}

function placeLayer(
  weights: readonly number[],
  request: PlacementRequest,
  layer: number,
  before: Holdings,
  least: number,
): readonly number[] {
  const { slots, ranks, groups } = request;
  if (groups !== undefined) {
    // Swaps between nodes would undo what the groups are for.
    const [packed, trivial] = [placeHierarchically(weights, slots, ranks, groups), trivialRow(weights.length, slots)];
    return fullestRank(packed, weights, ranks) <= fullestRank(trivial, weights, ranks) ? packed : trivial;
  }
  const searchedSlots = slotsWithin(request.replicaBudget?.[layer], weights.length, request);
  const asked: LayerRequest = { weights, slots, ranks, ranksPerTray: before.ranksPerTray, searchedSlots, least };
  return request.current === undefined ? firstRow(asked) : nextRow(asked, before);
}

/** Slots for the experts and so many replicas, on every rank the same number. */
function slotsWithin(budget: number | undefined, experts: number, { slots, ranks }: PlacementRequest): number {
  return budget === undefined ? slots : Math.min(slots, Math.ceil((experts + budget) / ranks) * ranks);
}

function placedBefore({ experts }: ExpertRecording, request: PlacementRequest, layer: number): Holdings {
  const { slots, ranks, current, ranksPerTray = usualRanksPerTray(ranks) } = request;
  const row = current?.physicalToLogical[layer];
  if (current === undefined || row === undefined) {
    return holdingsOf(trivialRow(experts, slots), ranks, ranksPerTray, experts);
  }
  return holdingsOf(row, current.ranks, ranksPerTray, experts);
}

/** Nothing is known that would be worth a move. */
function unrecordedRow(
  { experts }: ExpertRecording,
  { slots, ranks }: PlacementRequest,
  before: Holdings,
): readonly number[] {
  return before.ranks === ranks && before.row.length === slots ? before.row : trivialRow(experts, slots);
}

function balanceOf(
  weights: readonly number[],
  before: Holdings,
  row: readonly number[],
  ranks: number,
  least: number,
): PlacementBalance {
  return {
    before: balancedness(rankLoads(slotLoads(before.row, weights), before.ranks)),
    after: balancedness(rankLoads(slotLoads(row, weights), ranks)),
    bound: weights.reduce((sum, weight) => sum + weight, 0) / ranks / least,
  };
}

function changeOf(row: readonly number[], before: Holdings, { ranks }: PlacementRequest): PlacementChange {
  return { ...fetchesIn(row, ranks, before), sharedTrays: sharedTrays(row, ranks, before.ranksPerTray) };
}

function totalChange(layers: readonly PlacementChange[]): PlacementChange {
  const total = (pick: (layer: PlacementChange) => number): number =>
    layers.reduce((sum, layer) => sum + pick(layer), 0);
  return {
    moved: total((layer) => layer.moved),
    newToTray: total((layer) => layer.newToTray),
    sharedTrays: total((layer) => layer.sharedTrays),
  };
}

function meanBalance(layers: readonly LayerBalance[]): PlacementBalance {
  const mean = (pick: (layer: LayerBalance) => number): number =>
    layers.length === 0 ? 1 : layers.reduce((sum, layer) => sum + pick(layer), 0) / layers.length;
  return { before: mean((l) => l.before), after: mean((l) => l.after), bound: mean((l) => l.bound) };
}
