import assert from "node:assert/strict";
import { checkConcurrency, checkThroughputClaim, requestsInFlight } from "../../src/plan/littles-law";

describe("Little's law", () => {
  it("counts requests in flight", () => assert.equal(requestsInFlight(20, 300), 6000));

  it("finds that source 003's client 1 contradicts itself: 8k answers take an hour, not 30 s", () => {
    const claim = { concurrentRequests: 3000, outputTokensPerSecond: 9600, outputTokens: 8192, secondsPerRequest: 30 };
    assert.deepEqual(checkThroughputClaim(claim), [
      {
        path: "secondsPerRequest",
        what: "3000 requests sharing 9600 tokens/s get 3.2 tokens/s each, so 8192 tokens take 2560 s and not 30 s",
        rule: "Little's law: requests in flight = rate x time in the system",
        fix: "819200 tokens/s, or 35 concurrent requests",
      },
    ]);
  });

  it("finds that source 003's client 2 contradicts itself too", () => {
    const claim = { concurrentRequests: 750, outputTokensPerSecond: 2400, outputTokens: 1024, secondsPerRequest: 4 };
    assert.equal(checkThroughputClaim(claim).length, 1);
  });

  it("accepts a published point: 4096 requests, 22.9 requests/s of 8192 x 0.9 tokens, 23.6 ms per token", () => {
    const outputTokens = 8192 * 0.9;
    const claim = {
      concurrentRequests: 4096,
      outputTokensPerSecond: 22.9 * outputTokens,
      outputTokens,
      secondsPerRequest: outputTokens * 0.0236,
    };
    assert.deepEqual(checkThroughputClaim(claim), []);
  });

  it("refuses a rate that keeps more requests in decode than the pool holds", () => {
    const demand = { requestsPerSecond: 20, outputTokens: 8192, tpotMilliseconds: 50 };
    assert.deepEqual(checkConcurrency({ ...demand, slots: 8192 }), []);
    assert.deepEqual(checkConcurrency({ ...demand, slots: 8191 }), [
      {
        path: "workload.requestsPerSecond",
        what: "20 requests/s of 8192 tokens at 50 ms each keep 8192 requests in decode, the pool holds 8191",
        rule: "Little's law: requests in flight = rate x time in the system",
        fix: "batchPerRank or workers for 8192 requests, or 19.9 requests/s",
      },
    ]);
  });
});
