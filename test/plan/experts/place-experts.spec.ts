import assert from "node:assert/strict";
import fc from "fast-check";
import { leastFullestRank } from "../../../src/plan/experts/bound";
import { fullestRank } from "../../../src/plan/experts/load";
import { placeGlobally } from "../../../src/plan/experts/packing";
import { movedExperts, trivialPlacement } from "../../../src/plan/experts/placement";
import { balanced } from "../../../src/plan/experts/search";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import {
  anyRequest,
  flashExample,
  publishedPlacement,
  publishedWeights,
  recorded,
  recordingOf,
} from "../../support/expert-cases";

describe("placeExperts", () => {
  it("balances a DeepSeek-like recording on 32 ranks to a thousandth", () => {
    const { balance } = placeExperts(recorded, { slots: 288, ranks: 32 });
    assert.ok(balance.before < 0.6, `before ${balance.before}`);
    assert.ok(balance.after > 0.999, `after ${balance.after}`);
    assert.equal(balance.bound, 1);
  });

  it("reaches the exact optimum of the FlashLB example, 196.67, where DeepSeek's has 232 and FlashLB 205", () => {
    const recording = { model: "m", layers: 1, experts: 8, counts: [flashExample] };
    const { placement } = placeExperts(recording, { slots: 16, ranks: 8 });
    assert.equal(fullestRank(placement.physicalToLogical[0] ?? [], flashExample, 8), 590 / 3);
  });

  // Seeded loads with the skew of the recorded ones; the bound counts what must stand beside the hottest replica.
  const sizes = [
    { ranks: 8, slots: 256, mean: 0.9998, worst: 0.9997, toBound: 0.0004 },
    { ranks: 16, slots: 256, mean: 0.998, worst: 0.91, toBound: 0.001 },
    { ranks: 32, slots: 256, mean: 0.961, worst: 0.51, toBound: 0.002 },
    { ranks: 32, slots: 288, mean: 0.9997, worst: 0.999, toBound: 0.001 },
    { ranks: 48, slots: 288, mean: 0.9993, worst: 0.999, toBound: 0.001 },
    { ranks: 64, slots: 256, mean: 0.675, worst: 0.26, toBound: 0.03 },
    { ranks: 64, slots: 320, mean: 0.9992, worst: 0.999, toBound: 0.001 },
    { ranks: 72, slots: 288, mean: 0.999, worst: 0.999, toBound: 0.001 },
    { ranks: 72, slots: 360, mean: 0.9993, worst: 0.999, toBound: 0.001 },
  ];
  for (const { ranks, slots, mean, worst, toBound } of sizes) {
    it(`balances ${slots} slots on ${ranks} ranks to ${mean}, every layer near its bound`, () => {
      const { balance, layers } = placeExperts(recorded, { slots, ranks });
      assert.ok(balance.after >= mean, `mean ${balance.after}`);
      for (const { layer, after, bound } of layers) {
        assert.ok(after >= worst && after >= bound * (1 - toBound), `layer ${layer}: ${after} of ${bound}`);
      }
    });
  }

  it("says that 64 ranks without spare slots cannot be balanced", () => {
    const { balance } = placeExperts(recorded, { slots: 256, ranks: 64 });
    assert.ok(balance.bound < 0.8, `bound ${balance.bound}`);
    assert.ok(balance.after <= balance.bound + 1e-12);
  });

  it("leaves dense and unrecorded layers in order, and out of the balance", () => {
    const { placement, layers } = placeExperts(recorded, { slots: 288, ranks: 48 });
    const trivial = Array.from({ length: 288 }, (_, slot) => slot % 256);
    assert.deepEqual(placement.physicalToLogical.slice(0, 3), [trivial, trivial, trivial]);
    assert.deepEqual(
      layers.map((layer) => layer.layer),
      Array.from({ length: 58 }, (_, i) => i + 3),
    );
  });

  it("keeps groups on their node", () => {
    const recording = { model: "m", layers: 2, experts: 12, counts: publishedWeights };
    const placed = placeExperts(recording, { slots: 16, ranks: 8, groups: { groups: 4, nodes: 2 } });
    assert.deepEqual(placed.placement.physicalToLogical, publishedPlacement);
  });
});

