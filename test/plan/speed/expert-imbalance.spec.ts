import assert from "node:assert/strict";
import fc from "fast-check";
import { findCheckpoint } from "../../../src/plan/model-shape";
import { decodeStep } from "../../../src/plan/speed/decode-step";
import { balancedImbalance, stepImbalance, usualImbalance } from "../../../src/plan/speed/expert-imbalance";

const balance = fc.double({ min: 1e-4, max: 1, noNaN: true });

describe("load of the fullest rank in a single step", () => {
  it("of a perfect placement is what sampling makes of it: 1.109", () => {
    assert.equal(stepImbalance(1), 1.109);
    assert.equal(stepImbalance(1), usualImbalance(true, 32));
  });

  it("adds squares of what sampling and what the placement do", () => {
    // 1 / 0.9 - 1 = 0.1111, and hypot(0.109, 0.1111) = 0.1556.
    assert.equal(Math.round(stepImbalance(0.9) * 1e4), 11556);
    assert.equal(Math.round(stepImbalance(0.5) * 1e4), 20059);
  });

  it("is that of the long run where the placement is bad", () => {
    for (const bad of [0.1, 0.05, 0.01]) {
      const excess = stepImbalance(bad) * bad - 1;
      assert.ok(excess > 0 && excess < bad ** 2, `${excess}`);
    }
  });

  it("is never below either, nor above both together, and falls with every gain of balance", () => {
    fc.assert(
      fc.property(balance, balance, (one, other) => {
        const step = stepImbalance(one);
        const least = Math.max(balancedImbalance, 1 / one);
        assert.ok(step >= least * (1 - 1e-12));
        assert.ok(step <= balancedImbalance + 1 / one - 1 + 1e-12);
        if (one < other * (1 - 1e-9)) assert.ok(step >= stepImbalance(other));
      }),
    );
  });

  it("is not asked for without a placement: usual values stay what is published", () => {
    assert.deepEqual(
      [16, 32, 64].map((ranks) => usualImbalance(false, ranks)),
      [1 / 0.541, 1 / 0.375, 1 / 0.33],
    );
  });

  it("makes replicas worth 1.2 times on source 001's 48 GPUs, as its traces with and without them say (84.6, 101.9 ms)", () => {
    const checkpoint = findCheckpoint("deepseek-r1-nvfp4");
    assert.ok(checkpoint !== undefined);
    const step = (balancedness: number): number =>
      decodeStep(
        {
          engine: "sglang",
          checkpoint,
          kvCacheType: "fp8",
          ranks: 48,
          expertSlots: 288,
          expertImbalance: stepImbalance(balancedness),
          draftTokens: 0,
        },
        1024,
        2005,
      ).total;
    // 288 slots in the model's order: 2.82 on the fullest of 48 ranks of the public recording.
    const gain = step(1 / 2.82) / step(0.998);
    assert.ok(Math.abs(gain / (101.9 / 84.6) - 1) < 0.03, `${gain}`);
  });
});
