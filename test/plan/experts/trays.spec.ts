import assert from "node:assert/strict";
import fc from "fast-check";
import { fullestRank } from "../../../src/plan/experts/load";
import { arrangedInTrays, sharedTrays, spreadOverTrays, usualRanksPerTray } from "../../../src/plan/experts/trays";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { anyRequest, recorded, recordingOf } from "../../support/expert-cases";

const free = (highest: number) => ({ ranksPerTray: 2, highest, fetchCost: () => 0 });

describe("sharedTrays", () => {
  it("counts pairs of ranks on a tray that hold the same expert, and no copies on one rank", () => {
    assert.equal(sharedTrays([0, 1, 0, 2, 0, 3, 4, 4], 4, 2), 1);
    assert.equal(sharedTrays([0, 1, 0, 2, 0, 3, 4, 4], 4, 4), 3);
    assert.equal(sharedTrays([0, 1, 0, 2, 0, 3, 4, 4], 4, 1), 0);
  });
});

describe("a tray", () => {
  it("has four ranks where they divide by four, else every rank stands for itself", () => {
    assert.deepEqual([72, 8, 4, 6, 1].map(usualRanksPerTray), [4, 4, 4, 1, 1]);
  });
});

describe("arrangedInTrays", () => {
  it("moves whole ranks until replicas stand on different trays", () => {
    const arranged = arrangedInTrays([0, 1, 0, 2, 3, 4, 3, 5], 4, 2);
    assert.equal(sharedTrays(arranged, 4, 2), 0);
    assert.deepEqual([...arranged].sort(), [0, 0, 1, 2, 3, 3, 4, 5]);
  });

  it("shares no more than before, and has the same ranks", () => {
    fc.assert(
      fc.property(anyRequest, ({ ranks, slots, counts }) => {
        const row = Array.from({ length: slots }, (_, slot) => slot % (counts[0]?.length ?? 1));
        const arranged = arrangedInTrays(row, ranks, 2);
        assert.ok(sharedTrays(arranged, ranks, 2) <= sharedTrays(row, ranks, 2));
        assert.deepEqual(contents(arranged, ranks), contents(row, ranks));
      }),
    );
  });
});

function contents(row: readonly number[], ranks: number): string[] {
  const perRank = row.length / ranks;
  return Array.from({ length: ranks }, (_, rank) => row.slice(rank * perRank, (rank + 1) * perRank).join(" ")).sort();
}

describe("spreadOverTrays", () => {
  // Ranks 0, 1 and 2 hold an expert in common two by two, and two of them must share a tray.
  const triangle = [0, 2, 0, 1, 1, 2, 3, 4];

  it("swaps slots of equal load where no order of the ranks separates replicas", () => {
    const weights = [4, 4, 4, 2, 2];
    assert.equal(sharedTrays(arrangedInTrays(triangle, 4, 2), 4, 2), 1);
    const spread = spreadOverTrays(triangle, weights, 4, free(4));
    assert.deepEqual(spread, [3, 2, 0, 1, 1, 2, 0, 4]);
    assert.equal(sharedTrays(spread, 4, 2), 0);
    assert.equal(fullestRank(spread, weights, 4), 4);
  });

  it("does so neither above the highest load nor for a fetch", () => {
    assert.deepEqual(spreadOverTrays(triangle, [4, 4, 4, 3, 3], 4, free(4)), triangle);
    const dear = { ...free(4), fetchCost: (rank: number, expert: number) => (expert === 0 && rank > 1 ? 1 : 0) };
    assert.deepEqual(spreadOverTrays(triangle, [4, 4, 4, 2, 2], 4, dear), triangle);
  });

  it("halves an expert that has more replicas than there are trays", () => {
    const row = [0, 1, 0, 2, 0, 3, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const weights = [4, ...new Array<number>(12).fill(1)];
    const spread = spreadOverTrays(row, weights, 8, { ranksPerTray: 4, highest: 2, fetchCost: () => 0 });
    assert.equal(sharedTrays(row, 8, 4), 6);
    assert.equal(sharedTrays(spread, 8, 4), 2);
  });
});

describe("a first placement", () => {
  for (const [ranks, slots] of [
    [32, 288],
    [48, 288],
    [48, 336],
    [64, 320],
    [72, 288],
    [72, 360],
  ] as const) {
    it(`has no two replicas of an expert on a tray: ${slots} slots on ${ranks} ranks`, () => {
      assert.equal(placeExperts(recorded, { slots, ranks }).sharedTrays, 0);
    });
  }

  it("is as balanced whatever the trays", () => {
    fc.assert(
      fc.property(anyRequest, ({ ranks, slots, counts }) => {
        const place = (ranksPerTray: number) => placeExperts(recordingOf(counts), { slots, ranks, ranksPerTray });
        const [apart, together] = [place(1), place(2)];
        apart.layers.forEach(({ after }, at) => {
          assert.ok((together.layers[at]?.after ?? 0) >= after * (1 - 1e-9));
        });
      }),
    );
  });
});
