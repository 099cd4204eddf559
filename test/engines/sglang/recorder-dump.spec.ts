import assert from "node:assert/strict";
import { isTorchFile, parseRecorderDump } from "../../../src/engines/sglang/recorder-dump";

const told = (value: unknown): readonly (readonly [string, string])[] => {
  const parsed = parseRecorderDump(value, "m");
  return "problems" in parsed ? parsed.problems.map(({ path, what }) => [path, what]) : [];
};

describe("SGLang's recorder dump", () => {
  it("is read as one step of layers", () => {
    assert.deepEqual(
      parseRecorderDump(
        {
          rank: 0,
          logical_count: [
            [0, 0],
            [3, 1],
          ],
        },
        "m",
      ),
      {
        // prettier-ignore
        recording: { model: "m", layers: 2, experts: 2, counts: [[0, 0], [3, 1]] }, // prettier-ignore
      },
    );
  });

  it("is summed over steps, of which those never reached are zero", () => {
    const steps = [[[0, 0], [3, 1]], [[0, 0], [2, 5]], [[0, 0], [0, 0]]]; // prettier-ignore
    assert.deepEqual(parseRecorderDump({ logical_count: steps, average_utilization_rate_over_window: null }, "m"), {
      recording: { model: "m", layers: 2, experts: 2, counts: [[0, 0], [5, 6]] }, // prettier-ignore
    });
  });

  it("is refused with counts of single passes, which are one rank's", () => {
    assert.deepEqual(parseRecorderDump({ records: [], last_physical_to_logical_map: [] }, "m"), {
      problems: [
        {
          path: "records",
          what: "counts of single passes of one rank",
          rule: 'the recorder\'s dump is {"logical_count": [layer][expert]} or [step][layer][expert] (SGLang eplb/expert_distribution.py); the modes per_pass and per_token write another file for every rank',
          fix: "the dump of a server with --expert-distribution-recorder-mode stat",
        },
      ],
    });
  });

  it("is refused where rows are missing or damaged", () => {
    for (const value of [null, 7, [], {}, { logical_count: [] }, { logical_count: [1] }]) {
      assert.deepEqual(told(value), [["logical_count", "no rows of counts"]]);
    }
    assert.deepEqual(told({ logical_count: [[[1, 1]], [[1]]] }), [
      ["logical_count[1]", "not as many layers and experts as in the first step"],
    ]);
    assert.deepEqual(told({ logical_count: [[1, "2"]] }), [
      ["logical_count[0][1]", "not a number of tokens, in some step"],
    ]);
    assert.deepEqual(told({ logical_count: [[1, -2]] }), [
      ["logical_count[0][1]", "not a number of tokens, in some step"],
    ]);
    assert.deepEqual(told({ logical_count: [[0, 0]] }), [["logical_count", "every count is zero"]]);
  });

  it("as a file of torch.save begins as a zip archive", () => {
    assert.equal(isTorchFile(Buffer.from("PK\u0003\u0004")), true);
    assert.equal(isTorchFile(Buffer.from('{"logical_count":[]}')), false);
    assert.equal(isTorchFile(Buffer.from("")), false);
  });
});
