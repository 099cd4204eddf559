/**
 * Seeded expert loads with the skew of recorded DeepSeek-R1 decode traffic: the hottest of 256 experts gets about 5.8
 * times the mean, averaged over layers. The recording itself has no licence, so tests generate one that looks like it.
 */
export interface HistogramShape {
  readonly layers: number;
  readonly denseLayers: number;
  readonly experts: number;
  /** Tokens per layer. */
  readonly tokens: number;
  readonly seed: number;
}

export const deepSeekHistogram: HistogramShape = { layers: 61, denseLayers: 3, experts: 256, tokens: 4e6, seed: 1 };

/** Spread of the log-normal: the largest of 256 draws is then 5.8 times the mean, on average over many layers. */
const sigma = 0.7;

export function expertHistogram(shape: HistogramShape): number[][] {
  const random = mulberry32(shape.seed);
  return Array.from({ length: shape.layers }, (_, layer) => {
    const weights = Array.from({ length: shape.experts }, () => Math.exp(sigma * normal(random)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (layer < shape.denseLayers) return weights.map(() => 0);
    return weights.map((weight) => Math.round((weight / total) * shape.tokens));
  });
}

/** Published maxima of 58 layers lie between 3.9 and 7.1 times the mean: exponents that give 4.6 to 9.5 of 256 experts. */
const exponents = { least: 0.35, most: 0.53 };

/** The k-th most popular expert of a layer has k^-a of the hottest one's load: a long tail, and one expert far ahead. */
export function powerLawHistogram(shape: HistogramShape): number[][] {
  const random = mulberry32(shape.seed);
  return Array.from({ length: shape.layers }, (_, layer) => {
    const exponent = exponents.least + (exponents.most - exponents.least) * random();
    const popularity = shuffled(shape.experts, random);
    const weights = popularity.map((place) => (place + 1) ** -exponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (layer < shape.denseLayers) return weights.map(() => 0);
    return weights.map((weight) => Math.round((weight / total) * shape.tokens));
  });
}

/** The same histogram later: so large a share of every layer's load has gone over to another order of its experts. */
export function drifted(histogram: readonly (readonly number[])[], share: number, seed: number): number[][] {
  const random = mulberry32(seed);
  return histogram.map((row) => {
    const order = shuffled(row.length, random);
    const leaving = row.map((count) => Math.round(count * share));
    return row.map((count, expert) => count - (leaving[expert] ?? 0) + (leaving[order[expert] ?? 0] ?? 0));
  });
}

/** Fisher-Yates. */
function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

/** A small seeded generator (mulberry32, public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box-Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
