import assert from "node:assert/strict";
import { expertLocationJson, parseExpertLocation } from "../../../src/engines/sglang/expert-location";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { expertHistogram } from "../../support/expert-histogram";

const shape = { layers: 2, experts: 2, ranks: 2 };
const told = (value: unknown): readonly (readonly [string, string])[] => {
  const parsed = parseExpertLocation(value, shape);
  return "problems" in parsed ? parsed.problems.map(({ path, what }) => [path, what]) : [];
};

describe("SGLang's expert location", () => {
  it("is read back as it was written", () => {
    const counts = expertHistogram({ layers: 5, denseLayers: 1, experts: 16, tokens: 1e4, seed: 7 });
    const recording = { model: "m", layers: 5, experts: 16, counts };
    const { placement } = placeExperts(recording, { slots: 20, ranks: 4 });
    const read: unknown = JSON.parse(expertLocationJson(placement.physicalToLogical));
    assert.deepEqual(parseExpertLocation(read, { layers: 5, experts: 16, ranks: 4 }), { placement });
  });

  it("has a row for every layer, of one length, divisible by the ranks, with every expert", () => {
    const path = "physical_to_logical_map";
    assert.deepEqual(told({ [path]: [[0, 1, 1, 1]] }), [[path, "1 rows for 2 layers"]]);
    assert.deepEqual(told({ [path]: [[0, 1, 1], [0, 1, 1]] }), [[path, "3 slots do not divide by 2 ranks"]]); // prettier-ignore
    assert.deepEqual(told({ [path]: [[0, 1], [0, 1, 1, 1]] }), [[`${path}[1]`, "4 slots, where other rows have 2"]]); // prettier-ignore
    assert.deepEqual(
      told({
        [path]: [
          [0, 0],
          [1, -1],
        ],
      }),
      [
        // prettier-ignore
        [`${path}[0]`, "expert 1 has no slot"],
        [`${path}[1]`, "slot 1 holds -1, which is none of 2 experts"],
      ],
    );
    assert.deepEqual(told({}), [[path, "no list of rows"]]);
    assert.deepEqual(told(null), [[path, "no list of rows"]]);
  });

  it("has no other field, for each is an argument of the reader", () => {
    const rows = [[0, 1], [1, 0]]; // prettier-ignore
    assert.deepEqual(parseExpertLocation({ physical_to_logical_map: rows, logical_count: [], ranks: 2 }, shape), {
      problems: [
        {
          path: "logical_count",
          what: "logical_count, ranks beside physical_to_logical_map",
          rule: "every field of the file is an argument of init_by_mapping, which takes no other (SGLang eplb/expert_location.py)",
          fix: "physical_to_logical_map alone",
        },
      ],
    });
  });
});
