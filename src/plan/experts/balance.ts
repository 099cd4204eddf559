import { balancedness, rankLoads, slotLoads } from "./load";
import { placeGlobally } from "./packing";
import { trivialRow, type ExpertPlacement } from "./placement";
import type { ExpertRecording } from "./recording";

/** Recorded load of one layer on the ranks that hold its experts. */
export interface LayerLoad {
  readonly layer: number;
  /** Load of every rank, the mean being 1. */
  readonly ranks: readonly number[];
  /** Load of the fullest rank, which all others wait for. */
  readonly fullest: number;
  readonly balancedness: number;
}

/** What a placement makes of a recording. */
export interface ExpertBalance {
  /** Recorded layers only. */
  readonly layers: readonly LayerLoad[];
  /** Balancedness, mean over layers. */
  readonly mean: number;
  /** The least balanced layer, the first of equals. */
  readonly worst: LayerLoad;
  /**
   * Time for experts, in that of a perfect placement: in every layer all ranks wait for the fullest. Layers count
   * alike, for every token passes through each.
   */
  readonly expertTime: number;
}

/** Loads under a placement, layer by layer. The recording has load in at least one layer. */
export function expertBalance(recording: ExpertRecording, placement: ExpertPlacement): ExpertBalance {
  const layers = recordedLayers(recording).map((layer) =>
    layerLoad(recording.counts[layer] ?? [], placement.physicalToLogical[layer] ?? [], placement.ranks, layer),
  );
  const [first] = layers;
  if (first === undefined) throw new Error("a recording without load has no balance");
  const worst = layers.reduce((least, layer) => (layer.balancedness < least.balancedness ? layer : least), first);
  return {
    layers,
    mean: meanOf(layers.map((layer) => layer.balancedness)),
    worst,
    expertTime: meanOf(layers.map((layer) => layer.fullest)),
  };
}

/** Layers with load; the others are dense or were not recorded. */
export function recordedLayers({ counts }: ExpertRecording): readonly number[] {
  return counts.flatMap((row, layer) => (row.some((count) => count > 0) ? [layer] : []));
}

/** Load of the hottest expert in that of the mean one, for every recorded layer. */
export function expertSkew(recording: ExpertRecording): readonly { readonly layer: number; readonly skew: number }[] {
  return recordedLayers(recording).map((layer) => {
    const counts = recording.counts[layer] ?? [];
    return { layer, skew: Math.max(...counts) / meanOf(counts) };
  });
}

/** DeepSeek's heuristic alone, layer by layer: what SGLang and vLLM place by. */
export function heuristicPlacement(
  recording: ExpertRecording,
  request: { readonly slots: number; readonly ranks: number },
): ExpertPlacement {
  const recorded = new Set(recordedLayers(recording));
  const inOrder = trivialRow(recording.experts, request.slots);
  const rows = recording.counts.map((counts, layer) =>
    recorded.has(layer) ? placeGlobally(counts, request.slots, request.ranks) : inOrder,
  );
  return { ranks: request.ranks, physicalToLogical: rows };
}

function layerLoad(counts: readonly number[], row: readonly number[], ranks: number, layer: number): LayerLoad {
  const loads = rankLoads(slotLoads(row, counts), ranks);
  const mean = meanOf(loads);
  const relative = loads.map((load) => load / mean);
  return { layer, ranks: relative, fullest: Math.max(...relative), balancedness: balancedness(loads) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
