import assert from "node:assert/strict";
import fc from "fast-check";
import { expertBalance, expertSkew, heuristicPlacement, recordedLayers } from "../../../src/plan/experts/balance";
import { trivialPlacement } from "../../../src/plan/experts/placement";
import type { ExpertRecording } from "../../../src/plan/experts/recording";

const recording: ExpertRecording = {
  model: "m",
  layers: 3,
  experts: 4,
  counts: [[0, 0, 0, 0], [10, 2, 6, 6], [1, 1, 1, 1]], // prettier-ignore
};

describe("expertBalance", () => {
  it("tells every recorded layer's loads, of which the mean is 1", () => {
    const placement = { ranks: 2, physicalToLogical: [[0, 1, 2, 3, 0, 1], [0, 1, 2, 3, 0, 0], [0, 1, 2, 3, 0, 1]] }; // prettier-ignore
    const { layers, worst } = expertBalance(recording, placement);
    assert.deepEqual(
      layers.map(({ layer }) => layer),
      [1, 2],
    );
    const [first] = layers;
    assert.deepEqual(first?.ranks.map((load) => Math.round(load * 12 * 1e9) / 1e9), [11.333333333, 12.666666667]); // prettier-ignore
    assert.equal(first.fullest, first.ranks[1]);
    assert.equal(first.balancedness, 1 / first.fullest);
    assert.equal(worst, first);
  });

  it("takes the mean of layers, for balancedness and for the time that all wait for the fullest rank", () => {
    const { mean, expertTime, worst } = expertBalance(recording, trivialPlacement(recording, { slots: 4, ranks: 4 }));
    assert.equal(mean, (0.6 + 1) / 2);
    assert.equal(expertTime, (10 / 6 + 1) / 2);
    assert.deepEqual([worst.layer, worst.balancedness], [1, 0.6]);
  });

  it("names the first of equally balanced layers", () => {
    const even = { ...recording, counts: [[1, 1, 1, 1], [2, 2, 2, 2], [0, 0, 0, 1]] }; // prettier-ignore
    assert.equal(expertBalance(even, trivialPlacement(even, { slots: 4, ranks: 1 })).worst.layer, 0);
  });

  it("is never better than perfect, whatever the loads", () => {
    const counts = fc.array(fc.nat({ max: 1000 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(counts, (row) => {
        fc.pre(row.some((count) => count > 0));
        const one = { model: "m", layers: 1, experts: 6, counts: [row] };
        const { mean, expertTime } = expertBalance(one, heuristicPlacement(one, { slots: 9, ranks: 3 }));
        assert.ok(mean <= 1 + 1e-12 && expertTime >= 1 - 1e-12);
        assert.ok(Math.abs(mean * expertTime - 1) < 1e-9);
      }),
    );
  });
});

describe("a recording", () => {
  it("has layers with load, and says how much hotter than the mean the hottest expert is", () => {
    assert.deepEqual(recordedLayers(recording), [1, 2]);
    assert.deepEqual(expertSkew(recording), [
      { layer: 1, skew: 10 / 6 },
      { layer: 2, skew: 1 },
    ]);
  });
});

describe("heuristicPlacement", () => {
  it("gives spare slots to the hottest replica, one after the other, and leaves layers without load in order", () => {
    assert.deepEqual(heuristicPlacement(recording, { slots: 6, ranks: 2 }), {
      ranks: 2,
      physicalToLogical: [[0, 1, 2, 3, 0, 1], [3, 2, 2, 0, 0, 1], [2, 0, 0, 3, 1, 1]], // prettier-ignore
    });
  });
});
