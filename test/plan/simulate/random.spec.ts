import assert from "node:assert/strict";
import { RandomStream, randomStream } from "../../../src/plan/simulate/random";

const draws = 50_000;

function moments(draw: () => number): { readonly mean: number; readonly cv: number } {
  const values = Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, v) => sum + v, 0) / draws;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / draws;
  return { mean, cv: Math.sqrt(variance) / mean };
}

function isNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} +- ${tolerance}`);
}

describe("a stream of random numbers", () => {
  it("is the same for the same seed, client and purpose", () => {
    const take = () => {
      const stream = randomStream(7, 1, "lengths");
      return [stream.uniform(), stream.normal(), stream.exponential(2), stream.integer(1, 6)];
    };
    assert.deepEqual(take(), take());
  });

  it("is another one for another seed, client or purpose", () => {
    const starts = [
      randomStream(7, 0, "arrivals"),
      randomStream(8, 0, "arrivals"),
      randomStream(7, 1, "arrivals"),
      randomStream(7, 0, "lengths"),
      randomStream(7, 0, "steps"),
    ].map((stream) => stream.uniform());
    assert.equal(new Set(starts).size, starts.length);
  });

  it("is uniform", () => {
    const stream = new RandomStream(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < draws; i++) {
      const cell = Math.floor(stream.uniform() * 10);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    // Chi-square with 9 degrees of freedom exceeds 27.9 once in 1000 seeds.
    const chiSquare = counts.reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0);
    assert.ok(chiSquare < 27.9, `${chiSquare}`);
  });

  it("draws whole numbers with both ends", () => {
    const stream = new RandomStream(2);
    const seen = new Set(Array.from({ length: 1000 }, () => stream.integer(3, 7)));
    assert.deepEqual([...seen].sort(), [3, 4, 5, 6, 7]);
  });

  it("has normals of mean 0 and deviation 1", () => {
    const stream = new RandomStream(3);
    const shifted = moments(() => 10 + stream.normal());
    isNear(shifted.mean, 10, 0.02);
    isNear(shifted.cv, 0.1, 0.002);
  });

  for (const cv of [0, 0.5, 1, 2]) {
    it(`draws gaps with a coefficient of variation of ${cv}`, () => {
      const stream = new RandomStream(4);
      const drawn = moments(() => stream.gamma(0.25, cv));
      isNear(drawn.mean, 0.25, 0.25 * (0.0001 + 0.015 * cv));
      isNear(drawn.cv, cv, 0.0001 + 0.04 * cv);
    });
  }
});
