import assert from "node:assert/strict";
import { Acceptance } from "../../../src/plan/simulate/acceptance";
import { RandomStream } from "../../../src/plan/simulate/random";

function steps(draftTokens: number, acceptedTokens: number, tokens: number): number {
  return new Acceptance(draftTokens, acceptedTokens).steps(tokens, new RandomStream(1));
}

describe("multi-token prediction", () => {
  it("takes a step per token without drafts, or when none is accepted", () => {
    assert.equal(steps(0, 0, 1000), 1000);
    assert.equal(steps(3, 0, 1000), 1000);
  });

  it("takes the fewest steps when all drafts are accepted", () => {
    assert.equal(steps(3, 3, 1000), 250);
    assert.equal(steps(3, 3, 1001), 251);
    assert.equal(steps(1, 1, 9), 5);
  });

  it("takes no step for no token", () => assert.equal(steps(1, 0.8, 0), 0));

  for (const tokens of [20, 64, 65, 1000]) {
    it(`needs ${tokens} / 2.5 steps and an end in the mean, with 1.5 of 3 drafts accepted`, () => {
      const acceptance = new Acceptance(3, 1.5);
      const random = new RandomStream(5);
      const draws = 4000;
      let sum = 0;
      for (let i = 0; i < draws; i++) {
        const drawn = acceptance.steps(tokens, random);
        assert.ok(Number.isInteger(drawn) && drawn >= tokens / 4 && drawn <= tokens);
        sum += drawn;
      }
      // The last step overshoots by less than the four tokens it can yield.
      const mean = sum / draws;
      assert.ok(mean > (0.99 * tokens) / 2.5 && mean < (1.01 * (tokens + 3)) / 2.5, `${mean}`);
    });
  }

  it("draws short answers step by step: two tokens take one step or two, by a coin", () => {
    const acceptance = new Acceptance(1, 0.5);
    const random = new RandomStream(6);
    const draws = Array.from({ length: 4000 }, () => acceptance.steps(2, random));
    assert.ok(Math.abs(draws.filter((steps) => steps === 1).length / 4000 - 0.5) < 0.03);
  });

  it("spreads long answers as sums of steps do", () => {
    // A step yields 1 or 2 with the same chance: mean 1.5, variance 1/4, so 1000 tokens have a variance of 250 / 1.5^3.
    const acceptance = new Acceptance(1, 0.5);
    const random = new RandomStream(7);
    const draws = Array.from({ length: 8000 }, () => acceptance.steps(1000, random));
    const mean = draws.reduce((sum, steps) => sum + steps, 0) / draws.length;
    const variance = draws.reduce((sum, steps) => sum + (steps - mean) ** 2, 0) / draws.length;
    assert.ok(Math.abs(variance / (250 / 1.5 ** 3) - 1) < 0.06, `${variance}`);
  });
});
