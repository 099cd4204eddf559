import assert from "node:assert/strict";
import { checkPlacementRequest, placementWarnings } from "../../../src/plan/experts/rules";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { recorded, recordingOf } from "../../support/expert-cases";

const evenly = "every rank holds the same number of experts: (routed + redundant) % expert parallel size = 0";
const ofThisModel = {
  path: "current",
  rule: "a layer holds each of the model's 4 experts, as many on every rank",
  fix: "the placement of a pool of this model, or none",
};

describe("checkPlacementRequest", () => {
  it("accepts slots that divide by the ranks and hold every expert", () => {
    assert.deepEqual(checkPlacementRequest({ slots: 288, ranks: 48 }, 256), []);
    assert.deepEqual(checkPlacementRequest({ slots: 256, ranks: 64 }, 256), []);
  });

  it("refuses slots that do not divide, and names the numbers that do", () => {
    const fixOf = (slots: number, ranks: number) => checkPlacementRequest({ slots, ranks }, 256)[0]?.fix;
    assert.deepEqual(checkPlacementRequest({ slots: 306, ranks: 48 }, 256), [
      {
        path: "expertParallelSize",
        what: "306 expert slots over 48 ranks",
        rule: evenly,
        fix: "32 or 80 redundant experts, or ranks that divide 306",
      },
    ]);
    assert.equal(fixOf(256, 48), "32 redundant experts, or ranks that divide 256");
    assert.equal(fixOf(200, 48), "32 redundant experts, or ranks that divide 200");
  });

  it("refuses what is no number of ranks", () => {
    for (const ranks of [0, -4, 1.5, NaN]) {
      assert.deepEqual(checkPlacementRequest({ slots: 256, ranks }, 256), [
        {
          path: "expertParallelSize",
          what: `256 expert slots over ${ranks} ranks`,
          rule: evenly,
          fix: "the pool's gpusPerWorker, and redundantExperts that divide by it",
        },
      ]);
    }
  });

  it("refuses slots that cannot hold every expert, together with the rest", () => {
    const problems = checkPlacementRequest({ slots: 250, ranks: 32 }, 256);
    assert.deepEqual(problems[1], {
      path: "redundantExperts",
      what: "250 slots for 256 experts",
      rule: "every expert has a slot at least once in every layer",
      fix: "0 redundant experts or more",
    });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ["expertParallelSize", "redundantExperts"],
    );
  });

  it("accepts a current placement of another size, and refuses one of another model", () => {
    const check = (physicalToLogical: number[][], layers?: number) =>
      checkPlacementRequest({ slots: 4, ranks: 2, current: { ranks: 3, physicalToLogical } }, 4, layers);
    assert.deepEqual(check([[0, 1, 2, 3, 0, 1]], 1), []);
    assert.deepEqual(check([[0, 1, 2, 3, 4, 0]]), [
      { ...ofThisModel, path: "current[0]", what: "slot 4 holds 4, which is none of 4 experts" },
    ]);
    assert.deepEqual(check([[0, 1, 2, 2, 0, 1]]), [
      { ...ofThisModel, path: "current[0]", what: "expert 3 has no slot" },
    ]);
    assert.deepEqual(check([[0, 1, 2, 3]]), [{ ...ofThisModel, what: "4 slots do not divide by 3 ranks" }]);
    assert.deepEqual(check([[0, 1, 2, 3, 0, 1]], 61), [{ ...ofThisModel, what: "1 rows for 61 layers" }]);
  });
});

describe("placementWarnings", () => {
  const warnings = (request: { slots: number; ranks: number }, recording = recorded) =>
    placementWarnings(placeExperts(recording, request), request);

  it("are none where every layer can be balanced", () => {
    assert.deepEqual(warnings({ slots: 288, ranks: 48 }), []);
  });

  it("say how far the layers can get, and how many redundant experts balance all of them", () => {
    assert.deepEqual(warnings({ slots: 256, ranks: 64 }), [
      {
        path: "redundantExperts",
        what:
          "no placement of 256 slots on 64 ranks balances 57 of 58 layers to 0.95: " +
          "layer 27 at most to 0.269, the mean of all at most to 0.677",
        rule: "the rank with the hottest replica carries all of it, and the others wait for it",
        fix: "64 redundant experts: every layer then reaches 0.95",
      },
    ]);
  });

  it("come from one layer, too, however good the mean is", () => {
    const [warning] = warnings({ slots: 256, ranks: 16 });
    assert.match(warning?.what ?? "", /balances 1 of 58 layers to 0.95: layer 27 at most to 0.915, .* to 0.999$/);
    assert.equal(warning?.fix, "16 redundant experts: every layer then reaches 0.95");
  });

  it("ask for fewer ranks where no number of replicas helps", () => {
    const [warning] = warnings({ slots: 8, ranks: 8 }, recordingOf([[100, 1]]));
    assert.equal(warning?.fix, "fewer ranks: even 6 redundant experts do not bring every layer to 0.95");
  });
});
