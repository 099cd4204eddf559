import { performance } from "node:perf_hooks";
import { balancedness, rankLoads, slotLoads } from "../../src/plan/experts/load";
import { placeGlobally } from "../../src/plan/experts/packing";
import { movedExperts } from "../../src/plan/experts/placement";
import type { ExpertRecording } from "../../src/plan/experts/recording";
import { placeExperts, type PlannedPlacement } from "../../src/plan/experts/place-experts";
import {
  deepSeekHistogram,
  drifted,
  expertHistogram,
  powerLawHistogram,
  type HistogramShape,
} from "../../test/support/expert-histogram";

export const histograms: Readonly<Record<string, (shape: HistogramShape) => number[][]>> = {
  "log-normal": expertHistogram,
  "power law": powerLawHistogram,
};

/** Ranks and redundant experts of 256: none, 32 and 64 where they divide, else the nearest that do. */
export const sizes: readonly (readonly [ranks: number, redundantExperts: number])[] = [8, 16, 32, 48, 64, 72].flatMap(
  (ranks) => redundantNumbers(ranks).map((redundant) => [ranks, redundant] as const),
);

function redundantNumbers(ranks: number): readonly number[] {
  const nearest = [0, 32, 64].map((wanted) => Math.ceil((256 + wanted) / ranks) * ranks - 256);
  return [...new Set(nearest)];
}

/** Share of the load that has gone elsewhere in the column for a placement that runs. */
export const drift = 0.1;

interface Balance {
  readonly mean: number;
  readonly worst: number;
}

export interface PlacementRow {
  readonly trivial: Balance;
  readonly heuristic: Balance;
  readonly ours: Balance;
  readonly bound: Balance;
  /** Mean distance of ours from the bound, as a share of it. */
  readonly gap: number;
  /** Experts per layer that some rank fetches after the drift: with what runs as `current`, and without. */
  readonly moved: number;
  readonly movedAnew: number;
  /** After the drift, with what runs as `current`. */
  readonly after: Balance;
  readonly milliseconds: number;
  readonly millisecondsWithCurrent: number;
}

/** @param enoughMilliseconds a time below which it is not taken again */
export function placementRow(
  histogram: string,
  ranks: number,
  redundantExperts: number,
  enoughMilliseconds = 0,
): PlacementRow {
  const recording = recordingOf(histogram);
  const request = { slots: recording.experts + redundantExperts, ranks };
  const [first, milliseconds] = timed(() => placeExperts(recording, request), enoughMilliseconds);
  const later = { ...recording, counts: drifted(recording.counts, drift, 7) };
  const current = first.placement;
  const [next, millisecondsWithCurrent] = timed(() => placeExperts(later, { ...request, current }), enoughMilliseconds);
  const layers = first.layers;
  return {
    trivial: overLayers(layers.map(({ before }) => before)),
    heuristic: overLayers(layers.map(({ layer }) => heuristicBalance(recording.counts[layer] ?? [], request))),
    ours: overLayers(layers.map(({ after }) => after)),
    bound: overLayers(layers.map(({ bound }) => bound)),
    gap: overLayers(layers.map(({ after, bound }) => 1 - after / bound)).mean,
    moved: next.moved / layers.length,
    movedAnew: movedAnew(later, request, first) / layers.length,
    after: overLayers(next.layers.map(({ after }) => after)),
    milliseconds,
    millisecondsWithCurrent,
  };
}

function recordingOf(histogram: string): ExpertRecording {
  const { layers, experts } = deepSeekHistogram;
  return { model: histogram, layers, experts, counts: histograms[histogram]?.(deepSeekHistogram) ?? [] };
}

function heuristicBalance(weights: readonly number[], { slots, ranks }: { slots: number; ranks: number }): number {
  return balancedness(rankLoads(slotLoads(placeGlobally(weights, slots, ranks), weights), ranks));
}

/** What a placement fetches that knows nothing of the one that runs. */
function movedAnew(
  later: ExpertRecording,
  request: { slots: number; ranks: number },
  { placement }: PlannedPlacement,
): number {
  return movedExperts(placement, placeExperts(later, request).placement);
}

/** The best of three, as others may use the machine; a time that is short enough ends it. */
function timed<T>(work: () => T, enoughMilliseconds: number): [T, number] {
  let least = Infinity;
  for (let run = 1; ; run++) {
    const begun = performance.now();
    const result = work();
    least = Math.min(least, performance.now() - begun);
    if (run === 3 || least < enoughMilliseconds) return [result, least];
  }
}

function overLayers(values: readonly number[]): Balance {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, worst: Math.min(...values) };
}

/** The row as `docs/experts.md` has it: mean over layers, then the worst layer. */
export function documentRow(histogram: string, ranks: number, redundantExperts: number, row: PlacementRow): string {
  const both = ({ mean, worst }: Balance): string => `${mean.toFixed(4)}, ${worst.toFixed(4)}`;
  const balances = [row.trivial, row.heuristic, row.ours, row.bound].map(both);
  const moved = `${row.moved.toFixed(0)} of ${row.movedAnew.toFixed(0)}`;
  const cells = [histogram, `EP${ranks}`, redundantExperts, ...balances, `${(100 * row.gap).toFixed(2)} %`, moved];
  return `| ${cells.join(" | ")} |`;
}
