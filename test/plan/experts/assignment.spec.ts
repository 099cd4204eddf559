import assert from "node:assert/strict";
import fc from "fast-check";
import { cheapestAssignment, leastCost } from "../../../src/plan/experts/assignment";

const anyCosts = fc
  .integer({ min: 1, max: 6 })
  .chain((size) =>
    fc.array(fc.array(fc.nat({ max: 9 }), { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
  );

function costOf(costs: readonly (readonly number[])[], columns: ArrayLike<number>): number {
  return costs.reduce((sum, row, at) => sum + (row[columns[at] ?? -1] ?? NaN), 0);
}

function cheapestOfAll(costs: readonly (readonly number[])[], row = 0, taken: ReadonlySet<number> = new Set()): number {
  if (row === costs.length) return 0;
  const rest = (costs[row] ?? []).map((cost, column) =>
    taken.has(column) ? Infinity : cost + cheapestOfAll(costs, row + 1, new Set([...taken, column])),
  );
  return Math.min(...rest);
}

describe("cheapestAssignment", () => {
  it("gives up a cheap column for a cheaper whole", () => {
    const costs = [
      [1, 2, 9],
      [1, 4, 9],
      [3, 5, 6],
    ];
    assert.deepEqual([...cheapestAssignment(Float64Array.from(costs.flat()), 3)], [1, 0, 2]);
  });

  it("uses every column once and costs what the best of all permutations costs", () => {
    fc.assert(
      fc.property(anyCosts, (costs) => {
        const columns = cheapestAssignment(Float64Array.from(costs.flat()), costs.length);
        assert.deepEqual(
          [...columns].sort((a, b) => a - b),
          costs.map((_, i) => i),
        );
        assert.equal(costOf(costs, columns), cheapestOfAll(costs));
      }),
      { numRuns: 300 },
    );
  });

  it("is never below the least cost, which it reaches where all rows want different columns", () => {
    fc.assert(
      fc.property(anyCosts, (costs) => {
        const flat = Float64Array.from(costs.flat());
        assert.ok(costOf(costs, cheapestAssignment(flat, costs.length)) >= leastCost(flat, costs.length));
      }),
    );
    assert.equal(leastCost(Float64Array.from([1, 5, 5, 2]), 2), 3);
  });
});
