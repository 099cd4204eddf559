import assert from "node:assert/strict";
import fc from "fast-check";
import { balancedness, fullestRank } from "../../../src/plan/experts/load";
import { placeGlobally } from "../../../src/plan/experts/packing";
import { improvePlacement } from "../../../src/plan/experts/reassign";
import { improveBySwaps, noFurtherThan } from "../../../src/plan/experts/search";

describe("improveBySwaps", () => {
  it("takes load off the fullest rank and keeps the replicas", () => {
    const weights = [8, 7, 3, 2];
    const improved = improveBySwaps([0, 1, 2, 3], weights, 2, noFurtherThan(0));
    assert.deepEqual(improved, [2, 1, 0, 3]);
    assert.equal(fullestRank(improved, weights, 2), 10);
    assert.deepEqual([...improved].sort(), [0, 1, 2, 3]);
  });

  it("does not bring two replicas of an expert together", () => {
    // Swapping slots 1 and 2 would even out the loads, and put both replicas of expert 0 on rank 0.
    assert.deepEqual(improveBySwaps([0, 1, 0, 2], [8, 4, 0], 2, noFurtherThan(0)), [0, 1, 0, 2]);
  });
});

describe("improvePlacement", () => {
  it("is never worse than swaps alone, loses no expert and puts no two replicas on a rank", () => {
    const counts = fc.array(fc.nat({ max: 1000 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(counts, (weights) => {
        const start = placeGlobally(weights, 16, 4);
        const improved = improvePlacement(start, weights, 4, noFurtherThan(0));
        const swapped = improveBySwaps(start, weights, 4, noFurtherThan(0));
        assert.ok(fullestRank(improved, weights, 4) <= fullestRank(swapped, weights, 4) * (1 + 1e-9));
        assert.equal(new Set(improved).size, 8);
        const doubles = (row: readonly number[]): number =>
          [0, 4, 8, 12].reduce((sum, from) => sum + 4 - new Set(row.slice(from, from + 4)).size, 0);
        assert.ok(doubles(improved) <= doubles(swapped));
      }),
    );
  });

  it("gives a replica of one cold expert to a colder one, which no swap can", () => {
    // Beside 0's replicas of 45 stand the 3s of 1.5; a second replica of 2 in one of their places would be 3.
    const improved = improvePlacement([0, 1, 0, 2, 2, 3], [90, 30, 6, 3], 3, noFurtherThan(0));
    assert.deepEqual(improved, [2, 1, 0, 3, 0, 3]);
    assert.equal(fullestRank(improved, [90, 30, 6, 3], 3), 46.5);
  });
});

describe("balancedness", () => {
  it("is mean / max, and 1 where there is no load", () => {
    assert.equal(balancedness([2, 4, 6]), 4 / 6);
    assert.equal(balancedness([0, 0]), 1);
  });
});
