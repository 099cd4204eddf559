/** Purposes of random numbers. Each client has a stream for each, so that a change to one does not shift another. */
export type StreamPurpose = "arrivals" | "lengths" | "acceptance" | "steps";

const purposes: readonly StreamPurpose[] = ["arrivals", "lengths", "acceptance", "steps"];

/** The stream of one client and purpose: depends on nothing but these and the seed. */
export function randomStream(seed: number, client: number, purpose: StreamPurpose): RandomStream {
  return new RandomStream(seed, client * purposes.length + purposes.indexOf(purpose));
}

/** Small fast counting generator, sfc32 (C. Doty-Humphrey, PractRand), 128 bits of state, period at least 2^32. */
export class RandomStream {
  private a = 0;
  private b: number;
  private c: number;
  private counter = 1;
  private spareNormal = NaN;

  constructor(seed: number, stream = 0) {
    // The author's seeding by two words: twelve outputs are discarded until they have mixed.
    this.b = seed | 0;
    this.c = stream | 0;
    for (let i = 0; i < 12; i++) this.word();
  }

  /** Uniform in (0, 1): never 0, so that its logarithm is finite. */
  uniform(): number {
    return (this.word() + 0.5) / 4294967296;
  }

  /** Uniform whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.uniform() * (to - from + 1));
  }

  exponential(mean: number): number {
    return -mean * Math.log(this.uniform());
  }

  /** Standard normal, polar method of Marsaglia. */
  normal(): number {
    if (!Number.isNaN(this.spareNormal)) {
      const spare = this.spareNormal;
      this.spareNormal = NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * factor;
      return x * factor;
    }
  }

  /** Gamma with this mean and coefficient of variation; 1 is the exponential, 0 the constant. */
  gamma(mean: number, coefficientOfVariation: number): number {
    if (coefficientOfVariation === 0) return mean;
    if (coefficientOfVariation === 1) return this.exponential(mean);
    const shape = 1 / coefficientOfVariation ** 2;
    return (this.standardGamma(shape) * mean) / shape;
  }

  /** Marsaglia and Tsang (2000); below shape 1 by Gamma(shape) = Gamma(shape + 1) U^(1/shape). */
  private standardGamma(shape: number): number {
    if (shape < 1) return this.standardGamma(shape + 1) * this.uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  private word(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return sum >>> 0;
  }
}
