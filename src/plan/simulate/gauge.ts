/** A quantity that changes in jumps, with its integral over time. */
export class Gauge {
  value = 0;
  max = 0;
  private area = 0;
  private since = 0;

  add(delta: number, now: number): void {
    this.set(this.value + delta, now);
  }

  set(value: number, now: number): void {
    this.area += this.value * (now - this.since);
    this.since = now;
    this.value = value;
    if (value > this.max) this.max = value;
  }

  /** Integral from the start of the run to `now`. */
  areaUntil(now: number): number {
    return this.area + this.value * (now - this.since);
  }
}
