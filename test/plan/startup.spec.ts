import assert from "node:assert/strict";
import { checkpoints } from "../../src/plan/model-shape";
import { planStartup } from "../../src/plan/startup";

const nvfp4 = checkpoints["deepseek-r1-nvfp4"];

describe("start of a worker", () => {
  it("reads 400 GB at 5 GiB/s in 75 s, compiles and captures ten graphs in 407 s", () => {
    assert.deepEqual(planStartup(nvfp4, { readGibPerSecond: 5 }, "decode", 10), {
      loadSeconds: 75,
      preparationSeconds: 407,
      expectedSeconds: 482,
      budgetSeconds: 1500,
    });
  });

  it("captures no graphs for prefill", () => {
    assert.equal(planStartup(nvfp4, { readGibPerSecond: 5 }, "prefill", 10).preparationSeconds, 360);
  });

  it("allows a slow store three times its time, in whole minutes", () => {
    assert.deepEqual(planStartup(nvfp4, { readGibPerSecond: 0.25 }, "prefill", 0), {
      loadSeconds: 1491,
      preparationSeconds: 360,
      expectedSeconds: 1851,
      budgetSeconds: 5580,
    });
  });

  it("covers source 001's load of 45 s from a cached download", () => {
    assert.ok(planStartup(nvfp4, { readGibPerSecond: 9 }, "decode", 1).loadSeconds >= 41);
  });
});
