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
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
