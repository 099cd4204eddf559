import assert from "node:assert/strict";
import { IntervalHistogram } from "../../../src/plan/simulate/interval-histogram";
import { distributionOf, estimateOf, jainIndex, rateOf } from "../../../src/plan/simulate/statistics";
import { TimeSeries } from "../../../src/plan/simulate/time-series";

describe("statistics of a run", () => {
  it("give percentiles as values that occurred", () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
    const { mean, p50, p90, p99 } = distributionOf(values);
    assert.deepEqual({ mean, p50, p90, p99 }, { mean: 50.5, p50: 50, p90: 90, p99: 99 });
  });

  it("are empty for nothing", () => {
    assert.deepEqual(distributionOf(new Float64Array()), { mean: 0, halfWidth95: 0, p50: 0, p90: 0, p99: 0 });
  });

  it("claim no confidence with fewer values than batches", () => {
    assert.deepEqual(estimateOf(Float64Array.of(1, 2, 3)), { mean: 2, halfWidth95: Infinity });
  });

  it("derive the interval from the spread of 20 batch means", () => {
    // Batches of two: means alternate between 1 and 3, so their deviation is sqrt(20 / 19).
    const values = Float64Array.from({ length: 40 }, (_, i) => (Math.floor(i / 2) % 2 === 0 ? 1 : 3));
    assert.deepEqual(estimateOf(values), { mean: 2, halfWidth95: 2.093 * Math.sqrt(20 / 19 / 20) });
  });

  it("count a rate from the open start of the window to its closed end", () => {
    const { mean } = rateOf(Float64Array.of(1, 1.5, 2, 3, 4, 5), 1, 4);
    assert.equal(mean, 4 / 3);
  });

  it("find an even stream certain", () => {
    const { mean, halfWidth95 } = rateOf(
      Float64Array.from({ length: 400 }, (_, i) => (i + 0.5) / 4),
      0,
      100,
    );
    assert.deepEqual({ mean, halfWidth95 }, { mean: 4, halfWidth95: 0 });
  });

  it("have Jain's index from 1 / n to 1", () => {
    assert.equal(jainIndex([0.7, 0.7, 0.7]), 0.9999999999999998);
    assert.equal(jainIndex([1, 0, 0, 0]), 0.25);
    assert.equal(jainIndex([0, 0]), 1);
  });
});

describe("the histogram of intervals", () => {
  it("is within 1 %, by weight", () => {
    const histogram = new IntervalHistogram();
    histogram.add(20, 980);
    histogram.add(55, 19);
    histogram.add(4000, 1);
    const close = (actual: number, expected: number) => assert.ok(Math.abs(actual / expected - 1) < 0.01, `${actual}`);
    close(histogram.quantileMilliseconds(0.5), 20);
    close(histogram.quantileMilliseconds(0.99), 55);
    close(histogram.quantileMilliseconds(1), 4000);
  });

  it("is 0 when empty", () => assert.equal(new IntervalHistogram().quantileMilliseconds(0.99), 0));
});

describe("the time series", () => {
  it("keeps at most 200 points at even intervals, whatever the length of the run", () => {
    const series = new TimeSeries();
    for (let second = 1; second <= 5000; second++) series.sampleUntil(second, second - 1, 0, 0);
    const interval = series.all[1]?.seconds ?? 0;
    assert.equal(interval, 32);
    assert.equal(series.all.length, Math.ceil(5000 / 32));
    series.all.forEach((point, i) => {
      assert.deepEqual(point, { seconds: 32 * i, waitingPrefill: 32 * i, waitingDecode: 0, runningDecode: 0 });
    });
  });
});
