import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseRecording, recordingJson, type ExpertRecording } from "../../../src/plan/experts/recording";

const rule = 'a recording is {"model": string, "layers": number, "experts": number, "counts": [layer][expert]}';
const fix = "dump the recording again, or point to the right file";
const good = { model: "m", layers: 2, experts: 2, counts: [[0, 0], [3, 1]] }; // prettier-ignore
const placement = { ranks: 2, physicalToLogical: [[0, 1, 0, 1], [1, 0, 0, 0]] }; // prettier-ignore

describe("parseRecording", () => {
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
    const zeros = [[0, 0], [0, 0]]; // prettier-ignore
    assert.deepEqual(parseRecording({ ...good, counts: zeros }), {
      problems: [
        {
          path: "counts",
          what: "every count is zero",
          rule: "a placement follows the recorded load",
          fix: "record while the pool serves requests",
        },
      ],
    });
  });

  it("reads the placement that it was recorded under", () => {
    assert.deepEqual(parseRecording({ ...good, placement }), { recording: { ...good, placement } });
  });

  it("leaves out fields that it does not know, of the placement too", () => {
    const given = { ...good, note: "of a Sunday", placement: { ...placement, engine: "sglang" } };
    assert.deepEqual(parseRecording(given), { recording: { ...good, placement } });
  });
});

describe("parseRecording of a placement", () => {
  const told = (given: unknown): readonly (readonly [string, string])[] => {
    const parsed = parseRecording({ ...good, placement: given });
    return "problems" in parsed ? parsed.problems.map(({ path, what }) => [path, what]) : [];
  };
  const rows = "placement.physicalToLogical";

  it("says rule and fix", () => {
    assert.deepEqual(parseRecording({ ...good, placement: null }), {
      problems: [
        {
          path: "placement",
          what: "a null, not an object",
          rule: 'a placement is {"ranks": number, "physicalToLogical": [layer][slot]}: as many slots for every layer, divisible by the ranks, every expert in one of them',
          fix: "the placement that the pool had, or none if it had the model's order",
        },
      ],
    });
  });

  it("refuses what is no placement", () => {
    assert.deepEqual(told({ ranks: 0 }), [["placement.ranks", "0 is not a positive whole number"]]);
    assert.deepEqual(told({ ranks: 2 }), [[rows, "no list of rows"]]);
    assert.deepEqual(told({ ranks: 2, physicalToLogical: [[0, 1]] }), [[rows, "1 rows for 2 layers"]]);
    assert.deepEqual(told({ ranks: 2, physicalToLogical: [[0, 1, 0], [0, 1, 1]] }), [[rows, "3 slots do not divide by 2 ranks"]]); // prettier-ignore
    assert.deepEqual(told({ ranks: 1, physicalToLogical: [[0, 1, 0], [0, 1]] }), [[`${rows}[1]`, "2 slots, where other rows have 3"]]); // prettier-ignore
    assert.deepEqual(told({ ranks: 1, physicalToLogical: [[0, 1, 2], 7] }), [
      [`${rows}[0]`, "slot 2 holds 2, which is none of 2 experts"],
      [`${rows}[1]`, "not a list of slots"],
    ]);
  });

  it("wants every expert in every layer", () => {
    assert.deepEqual(told({ ranks: 1, physicalToLogical: [[0, 0], [0, 1]] }), [[`${rows}[0]`, "expert 1 has no slot"]]); // prettier-ignore
    const counts = [[1, 1, 1], [1, 1, 1]]; // prettier-ignore
    const parsed = parseRecording({ ...good, experts: 3, counts, placement: { ranks: 1, physicalToLogical: [[0, 0, 0], [1, 1, 2]] } }); // prettier-ignore
    assert.deepEqual(
      "problems" in parsed && parsed.problems.map(({ path, what }) => [path, what]),
      [[`${rows}[0]`, "2 experts have no slot"], [`${rows}[1]`, "expert 0 has no slot"]], // prettier-ignore
    );
  });

  it("names a few damaged rows and counts the others", () => {
    const layers = 5;
    const counts = Array.from({ length: layers }, () => [1, 1]);
    const parsed = parseRecording({ ...good, layers, counts, placement: { ranks: 1, physicalToLogical: counts } });
    assert.deepEqual("problems" in parsed && parsed.problems.map(({ path, what }) => [path, what]), [
      [`${rows}[0]`, "expert 0 has no slot"],
      [`${rows}[1]`, "expert 0 has no slot"],
      [`${rows}[2]`, "expert 0 has no slot"],
      [rows, "2 more rows are damaged"],
    ]);
  });
});

describe("recordingJson", () => {
  it("writes a layer a line", () => {
    assert.equal(recordingJson(good), '{"model":"m","layers":2,"experts":2,"counts":[\n[0,0],\n[3,1]\n]}\n');
    assert.equal(
      recordingJson({ ...good, placement }),
      '{"model":"m","layers":2,"experts":2,"counts":[\n[0,0],\n[3,1]\n],"placement":{"ranks":2,"physicalToLogical":[\n[0,1,0,1],\n[1,0,0,0]\n]}}\n',
    );
  });

  it("writes the shipped recording as it is shipped", () => {
    const text = readFileSync(join(__dirname, "../../../examples/two-pools/synthetic.experts.json"), "utf8");
    const parsed = parseRecording(JSON.parse(text));
    assert.equal("recording" in parsed && recordingJson(parsed.recording), text);
  });

  it("is read back as it was", () => {
    const recording: fc.Arbitrary<ExpertRecording> = fc
      .record({ layers: fc.integer({ min: 1, max: 4 }), experts: fc.integer({ min: 1, max: 6 }) })
      .chain(({ layers, experts }) =>
        fc.record(
          {
            model: fc.string({ minLength: 1 }),
            layers: fc.constant(layers),
            experts: fc.constant(experts),
            counts: rowsOf(
              layers,
              fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: experts, maxLength: experts }),
            ),
            placement: rowsOf(layers, shuffled(experts)).map((physicalToLogical) => ({
              ranks: experts,
              physicalToLogical,
            })),
          },
          { requiredKeys: ["model", "layers", "experts", "counts"], noNullPrototype: true },
        ),
      );
    fc.assert(
      fc.property(recording, (given) => {
        assert.deepEqual(parseRecording(JSON.parse(recordingJson(given))), { recording: given });
      }),
    );
  });
});

function rowsOf(layers: number, row: fc.Arbitrary<number[]>): fc.Arbitrary<number[][]> {
  return fc.array(row, { minLength: layers, maxLength: layers });
}

function shuffled(experts: number): fc.Arbitrary<number[]> {
  const all = Array.from({ length: experts }, (_, expert) => expert);
  return fc.shuffledSubarray(all, { minLength: experts, maxLength: experts });
}
