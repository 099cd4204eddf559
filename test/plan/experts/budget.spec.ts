import assert from "node:assert/strict";
import fc from "fast-check";
import { replicasNeeded } from "../../../src/plan/experts/budget";
import { withCopies } from "../../../src/plan/experts/copies";
import { fullestRank } from "../../../src/plan/experts/load";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { anyRequest, recorded, recordingOf } from "../../support/expert-cases";

describe("withCopies", () => {
  it("copies experts that no other rank has, which changes no load", () => {
    const weights = [9, 4, 6, 5];
    const copied = withCopies([0, 1, 0, 2, 0, 3], weights, 3, 9);
    assert.deepEqual(copied, [0, 1, 1, 0, 2, 2, 0, 3, 3]);
    assert.equal(fullestRank(copied, weights, 3), fullestRank([0, 1, 0, 2, 0, 3], weights, 3));
  });

  it("takes the copy that adds least where all are elsewhere too", () => {
    assert.deepEqual(withCopies([0, 1, 1, 0], [4, 2], 2, 6), [0, 1, 1, 1, 0, 1]);
  });

  it("gives ranks nothing that they did not have", () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 1, max: 3 }), ({ ranks, slots, counts }, more) => {
        const [weights = []] = counts;
        const row = Array.from({ length: slots }, (_, slot) => slot % weights.length);
        const copied = withCopies(row, weights, ranks, slots + more * ranks);
        for (let rank = 0; rank < ranks; rank++) {
          const held = (of: readonly number[]) => new Set(of.slice((rank * of.length) / ranks, ((rank + 1) * of.length) / ranks)); // prettier-ignore
          assert.deepEqual(held(copied), held(row));
        }
      }),
    );
  });
});

describe("replicasNeeded", () => {
  it("gives 32 ranks 4 redundant experts per layer in the mean, where equal numbers for all take 32", () => {
    const { budget, unreachable, uniform } = replicasNeeded(recorded, { ranks: 32, balancedness: 0.95 });
    assert.deepEqual(unreachable, []);
    assert.equal(uniform, 32);
    assert.deepEqual(budget.slice(0, 3), [0, 0, 0]);
    assert.deepEqual([0, 32].map((n) => budget.slice(3).filter((needed) => needed === n).length), [49, 9]); // prettier-ignore
  });

  it("says the least uniform numbers of other sizes", () => {
    const uniform = (ranks: number) => replicasNeeded(recorded, { ranks, balancedness: 0.99 }).uniform;
    assert.deepEqual([8, 16, 48, 64, 72].map(uniform), [0, 16, 32, 64, 32]);
  });

  it("names layers that no number up to the most balances", () => {
    // Seven of eight ranks share the one, and the eighth has the other: mean 12.625, fullest 100 / 7.
    const recording = recordingOf([[100, 1], [50, 50], [0, 0]]); // prettier-ignore
    assert.deepEqual(replicasNeeded(recording, { ranks: 8, balancedness: 0.9 }), {
      budget: [6, 6, 6],
      unreachable: [0],
      uniform: undefined,
    });
    assert.deepEqual(replicasNeeded(recording, { ranks: 8, balancedness: 0.9, most: 14 }), {
      budget: [14, 6, 6],
      unreachable: [],
      uniform: 14,
    });
  });

  it("takes a layer that reaches the goal exactly, whatever the last bit of a division says", () => {
    // Four of five ranks share 3: mean 0.6, fullest 0.75.
    const recording = recordingOf([[3, 0]]);
    assert.deepEqual(replicasNeeded(recording, { ranks: 5, balancedness: 0.8 }), {
      budget: [3],
      unreachable: [],
      uniform: 3,
    });
  });

  it("promises what a placement then has, and one slot less per rank has not", () => {
    fc.assert(
      fc.property(anyRequest, fc.constantFrom(0.6, 0.8, 0.9, 0.99), ({ ranks, counts }, balancedness) => {
        const recording = recordingOf(counts);
        const { budget, unreachable } = replicasNeeded(recording, { ranks, balancedness });
        budget.forEach((redundant, layer) => {
          const slots = recording.experts + redundant;
          const reached = (of: number) =>
            placeExperts(recordingOf([counts[layer] ?? []]), { slots: of, ranks }).balance.after;
          assert.equal(reached(slots) >= balancedness - 1e-9, !unreachable.includes(layer));
          // Balance of fewer slots may be as good within the tolerance of a search.
          if (slots - ranks >= recording.experts) assert.ok(reached(slots - ranks) < balancedness * 1.001);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe("a placement within a replica budget", () => {
  const goal = { ranks: 32, balancedness: 0.99 };
  const { budget } = replicasNeeded(recorded, goal);

  it("reaches its goal in every layer, and fetches less than one that uses every slot", () => {
    const within = placeExperts(recorded, { slots: 288, ranks: 32, replicaBudget: budget });
    const without = placeExperts(recorded, { slots: 288, ranks: 32 });
    assert.ok(within.layers.every(({ after }) => after >= 0.99));
    assert.ok(within.moved < without.moved - 32 * 40, `${within.moved} of ${without.moved}`);
    assert.ok(within.placement.physicalToLogical.every((row) => row.length === 288));
  });

  it("holds on every rank no more different experts than it was given slots for", () => {
    const { placement } = placeExperts(recorded, { slots: 288, ranks: 32, replicaBudget: budget });
    placement.physicalToLogical.slice(3).forEach((row, at) => {
      const most = (256 + (budget[at + 3] ?? 0)) / 32;
      for (let rank = 0; rank < 32; rank++) assert.ok(new Set(row.slice(rank * 9, rank * 9 + 9)).size <= most);
    });
  });

  it("stays when it is asked for again, and is the same as without a budget that covers all", () => {
    const request = { slots: 288, ranks: 32, replicaBudget: budget };
    const { placement } = placeExperts(recorded, request);
    assert.deepEqual(placeExperts(recorded, { ...request, current: placement }).placement, placement);
    const covered = placeExperts(recorded, { slots: 288, ranks: 32, replicaBudget: budget.map(() => 32) });
    assert.deepEqual(covered, placeExperts(recorded, { slots: 288, ranks: 32 }));
  });
});
