import assert from "node:assert/strict";
import { deepSeekHistogram, drifted, expertHistogram, powerLawHistogram } from "../../support/expert-histogram";

/** Hottest expert / mean of every layer that has load. */
function skews(histogram: readonly (readonly number[])[]): number[] {
  return histogram
    .filter((row) => row.some((count) => count > 0))
    .map((row) => (Math.max(...row) * row.length) / total(row));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

describe("synthetic recordings", () => {
  const histograms = { logNormal: expertHistogram(deepSeekHistogram), powerLaw: powerLawHistogram(deepSeekHistogram) };

  it("are as skewed as the recorded one: the hottest expert has 4 to 10 times the mean load", () => {
    for (const [name, histogram] of Object.entries(histograms)) {
      const found = skews(histogram);
      assert.equal(found.length, 58);
      const mean = total(found) / found.length;
      assert.ok(mean > 5 && mean < 8, `${name}: ${mean}`);
    }
    const within = (histogram: number[][]) => skews(histogram).filter((skew) => skew >= 4 && skew <= 10).length;
    assert.deepEqual([within(histograms.logNormal), within(histograms.powerLaw)], [53, 58]);
  });

  it("have the tokens that were asked for, none in dense layers, and other orders of experts in every layer", () => {
    for (const histogram of Object.values(histograms)) {
      assert.deepEqual(histogram.slice(0, 3).map(total), [0, 0, 0]);
      assert.ok(histogram.slice(3).every((row) => Math.abs(total(row) - 4e6) < 200));
      const hottest = histogram.slice(3).map((row) => row.indexOf(Math.max(...row)));
      assert.ok(new Set(hottest).size > 40);
    }
  });

  it("come out the same from the same seed, and others from another", () => {
    assert.deepEqual(powerLawHistogram(deepSeekHistogram), histograms.powerLaw);
    assert.notDeepEqual(powerLawHistogram({ ...deepSeekHistogram, seed: 2 }), histograms.powerLaw);
  });

  it("drift by as much of every layer's load as was said, and lose none", () => {
    const later = drifted(histograms.logNormal, 0.1, 7);
    later.forEach((row, layer) => {
      const before = histograms.logNormal[layer] ?? [];
      assert.equal(total(row), total(before));
      const gone = total(before.map((count, expert) => Math.max(0, count - (row[expert] ?? 0))));
      assert.ok(gone <= 0.1 * total(before) + 256 && gone >= 0.02 * total(before));
    });
    assert.deepEqual(drifted(histograms.logNormal, 0, 7), histograms.logNormal);
    assert.deepEqual(drifted(histograms.logNormal, 0.1, 7), later);
  });
});
