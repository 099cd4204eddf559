import type { RandomStream } from "./random";

/** Above this the sum of steps is normal enough; below it steps are drawn one by one. */
const drawnTokens = 64;

/**
 * Multi-token prediction: a step yields one token and the drafts before the first rejected one. A draft is accepted with
 * the same probability each, so the accepted number is geometric, cut off at the number of drafts.
 */
export class Acceptance {
  private readonly probability: number;
  private readonly mean: number;
  private readonly variance: number;

  constructor(
    private readonly draftTokens: number,
    acceptedTokens: number,
  ) {
    this.probability = probabilityOf(draftTokens, acceptedTokens);
    const { mean, variance } = momentsOf(draftTokens, this.probability);
    this.mean = mean;
    this.variance = variance;
  }

  /** Decode steps until `tokens` tokens are out. */
  steps(tokens: number, random: RandomStream): number {
    if (tokens <= 0) return 0;
    if (this.probability === 0) return tokens;
    if (tokens <= drawnTokens) return this.drawnSteps(tokens, random);
    // Renewal theorem: the steps until the sum of yields passes n have mean n / m and variance n v / m^3.
    const spread = Math.sqrt((tokens * this.variance) / this.mean ** 3);
    const steps = Math.round(tokens / this.mean + spread * random.normal());
    return Math.min(tokens, Math.max(Math.ceil(tokens / (1 + this.draftTokens)), steps));
  }

  private drawnSteps(tokens: number, random: RandomStream): number {
    let steps = 0;
    for (let out = 0; out < tokens; steps++) out += 1 + this.accepted(random);
    return steps;
  }

  private accepted(random: RandomStream): number {
    let accepted = 0;
    while (accepted < this.draftTokens && random.uniform() < this.probability) accepted++;
    return accepted;
  }
}

/** Solves p + p^2 + ... + p^drafts = accepted by bisection; the left side grows with p. */
function probabilityOf(draftTokens: number, acceptedTokens: number): number {
  if (acceptedTokens <= 0 || draftTokens <= 0) return 0;
  if (acceptedTokens >= draftTokens) return 1;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (momentsOf(draftTokens, middle).mean - 1 < acceptedTokens) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Mean and variance of the tokens of one step. */
function momentsOf(draftTokens: number, probability: number): { readonly mean: number; readonly variance: number } {
  let mean = 1;
  let square = 1;
  // E[X] = sum of P(X >= k), E[X^2] = sum of (2k - 1) P(X >= k); at least k tokens come out with probability p^(k-1).
  for (let k = 2; k <= draftTokens + 1; k++) {
    mean += probability ** (k - 1);
    square += (2 * k - 1) * probability ** (k - 1);
  }
  return { mean, variance: square - mean * mean };
}
