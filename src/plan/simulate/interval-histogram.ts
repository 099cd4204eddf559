/** Bins grow by 1 %, so that a percentile is within 0.5 %. */
const growth = Math.log(1.01);
const smallestMilliseconds = 0.01;
/** Up to about 10,000 s. */
const bins = Math.ceil(Math.log(1e9) / growth);

/** Time between two steps that yield tokens for a request, weighted by how many requests saw it. */
export class IntervalHistogram {
  private readonly weights = new Float64Array(bins);
  private total = 0;

  add(milliseconds: number, weight: number): void {
    const bin = Math.floor(Math.log(milliseconds / smallestMilliseconds) / growth);
    const inside = Math.min(bins - 1, Math.max(0, bin));
    this.weights[inside] = (this.weights[inside] ?? 0) + weight;
    this.total += weight;
  }

  quantileMilliseconds(q: number): number {
    if (this.total === 0) return 0;
    let below = 0;
    const bin = this.weights.findIndex((weight) => (below += weight) >= q * this.total);
    return smallestMilliseconds * Math.exp((bin + 0.5) * growth);
  }
}
