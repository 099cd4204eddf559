import { mulberry32 } from "./expert-histogram";
import { drawCounts, type MockLoad, type Piece } from "./mock-engine-load";
import type { RecorderDump } from "./torch-file";

export interface RecorderOptions {
  readonly load: MockLoad;
  /** Seconds of load so far. */
  readonly clock: () => number;
  /** Forward passes in a second of load, while there are tokens. */
  readonly stepsPerSecond: number;
  /** Passes that the buffer holds; older ones are overwritten. */
  readonly bufferSteps: number;
  readonly seed: number;
}

/** Forward passes under one load. */
interface Passes {
  readonly steps: number;
  readonly piece: Piece;
}

/**
 * SGLang's recorder in mode `stat` (python/sglang/srt/eplb/expert_distribution.py): a circular buffer of forward passes
 * that is dumped whole, passes that never happened as zeros, and cleared by start and by dump. Its position survives
 * both.
 */
export class MockRecorder {
  private recorded: Piece[] = [];
  private recordingSince: number | undefined;
  private position = 0;
  private dumps = 0;

  constructor(private readonly options: RecorderOptions) {}

  start(): void {
    this.recorded = [];
    this.recordingSince = this.options.clock();
  }

  stop(): void {
    this.collect();
    this.recordingSince = undefined;
  }

  dump(): RecorderDump {
    const { load, bufferSteps, seed } = this.options;
    const { layers, experts } = load.shape;
    this.collect();
    const counts = new Int32Array(bufferSteps * layers * experts);
    const random = mulberry32(seed * 7919 + ++this.dumps);
    for (const passes of this.buffered()) this.write(counts, passes, random);
    this.recorded = [];
    return { steps: bufferSteps, layers, experts, counts };
  }

  /** Takes over what happened since the last time. */
  private collect(): void {
    if (this.recordingSince === undefined) return;
    const now = this.options.clock();
    this.recorded.push(...this.options.load.between(this.recordingSince, now));
    this.recordingSince = now;
  }

  /** The last passes, as many as the buffer holds. */
  private buffered(): Passes[] {
    const { stepsPerSecond, bufferSteps } = this.options;
    const all = this.recorded.map((piece) => ({
      piece,
      steps: piece.tokensPerSecond > 0 ? Math.round(piece.seconds * stepsPerSecond) : 0,
    }));
    let overwritten = all.reduce((sum, { steps }) => sum + steps, 0) - bufferSteps;
    this.position += Math.max(0, overwritten);
    return all.map(({ steps, piece }) => {
      const lost = Math.min(steps, Math.max(0, overwritten));
      overwritten -= lost;
      return { steps: steps - lost, piece };
    });
  }

  /** Draws the counts of these passes together, and hands them out evenly, each expert's at a time of its own. */
  private write(counts: Int32Array, { steps, piece }: Passes, random: () => number): void {
    const { load, stepsPerSecond, bufferSteps } = this.options;
    const { layers, experts, topK } = load.shape;
    const tokens = steps * Math.round(piece.tokensPerSecond / stepsPerSecond);
    for (let layer = 0; layer < layers; layer++) {
      const drawn = drawCounts(piece.shares[layer] ?? [], tokens * topK, random);
      drawn.forEach((count, expert) => {
        const phase = random();
        let given = 0;
        for (let step = 0; step < steps; step++) {
          const due = Math.floor((count * (step + 1)) / steps + phase);
          const row = (this.position + step) % bufferSteps;
          counts[(row * layers + layer) * experts + expert] = due - given;
          given = due;
        }
      });
    }
    this.position += steps;
  }
}
