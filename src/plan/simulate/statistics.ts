/** A mean with the half width of its 95 % confidence interval. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth95: number;
}

export interface Distribution extends Estimate {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const batches = 20;
/** Student's t, 97.5 %, for 19 degrees of freedom. */
const student19 = 2.093;

/** Batch means: neighbours in a queue are alike, means of 20 long stretches hardly are. Values in order of time. */
export function estimateOf(values: Float64Array): Estimate {
  if (values.length === 0) return { mean: 0, halfWidth95: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < batches) return { mean, halfWidth95: Infinity };
  const size = Math.floor(values.length / batches);
  const means = Array.from(
    { length: batches },
    (_, batch) => values.subarray(batch * size, (batch + 1) * size).reduce((sum, value) => sum + value, 0) / size,
  );
  return { mean, halfWidth95: halfWidthOf(means) };
}

/** Events per second in a window, from the moments at which they happened. */
export function rateOf(moments: Float64Array, from: number, to: number): Estimate {
  const length = to - from;
  if (length <= 0) return { mean: 0, halfWidth95: 0 };
  const counts = new Array<number>(batches).fill(0);
  let inside = 0;
  for (const moment of moments) {
    if (moment <= from || moment > to) continue;
    const batch = Math.min(batches - 1, Math.floor(((moment - from) / length) * batches));
    counts[batch] = (counts[batch] ?? 0) + 1;
    inside++;
  }
  return { mean: inside / length, halfWidth95: halfWidthOf(counts.map((count) => (count * batches) / length)) };
}

/** Values in order of time. */
export function distributionOf(values: Float64Array): Distribution {
  const sorted = values.slice().sort();
  const { mean, halfWidth95 } = estimateOf(values);
  return { mean, halfWidth95, p50: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), p99: quantile(sorted, 0.99) };
}

/** Jain's fairness index, from 1 / n (one has all) to 1 (all have the same). */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

function halfWidthOf(means: readonly number[]): number {
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (means.length - 1);
  return student19 * Math.sqrt(variance / means.length);
}

/** The smallest value that a share `q` of the values does not exceed. */
function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
