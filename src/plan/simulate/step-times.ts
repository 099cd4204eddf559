import type { RandomStream } from "./random";
import type { DecodeWorkerModel, StepNoise } from "./system";

/** Contexts between two of these are interpolated, so that a costly model is asked seldom. Exact where time is linear. */
const gridTokens = 128;

/**
 * Highest load of an expert rank / mean load - 1, by batch per rank: what sampling alone does to a good placement
 * (256 experts, top 8, computed for the placements of the public DeepSeek-R1 histogram).
 */
const samplingExcess = [
  { batch: 16, excess: 0.17 },
  { batch: 64, excess: 0.085 },
  { batch: 256, excess: 0.045 },
  { batch: 1024, excess: 0.025 },
] as const;

/** Milliseconds of one step of a decode worker. */
export class StepTimes {
  private readonly rows = new Map<number, (number | undefined)[]>();

  constructor(
    private readonly model: DecodeWorkerModel,
    private readonly noise: { readonly model: StepNoise; readonly random: RandomStream } | undefined,
  ) {}

  /**
   * A step in which the fullest rank has `batch` requests, padded to a captured size, and the rank with the most KV
   * holds `kvTokens`. Attention reads each cached token once and padding holds none, so the mean context is over the
   * padded batch. `steps`: how many steps in a row the answer is the mean of.
   */
  milliseconds(batch: number, kvTokens: number, steps: number): number {
    const padded = paddedBatch(this.model.graphBatchSizes, batch);
    return this.interpolate(padded, kvTokens / padded) * this.noiseFactor(padded, steps);
  }

  private interpolate(batch: number, contextTokens: number): number {
    const row = this.row(batch);
    const cell = Math.floor(contextTokens / gridTokens);
    const low = this.at(row, batch, cell);
    const share = contextTokens / gridTokens - cell;
    return share === 0 ? low : low + share * (this.at(row, batch, cell + 1) - low);
  }

  private row(batch: number): (number | undefined)[] {
    let row = this.rows.get(batch);
    if (row === undefined) this.rows.set(batch, (row = []));
    return row;
  }

  private at(row: (number | undefined)[], batch: number, cell: number): number {
    return (row[cell] ??= this.model.stepMilliseconds(batch, cell * gridTokens));
  }

  private noiseFactor(batch: number, steps: number): number {
    if (this.noise === undefined) return 1;
    const { model, random } = this.noise;
    const excess = meanExcess(batch) * (1 + (model.spread * random.normal()) / Math.sqrt(steps));
    return 1 + model.expertShare * Math.max(0, excess);
  }
}

/** The captured size that a batch runs at. */
export function paddedBatch(graphBatchSizes: readonly number[], batch: number): number {
  for (const size of graphBatchSizes) if (size >= batch) return size;
  return batch;
}

/** Interpolated on log-log axes, and held constant beyond the ends. */
export function meanExcess(batch: number): number {
  const first = samplingExcess[0];
  if (batch <= first.batch) return first.excess;
  let below: (typeof samplingExcess)[number] = first;
  for (const point of samplingExcess) {
    if (batch <= point.batch) {
      const share = Math.log(batch / below.batch) / Math.log(point.batch / below.batch);
      return below.excess * (point.excess / below.excess) ** share;
    }
    below = point;
  }
  return below.excess;
}
