import assert from "node:assert/strict";
import { largestBatches } from "../../tools/calibrate/batch-table";

describe("the largest batch that a rank's memory holds", () => {
  const rows = largestBatches();

  it("is within 3 % of the reference for every worker size, precision and context", () => {
    for (const { precision, ranks, batches } of rows) {
      for (const { ours, reference } of batches) {
        if (reference === 0) assert.equal(ours, 0, `${precision} EP${ranks}`);
        else
          assert.ok(Math.abs(ours / reference - 1) < 0.03, `${precision} EP${ranks}: ${ours}, reference ${reference}`);
      }
    }
  });

  it("is none with FP8 weights on 4 GPUs, and 1441 with source 001's worker at 2k", () => {
    const of = (precision: string, ranks: number): readonly number[] =>
      rows.find((row) => row.precision === precision && row.ranks === ranks)?.batches.map(({ ours }) => ours) ?? [];
    assert.deepEqual(of("FP8", 4), [0, 0, 0, 0]);
    assert.deepEqual(of("NVFP4", 48), [1441, 692, 408, 212]);
  });

  it("has weights within a gibibyte of the reference", () => {
    for (const { weightsGib, referenceWeightsGib } of rows) assert.ok(Math.abs(weightsGib - referenceWeightsGib) < 1);
  });
});
