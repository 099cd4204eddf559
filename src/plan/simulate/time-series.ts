/** Queue lengths at one moment, for a plot. */
export interface QueuePoint {
  readonly seconds: number;
  readonly waitingPrefill: number;
  /** For room in decode, or for the next step. */
  readonly waitingDecode: number;
  readonly runningDecode: number;
}

const mostPoints = 200;

/** Samples at even intervals, which double whenever there are too many: never more than 200 points. */
export class TimeSeries {
  private points: QueuePoint[] = [];
  private intervalSeconds = 1 / 64;
  private nextAt = 0;

  get all(): readonly QueuePoint[] {
    return this.points;
  }

  /** To be called before anything changes at `now`: what held since the last change is sampled. */
  sampleUntil(now: number, waitingPrefill: number, waitingDecode: number, runningDecode: number): void {
    while (this.nextAt < now) {
      if (this.points.length === mostPoints) this.halve();
      else this.points.push({ seconds: this.nextAt, waitingPrefill, waitingDecode, runningDecode });
      this.nextAt = this.points.length * this.intervalSeconds;
    }
  }

  private halve(): void {
    this.points = this.points.filter((_, i) => i % 2 === 0);
    this.intervalSeconds *= 2;
  }
}
