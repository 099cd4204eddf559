import assert from "node:assert/strict";
import fc from "fast-check";
import { balancedness, fullestRank, rankLoads, slotLoads } from "../../src/plan/expert-load";
import { packBalanced, placeGlobally, placeHierarchically, replicate } from "../../src/plan/expert-packing";
import { parseRecording, type ExpertRecording } from "../../src/plan/expert-recording";
import { improvePlacement } from "../../src/plan/expert-reassign";
import { improveBySwaps, noFurtherThan } from "../../src/plan/expert-search";
import { movedExperts, trivialPlacement } from "../../src/plan/expert-placement";
import { placeExperts } from "../../src/plan/experts";
import { deepSeekHistogram, expertHistogram } from "../support/expert-histogram";

/** README of deepseek-ai/EPLB, repeated in vLLM tests/distributed/test_eplb_algo.py. */
const publishedWeights = [
  [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
  [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
];
const publishedPlacement = [
  [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
  [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
];
const publishedReplicas = [
  [1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1],
  [1, 2, 1, 1, 1, 2, 2, 1, 2, 1, 1, 1],
];

/** The example of the FlashLB proposal to vLLM: eight devices with two slots each. */
const flashExample = [600, 560, 120, 120, 20, 10, 10, 10];

const recorded: ExpertRecording = {
  model: "DeepSeek-R1",
  layers: deepSeekHistogram.layers,
  experts: deepSeekHistogram.experts,
  counts: expertHistogram(deepSeekHistogram),
};

function maxRank(row: readonly number[], weights: readonly number[], ranks: number): number {
  return Math.max(...rankLoads(slotLoads(row, weights), ranks));
}

describe("DeepSeek's expert placement", () => {
  it("places the published example as published", () => {
    const placed = publishedWeights.map((weights) => placeHierarchically(weights, 16, 8, { groups: 4, nodes: 2 }));
    assert.deepEqual(placed, publishedPlacement);
  });

  it("gives the published number of replicas", () => {
    const counts = publishedPlacement.map((row) =>
      Array.from({ length: 12 }, (_, expert) => row.filter((e) => e === expert).length),
    );
    assert.deepEqual(counts, publishedReplicas);
  });

  it("loads the fullest device of the FlashLB example with 232, as published", () => {
    assert.equal(maxRank(placeGlobally(flashExample, 16, 8), flashExample, 8), 232);
  });

  it("falls back to the global policy when groups do not divide by nodes", () => {
    const weights = publishedWeights[0] ?? [];
    assert.deepEqual(placeHierarchically(weights, 16, 8, { groups: 3, nodes: 2 }), placeGlobally(weights, 16, 8));
  });

  it("replicates the most loaded expert first, the lowest index on ties", () => {
    assert.deepEqual(replicate([1, 6, 6, 2], 7), { logical: [0, 1, 2, 3, 1, 2, 1], replicas: [1, 3, 2, 1] });
  });

  it("packs heaviest first onto the lightest pack with room, the lowest index on ties", () => {
    assert.deepEqual(packBalanced([5, 9, 5, 1], 2), { pack: [1, 0, 1, 0], place: [0, 0, 1, 1] });
    assert.deepEqual(packBalanced([1, 2, 3], 3), { pack: [0, 1, 2], place: [0, 0, 0] });
  });
});

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
    { ranks: 8, slots: 256, mean: 0.9998, worst: 0.9997, toBound: 0.001 },
    { ranks: 16, slots: 256, mean: 0.998, worst: 0.91, toBound: 0.001 },
    { ranks: 32, slots: 256, mean: 0.961, worst: 0.51, toBound: 0.002 },
    { ranks: 32, slots: 288, mean: 0.9997, worst: 0.999, toBound: 0.001 },
    { ranks: 48, slots: 288, mean: 0.9993, worst: 0.998, toBound: 0.002 },
    { ranks: 64, slots: 256, mean: 0.675, worst: 0.26, toBound: 0.03 },
    { ranks: 64, slots: 320, mean: 0.999, worst: 0.998, toBound: 0.002 },
    { ranks: 72, slots: 288, mean: 0.998, worst: 0.996, toBound: 0.005 },
    { ranks: 72, slots: 360, mean: 0.999, worst: 0.998, toBound: 0.002 },
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

  it("takes less than 150 ms for a model of 58 layers and 288 slots", () => {
    placeExperts(recorded, { slots: 288, ranks: 32 });
    const times = [1, 2, 3].map(() => {
      const start = performance.now();
      placeExperts(recorded, { slots: 288, ranks: 32 });
      return performance.now() - start;
    });
    assert.ok(Math.min(...times) < 150, `${Math.min(...times)} ms`);
  });

  it("generates recordings as skewed as the recorded one", () => {
    const skews = recorded.counts.slice(3).map((row) => Math.max(...row) / (row.reduce((a, b) => a + b, 0) / 256));
    const mean = skews.reduce((a, b) => a + b, 0) / skews.length;
    assert.ok(mean > 5.3 && mean < 6.3, `hottest / mean ${mean}`);
  });
});

const request = fc
  .record({ ranks: fc.integer({ min: 1, max: 12 }), perRank: fc.integer({ min: 1, max: 6 }) })
  .chain(({ ranks, perRank }) =>
    fc.record({
      ranks: fc.constant(ranks),
      slots: fc.constant(ranks * perRank),
      counts: fc.integer({ min: 1, max: ranks * perRank }).chain((experts) =>
        fc.array(fc.array(fc.nat({ max: 1000 }), { minLength: experts, maxLength: experts }), {
          minLength: 1,
          maxLength: 3,
        }),
      ),
    }),
  );

function recordingOf(counts: number[][]): ExpertRecording {
  return { model: "m", layers: counts.length, experts: counts[0]?.length ?? 0, counts };
}

describe("every placement", () => {
  it("fills every slot and keeps every expert in every layer", () => {
    fc.assert(
      fc.property(request, ({ ranks, slots, counts }) => {
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
      fc.property(request, ({ ranks, slots, counts }) => {
        const { placement, layers } = placeExperts(recordingOf(counts), { slots, ranks });
        for (const { layer, before, after, bound } of layers) {
          const weights = counts[layer] ?? [];
          const heuristic = maxRank(placeGlobally(weights, slots, ranks), weights, ranks);
          const fullest = maxRank(placement.physicalToLogical[layer] ?? [], weights, ranks);
          assert.ok(fullest <= heuristic * (1 + 1e-9));
          assert.ok(after >= before - 1e-9 && after <= bound + 1e-9);
        }
      }),
    );
  });

  it("comes out the same twice", () => {
    fc.assert(
      fc.property(request, ({ ranks, slots, counts }) => {
        const recording = recordingOf(counts);
        assert.deepEqual(placeExperts(recording, { slots, ranks }), placeExperts(recording, { slots, ranks }));
      }),
      { numRuns: 30 },
    );
  });
});

describe("improveBySwaps", () => {
  it("takes load off the fullest rank and keeps the replicas", () => {
    const weights = [8, 7, 3, 2];
    const improved = improveBySwaps([0, 1, 2, 3], weights, 2, noFurtherThan(0));
    assert.deepEqual(improved, [2, 1, 0, 3]);
    assert.equal(maxRank(improved, weights, 2), 10);
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

describe("movedExperts", () => {
  const place = (rows: number[][]) => ({ ranks: 2, physicalToLogical: rows });

  it("counts what a rank has to fetch, not the order of its slots", () => {
    assert.equal(movedExperts(place([[0, 1, 2, 3]]), place([[1, 0, 3, 2]])), 0);
    assert.equal(movedExperts(place([[0, 1, 2, 3]]), place([[0, 2, 1, 3]])), 2);
  });

  it("is nothing between a placement and itself", () => {
    const trivial = trivialPlacement(recorded, { slots: 288, ranks: 32 });
    assert.equal(movedExperts(trivial, trivial), 0);
  });
});

describe("parseRecording", () => {
  const rule = 'a recording is {"model": string, "layers": number, "experts": number, "counts": [layer][expert]}';
  const fix = "dump the recording again, or point to the right file";
  const good = { model: "m", layers: 2, experts: 2, counts: [[0, 0], [3, 1]] }; // prettier-ignore

  it("reads a recording", () => {
    assert.deepEqual(parseRecording(good), { recording: good });
  });

  it("names every field that is wrong", () => {
    assert.deepEqual(parseRecording({ model: "", layers: 1.5, experts: "256", counts: null }), {
      problems: [
        { path: "model", what: '"" is not a model name', rule, fix },
        { path: "layers", what: "1.5 is not a positive whole number", rule, fix },
        { path: "experts", what: '"256" is not a positive whole number', rule, fix },
        { path: "counts", what: "null is not a list of rows", rule, fix },
      ],
    });
  });

  it("refuses what is no object", () => {
    assert.deepEqual(parseRecording([1]), { problems: [{ path: "", what: "a list, not an object", rule, fix }] });
  });

  it("names damaged rows, a few of them", () => {
    const counts = [[1], [1, -1], "x", [1, 2, 3], [1, null]];
    assert.deepEqual(parseRecording({ ...good, layers: 6, counts }), {
      problems: [
        { path: "counts", what: "5 rows for 6 layers", rule, fix },
        { path: "counts[0]", what: "1 counts for 2 experts", rule, fix },
        { path: "counts[1][1]", what: "-1 is not a number of tokens", rule, fix },
        { path: "counts[2]", what: '"x" is not a list of counts', rule, fix },
        { path: "counts", what: "2 more rows are damaged", rule, fix },
      ],
    });
  });

  it("refuses a recording of nothing", () => {
    assert.deepEqual(
      parseRecording({
        ...good,
        counts: [
          [0, 0],
          [0, 0],
        ],
      }),
      {
        problems: [
          {
            path: "counts",
            what: "every count is zero",
            rule: "a placement follows the recorded load",
            fix: "record while the pool serves requests",
          },
        ],
      },
    );
  });
});
