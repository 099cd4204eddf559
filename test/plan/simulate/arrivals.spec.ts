import assert from "node:assert/strict";
import { arrivalSource, longestRequest, type Arrivals } from "../../../src/plan/simulate/arrivals";
import { RandomStream } from "../../../src/plan/simulate/random";

const random = () => ({ gaps: new RandomStream(1), lengths: new RandomStream(2) });

/** Moments of the first arrivals. */
function moments(arrivals: Arrivals, count: number): readonly number[] {
  const source = arrivalSource(arrivals, random());
  return Array.from({ length: count }, () => {
    const at = source.nextAt();
    source.take();
    return at;
  });
}

const lengths = { inputTokens: 1000, outputTokens: 10 };

describe("arrivals", () => {
  it("come at the asked rate, with the asked burstiness", () => {
    for (const coefficientOfVariation of [undefined, 0.5, 2]) {
      const at = moments({ kind: "open", requestsPerSecond: 4, coefficientOfVariation, ...lengths }, 40_000);
      const gaps = at.map((moment, i) => moment - (at[i - 1] ?? 0));
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
      assert.ok(Math.abs(mean - 0.25) < 0.25 * 0.03, `${mean}`);
      assert.ok(Math.abs(Math.sqrt(variance) / mean / (coefficientOfVariation ?? 1) - 1) < 0.04);
    }
  });

  it("come like a metronome without variation", () => {
    assert.deepEqual(
      moments({ kind: "open", requestsPerSecond: 4, coefficientOfVariation: 0, ...lengths }, 3),
      [0.25, 0.5, 0.75],
    );
  });

  it("have lengths of their own", () => {
    const source = arrivalSource(
      { kind: "open", requestsPerSecond: 1, ...lengths, fraction: { from: 0.8, to: 1 } },
      random(),
    );
    const drawn = Array.from({ length: 5000 }, () => source.take());
    const inputs = drawn.map(({ inputTokens }) => inputTokens);
    assert.deepEqual([Math.min(...inputs), Math.max(...inputs)], [800, 1000]);
    assert.deepEqual([...new Set(drawn.map(({ outputTokens }) => outputTokens))].sort(), [10, 8, 9]);
    assert.ok(Math.abs(inputs.reduce((sum, tokens) => sum + tokens, 0) / 5000 - 900) < 3);
  });

  it("of a closed loop are all its users, and then whoever has ended", () => {
    const { atStart, closedLoop, nextAt, take } = arrivalSource(
      { kind: "closed", concurrency: 12, ...lengths },
      random(),
    );
    assert.deepEqual(
      { atStart, closedLoop, at: nextAt(), ...take() },
      { atStart: 12, closedLoop: true, at: Infinity, ...lengths },
    );
  });

  it("of a trace start at 0, and are rescaled to a rate", () => {
    const requests = [100, 101, 103, 104].map((atSeconds) => ({ atSeconds, ...lengths, prefixBlocks: [atSeconds] }));
    assert.deepEqual(moments({ kind: "trace", requests }, 5), [0, 1, 3, 4, Infinity]);
    // Three gaps in four seconds, squeezed to three per second.
    assert.deepEqual(moments({ kind: "trace", requests, requestsPerSecond: 3 }, 4), [0, 0.25, 0.75, 1]);
    assert.deepEqual(arrivalSource({ kind: "trace", requests }, random()).take().prefixBlocks, [100]);
  });

  it("know their longest request", () => {
    const requests = [
      { atSeconds: 0, inputTokens: 5, outputTokens: 70 },
      { atSeconds: 1, inputTokens: 60, outputTokens: 7 },
    ];
    assert.deepEqual(longestRequest({ kind: "trace", requests }), { inputTokens: 60, outputTokens: 70 });
    const fraction = { from: 0.5, to: 1.5 };
    assert.deepEqual(longestRequest({ kind: "closed", concurrency: 1, ...lengths, fraction }), {
      inputTokens: 1500,
      outputTokens: 15,
    });
  });
});
