import { expertHistogram, mulberry32, normal } from "./expert-histogram";

export interface LoadShape {
  readonly layers: number;
  readonly denseLayers: number;
  readonly experts: number;
  /** Experts that each token goes to, in every layer that is not dense. */
  readonly topK: number;
  readonly seed: number;
  /** Tokens that each leader's engine generates in a second of load. */
  readonly tokensPerSecond: number;
}

/** A time in which nothing about the load changed. */
export interface Piece {
  readonly seconds: number;
  /** Share of a layer's tokens that each expert gets, [layer][expert]; rows of dense layers are zeros. */
  readonly shares: readonly (readonly number[])[];
  readonly tokensPerSecond: number;
}

/**
 * The load of a simulated engine: what each expert gets on average, and how that changes while it runs. Log-normal like
 * the histograms of the planner's tests.
 */
export class MockLoad {
  private readonly changes: (Omit<Piece, "seconds"> & { readonly at: number })[];
  private drifts = 0;

  /** `clock` tells the seconds of load so far. */
  constructor(
    readonly shape: LoadShape,
    private readonly clock: () => number,
  ) {
    const rows = expertHistogram({ ...shape, tokens: 1e12 });
    const shares = rows.map((row) => row.map((count) => count / Math.max(1, sum(row))));
    this.changes = [{ at: clock(), shares, tokensPerSecond: shape.tokensPerSecond }];
  }

  /** Moves that share of every layer's load to the same experts in another order. */
  drift(share: number): void {
    const random = mulberry32(this.shape.seed * 1009 + ++this.drifts);
    const { shares, tokensPerSecond } = this.now();
    const moved = shares.map((row) => {
      const other = shuffled(row, random);
      return row.map((value, expert) => (1 - share) * value + share * (other[expert] ?? 0));
    });
    this.changes.push({ at: this.clock(), shares: moved, tokensPerSecond });
  }

  /** Changes how many tokens there are; with none, no forward pass runs. */
  flow(tokensPerSecond: number): void {
    this.changes.push({ ...this.now(), at: this.clock(), tokensPerSecond });
  }

  get tokensPerSecond(): number {
    return this.now().tokensPerSecond;
  }

  /** What a perfect recording of so many tokens would hold, as the load is now. */
  expectedCounts(tokens: number): number[][] {
    return this.now().shares.map((row) => row.map((share) => share * tokens * this.shape.topK));
  }

  /** What the load was between two times. */
  between(from: number, to: number): Piece[] {
    return this.changes.flatMap(({ at, shares, tokensPerSecond }, index) => {
      const begin = Math.max(at, from);
      const end = Math.min(this.changes[index + 1]?.at ?? Infinity, to);
      return end > begin ? [{ seconds: end - begin, shares, tokensPerSecond }] : [];
    });
  }

  private now(): Omit<Piece, "seconds"> & { readonly at: number } {
    const last = this.changes.at(-1);
    if (last === undefined) throw new Error("a load has at least its beginning");
    return last;
  }
}

/**
 * Which experts so many choices fall on: the normal approximation of a multinomial draw, with the exact sum. Dense
 * layers get nothing.
 */
export function drawCounts(shares: readonly number[], choices: number, random: () => number): number[] {
  if (sum(shares) === 0) return shares.map(() => 0);
  const drawn = shares.map((share) => {
    const mean = share * choices;
    return Math.max(0, mean + Math.sqrt(mean) * normal(random));
  });
  const scale = choices / Math.max(sum(drawn), Number.MIN_VALUE);
  // Rounding the running total leaves no remainder to hand out.
  let total = 0;
  let given = 0;
  return drawn.map((value) => {
    total += value * scale;
    const count = Math.round(total) - given;
    given += count;
    return count;
  });
}

function shuffled(values: readonly number[], random: () => number): number[] {
  return values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
