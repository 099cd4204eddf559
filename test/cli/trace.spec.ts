import assert from "node:assert/strict";
import { readTrace } from "../../cli/trace";
import { UsageError } from "../../cli/terminal";

const line = (timestamp: number, more: object = {}): string =>
  JSON.stringify({ timestamp, input_length: 1000, output_length: 50, ...more });

function refusal(text: string): string {
  try {
    readTrace(text);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message.replace(/^nvl72 simulate: /, "");
  }
  throw new Error("was read");
}

describe("a trace", () => {
  it("is read line by line, from milliseconds, with names of prompt blocks where it has them", () => {
    assert.deepEqual(readTrace(`${line(0)}\n${line(1500, { hash_ids: [3, 1, 4], other: true })}\n`), [
      { atSeconds: 0, inputTokens: 1000, outputTokens: 50 },
      { atSeconds: 1.5, inputTokens: 1000, outputTokens: 50, prefixBlocks: [3, 1, 4] },
    ]);
  });

  it("comes in the order of time, and in its own where times are equal", () => {
    const text = [line(2000), line(0, { output_length: 1 }), line(0, { output_length: 2 })].join("\r\n");
    assert.deepEqual(
      readTrace(text).map(({ atSeconds, outputTokens }) => [atSeconds, outputTokens]),
      [
        [0, 1],
        [0, 2],
        [2, 50],
      ],
    );
  });

  it("is refused with the number of the first bad line, empty lines counted", () => {
    assert.equal(refusal(`${line(0)}\n\n{"timestamp": 1`), "line 3 of the trace: not JSON");
    assert.equal(
      refusal(line(0, { input_length: 0 })),
      "line 1 of the trace: input_length: Too small: expected number to be >0",
    );
    assert.equal(
      refusal(`\n${line(1, { output_length: 1.5 })}`),
      "line 2 of the trace: output_length: Invalid input: expected int, received number",
    );
    assert.equal(refusal(line(-1)), "line 1 of the trace: timestamp: Too small: expected number to be >=0");
    assert.equal(refusal("7"), "line 1 of the trace: Invalid input: expected object, received number");
    assert.match(refusal(line(0, { hash_ids: [1, "x"] })), /^line 1 of the trace: hash_ids\.1: /);
  });

  it("is refused when there is nothing in it", () => {
    assert.equal(refusal("\n \n"), "the trace has no requests");
  });
});
