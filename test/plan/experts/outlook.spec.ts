import assert from "node:assert/strict";
import { expertOutlook } from "../../../src/plan/experts/outlook";
import type { ExpertIntent, PlacedExperts } from "../../../src/plan/intent";
import { checkpoints } from "../../../src/plan/model-shape";
import { decodeSpeed } from "../../../src/plan/speed/pool-speed";
import { decodeIntent, planned } from "../../support/intents";

const workload = { inputTokens: 1024, outputTokens: 8192 };
const promise: PlacedExperts = { before: 0.5, beforeIsRecorded: true, after: 0.99, bound: 1, moved: 100 };

/** Experts that were placed, with what a test wants different. */
function placed(changes: Partial<PlacedExperts> = {}): ExpertIntent {
  const file = { configMap: "recorded", key: "placement.json" };
  return { balancing: "static", redundantExperts: 32, ...file, placed: { ...promise, ...changes } };
}

/** Milliseconds of a full decode step in the middle of an answer. */
function step(experts: ExpertIntent): number {
  const speed = decodeSpeed(planned(decodeIntent({ experts })));
  if ("unpredicted" in speed) throw new Error(speed.unpredicted);
  return speed.step(256, 5120).total;
}

describe("a decode pool's prediction", () => {
  it("is slower with a placement that balances half than with one that balances all", () => {
    const steps = [1, 0.9, 0.7, 0.5].map((after) => step(placed({ after })));
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
    assert.deepEqual(
      [steps[0], steps[3]].map((milliseconds) => milliseconds?.toFixed(2)),
      ["36.58", "38.96"],
    );
  });

  it("of a perfect placement is that of experts that the engine keeps balanced", () => {
    assert.equal(step(placed({ after: 1 })), step({ balancing: "dynamic", redundantExperts: 32 }));
  });

  it("asks what was promised and not what was before", () => {
    assert.equal(step(placed({ before: 0.1 })), step(placed({ before: 0.9 })));
  });

  it("is what it was where nothing is placed", () => {
    assert.equal(step({ balancing: "off", redundantExperts: 0 }).toFixed(3), "40.385");
    const unknown: ExpertIntent = { balancing: "static", redundantExperts: 32, configMap: "c", key: "placement.json" };
    assert.equal(step(unknown), step(placed({ after: 1 })));
  });
});

describe("the outlook of a placement", () => {
  it("is what it promises, and a full step before and after", () => {
    const { stepMilliseconds, ...rest } = expertOutlook(planned(decodeIntent({ experts: placed() })), workload) ?? {};
    assert.deepEqual(rest, promise);
    assert.deepEqual(
      [stepMilliseconds?.before.toFixed(2), stepMilliseconds?.after.toFixed(2)],
      [step(placed({ after: 0.5 })).toFixed(2), step(placed()).toFixed(2)],
    );
  });

  it("is of a full batch", () => {
    const after = (batchPerRank: number): number =>
      expertOutlook(planned(decodeIntent({ experts: placed(), batchPerRank })), workload)?.stepMilliseconds?.after ?? 0;
    assert.equal(after(256).toFixed(3), "36.584");
    assert.ok(after(64) < 0.9 * after(256));
  });

  it("says nothing of speed where nothing is predicted", () => {
    const checkpoint = checkpoints["qwen3-235b-fp8"];
    const weights = { hostPath: "/mnt/models", path: "Qwen3-235B", readGibPerSecond: 5 };
    const experts: ExpertIntent = { ...placed(), redundantExperts: 0 };
    const pool = planned(decodeIntent({ checkpoint, weights, gpusPerWorker: 8, batchPerRank: 64, experts }));
    assert.deepEqual(expertOutlook(pool, workload), promise);
  });

  it("is none where experts sit in order or move by themselves", () => {
    for (const balancing of ["off", "dynamic"] as const) {
      const pool = planned(decodeIntent({ experts: { balancing, redundantExperts: 32 } }));
      assert.equal(expertOutlook(pool, workload), undefined);
    }
  });
});
