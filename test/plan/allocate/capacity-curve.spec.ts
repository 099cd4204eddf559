import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bestRatePerTray,
  capacityCurve,
  pinnedCurve,
  rateAt,
  ratesOf,
  ratesOverRacks,
} from "../../../src/plan/allocate/capacity-curve";
import { allPools, decodeRules, poolOf, prefillRules } from "../../../src/plan/allocate/pool";
import { brutePools } from "./brute-force";
import { option } from "./requests";

const rates = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 });
const worker = (trays: readonly number[]) => (values: readonly number[]) =>
  trays.map((size, i) => option(size, values[i] ?? 1));

describe("the capacity curve of a pool", () => {
  for (const mixed of [true, false]) {
    it(`is the best of all ${mixed ? "mixed" : "uniform"} pools, for every number of trays`, () => {
      fc.assert(
        fc.property(rates.map(worker([1, 2, 3])), (options) => {
          const curve = capacityCurve(options, 9, decodeRules(mixed));
          for (let trays = 0; trays <= 9; trays++) {
            const best = Math.max(...brutePools(options, trays, mixed).map((pool) => pool.rate));
            assert.equal(rateAt(curve, trays), best);
            assert.ok((curve[trays]?.trays ?? 99) <= trays);
          }
        }),
        { seed: 1, numRuns: 100 },
      );
    });
  }

  it("takes the fewest trays, then the fewest workers, then the largest, at one rate", () => {
    const sizes = (options: readonly ReturnType<typeof option>[], trays: number): unknown =>
      capacityCurve(options, trays, decodeRules(true))[trays]?.workerTrays;
    assert.deepEqual(sizes([option(1, 2), option(2, 4)], 4), [2, 2]);
    assert.deepEqual(sizes([option(1, 2), option(2, 2)], 3), [1, 1, 1]);
    assert.deepEqual(sizes([option(1, 4), option(3, 4)], 3), [1, 1, 1]);
    assert.deepEqual(sizes([option(1, 1), option(2, 2), option(3, 3)], 4), [3, 1]);
    assert.deepEqual(sizes([option(4, 7)], 7), [4]);
  });

  it("takes of two sizes on as many trays the faster one", () => {
    const [pool] = capacityCurve([option(1, 2, 2), option(1, 3)], 1, decodeRules(true)).slice(1);
    assert.deepEqual([pool?.gpus, pool?.requestsPerSecond], [4, 3]);
  });

  it("counts a pool of prefill workers as the caller does", () => {
    const curve = capacityCurve(
      [option(1, 10)],
      3,
      prefillRules((one, n) => one.requestsPerSecond * (n - 0.5)),
    );
    assert.deepEqual(ratesOf(curve), [0, 5, 15, 25]);
    assert.equal(bestRatePerTray(curve), 25 / 3);
  });

  it("is one step where the operator has fixed the pool", () => {
    const pool = poolOf([{ option: option(2, 7), workers: 1 }], decodeRules(true));
    assert.deepEqual(ratesOf(pinnedCurve(pool, 4)), [0, 0, 7, 7, 7]);
  });

  it("adds up over racks without a worker across their walls", () => {
    const curve = capacityCurve([option(2, 5)], 3, decodeRules(true));
    assert.deepEqual(ratesOverRacks(curve, 3, 6), [0, 0, 5, 5, 10, 10, 15]);
  });
});

describe("the pools of a rack", () => {
  it("are as many as there are ways to put workers on its trays", () => {
    const options = [1, 2, 4, 8, 16].map((trays) => option(trays, trays));
    assert.equal(allPools(options, 18, decodeRules(true)).length, brutePools(options, 18, true).length);
    assert.equal(allPools(options, 18, decodeRules(false)).length, 1 + 18 + 9 + 4 + 2 + 1);
  });
});