describe("every placement", () => {
  it("fills every slot and keeps every expert in every layer", () => {
    fc.assert(
      fc.property(anyRequest, ({ ranks, slots, counts }) => {
        const recording = recordingOf(counts);
        const { placement } = placeExperts(recording, { slots, ranks });
        for (const row of placement.physicalToLogical) {
          assert.equal(row.length, slots);
          assert.deepEqual(
            [...new Set(row)].sort((a, b) => a - b),
            Array.from({ length: recording.experts }, (_, expert) => expert),
          );
        }
      }),
    );
  });

  it("is never worse than the trivial one or the heuristic's, and never better than the bound", () => {
    fc.assert(
      fc.property(anyRequest, ({ ranks, slots, counts }) => {
        const { placement, layers } = placeExperts(recordingOf(counts), { slots, ranks });
        for (const { layer, before, after, bound } of layers) {
          const weights = counts[layer] ?? [];
          const heuristic = fullestRank(placeGlobally(weights, slots, ranks), weights, ranks);
          const fullest = fullestRank(placement.physicalToLogical[layer] ?? [], weights, ranks);
          assert.ok(fullest <= heuristic * (1 + 1e-9));
          assert.ok(after >= before - 1e-9 && after <= bound + 1e-9);
        }
      }),
    );
  });

  it("comes out the same twice", () => {
    fc.assert(
      fc.property(anyRequest, ({ ranks, slots, counts }) => {
        const recording = recordingOf(counts);
        assert.deepEqual(placeExperts(recording, { slots, ranks }), placeExperts(recording, { slots, ranks }));
      }),
      { numRuns: 30 },
    );
  });

  it("says what an engine that started in order has to fetch", () => {
    const { placement, moved, newToTray, layers } = placeExperts(recorded, { slots: 288, ranks: 48 });
    const trivial = trivialPlacement(recorded, { slots: 288, ranks: 48 });
    assert.equal(moved, movedExperts(trivial, placement));
    assert.equal(moved, layers.reduce((sum, layer) => sum + layer.moved, 0)); // prettier-ignore
    assert.ok(newToTray > 0 && newToTray < moved);
  });
});

describe("more slots", () => {
  const fullestOf = (slots: number, ranks: number): number[] => {
    const { placement } = placeExperts(recorded, { slots, ranks });
    return placement.physicalToLogical.map((row, layer) => fullestRank(row, recorded.counts[layer] ?? [], ranks));
  };

  for (const [ranks, sizes] of [
    [8, [256, 264, 272, 280, 288]],
    [32, [256, 288, 320, 352]],
    [48, [288, 336, 384]],
    [64, [256, 320, 384]],
    [72, [288, 360]],
  ] as const) {
    it(`never make a fullest rank worse than balanced on ${ranks} ranks: ${sizes.join(", ")}`, () => {
      sizes.slice(1).forEach((slots, at) => {
        const [fewer, more] = [fullestOf(sizes[at] ?? 0, ranks), fullestOf(slots, ranks)];
        more.forEach((fullest, layer) => {
          const least = leastFullestRank(recorded.counts[layer] ?? [], slots, ranks);
          assert.ok(fullest <= Math.max(fewer[layer] ?? 0, least * balanced) * (1 + 1e-9), `layer ${layer}`);
        });
      });
    });
  }

  it("never do wherever every rank of the smaller placement has an expert of its own", () => {
    fc.assert(
      fc.property(anyRequest, ({ ranks, slots, counts }) => {
        const recording = recordingOf(counts);
        const fewer = placeExperts(recording, { slots, ranks }).placement.physicalToLogical;
        const more = placeExperts(recording, { slots: slots + ranks, ranks }).placement.physicalToLogical;
        counts.forEach((weights, layer) => {
          const [before, after] = [fewer[layer] ?? [], more[layer] ?? []];
          if (!everyRankHasItsOwn(before, ranks)) return;
          const limit = Math.max(
            fullestRank(before, weights, ranks),
            leastFullestRank(weights, slots + ranks, ranks) * balanced,
          );
          assert.ok(fullestRank(after, weights, ranks) <= limit * (1 + 1e-9));
        });
      }),
      // A search that forgets the smaller placement fails on this one.
      { numRuns: 300, examples: [[{ ranks: 3, slots: 9, counts: [[905, 60, 0, 453, 0, 303]] }]] },
    );
  });
});

function everyRankHasItsOwn(row: readonly number[], ranks: number): boolean {
  const perRank = row.length / ranks;
  const contents = Array.from({ length: ranks }, (_, rank) => row.slice(rank * perRank, (rank + 1) * perRank));
  return contents.every((held, rank) =>
    held.some((expert) => contents.every((others, other) => other === rank || !others.includes(expert))),
  );
}
