import assert from "node:assert/strict";
import { usualRedundantExperts, withUsualRedundancy } from "../../src/plan/redundancy";
import { decodeIntent } from "../support/intents";

describe("replicas that are planned with a decode worker", () => {
  it("are at least 24 for 256 experts, and fill every rank alike", () => {
    const ranks = Array.from({ length: 18 }, (_, i) => 4 * (i + 1));
    assert.deepEqual(
      ranks.map((count) => usualRedundantExperts(256, count)),
      [24, 24, 32, 32, 24, 32, 24, 32, 32, 24, 52, 32, 56, 24, 44, 64, 84, 32],
    );
    for (const count of ranks) assert.equal((256 + usualRedundantExperts(256, count)) % count, 0);
  });

  it("are as many of another model's experts", () => {
    assert.equal(usualRedundantExperts(384, 48), 48);
  });

  it("are none where nothing balances experts, or every expert is sliced over all GPUs", () => {
    const of = (changes: Parameters<typeof decodeIntent>[0]): number =>
      withUsualRedundancy(decodeIntent({ gpusPerWorker: 40, ...changes })).experts.redundantExperts;
    assert.equal(of({}), 24);
    assert.equal(of({ experts: { balancing: "off", redundantExperts: 32 } }), 0);
    assert.equal(of({ attention: "tensor" }), 0);
  });
});
