import assert from "node:assert/strict";
import { simulate, type SimulationOptions } from "../../../src/plan/simulate/simulate";
import type { ClientUnderTest } from "../../../src/plan/simulate/system";
import { client, decodeWorker, first, near, poisson, prefillPool, system } from "./small-systems";

const pools = [prefillPool(), prefillPool({ name: "other" })];

function results(clients: readonly ClientUnderTest[], options: Partial<SimulationOptions> = {}) {
  return simulate(system({ prefillPools: pools, clients }), { seed: 1, requestsPerClient: 4000, ...options });
}

const one = (changes: Partial<ClientUnderTest>, options: Partial<SimulationOptions> = {}) =>
  first(results([client(changes)], options).clients);

describe("the time to first token", () => {
  it("is quoted below 95 % of prefill", () => {
    const { ttft, saturation, requestsPerSecond } = one({ arrivals: poisson(9) });
    assert.equal(ttft.quotable, true);
    assert.equal(ttft.refusal, undefined);
    assert.equal(saturation.pool, "prefill");
    near(saturation.utilisation, requestsPerSecond.mean / 10, 0.01);
    near(saturation.headroom, 1 - saturation.utilisation);
  });

  it("is refused above 95 % of prefill, with the reason", () => {
    const { ttft, saturation } = one({ arrivals: poisson(9.9, { coefficientOfVariation: 0.1 }) });
    assert.equal(ttft.quotable, false);
    assert.deepEqual(ttft.refusal, {
      path: "client.ttft",
      what: `the prefill pool prefill is ${(100 * saturation.utilisation).toFixed(1)} % utilised`,
      rule: "above 95 % a small error in load is a large one in waiting, so no TTFT is quoted",
      fix: "fewer requests per second, or more workers",
    });
  });

  it("is refused when decode has no slot left", () => {
    const arrivals = { kind: "closed", concurrency: 50, inputTokens: 1, outputTokens: 1001 } as const;
    const { ttft, saturation } = one(
      { arrivals, decode: [decodeWorker({ batchPerRank: 4 })] },
      { requestsPerClient: 300 },
    );
    assert.equal(saturation.pool, "decode");
    assert.match(ttft.refusal?.what ?? "", /^the decode pool is (9[6-9]|100)\.\d % utilised$/);
  });

  it("is refused when decode has no KV left, though it has slots", () => {
    const arrivals = { kind: "closed", concurrency: 50, inputTokens: 1000, outputTokens: 1001 } as const;
    const prefillPools = [prefillPool({ passMilliseconds: () => 0 })];
    const clients = [client({ arrivals, decode: [decodeWorker({ kvTokensPerRank: 8100 })] })];
    const { ttft, decode } = first(
      simulate(system({ prefillPools, clients }), { seed: 1, requestsPerClient: 600 }).clients,
    );
    assert.ok(decode.batchShare < 0.01);
    // Set aside to the end, while half of the answer is there in the mean.
    near(decode.kvShare, (4 * 1500) / 8100, 0.02);
    near(decode.kvTakenShare, (4 * 2001) / 8100, 0.02);
    assert.match(ttft.refusal?.what ?? "", /^the decode pool is/);
  });

  it("is refused while a queue grows, whatever the utilisation", () => {
    // Decode has one slot, which is held for 400 ms of prefill and used for 10 ms.
    const arrivals = poisson(4, { inputTokens: 400, outputTokens: 2 });
    const { clients } = simulate(
      system({
        prefillPools: [prefillPool({ workers: 8 })],
        clients: [client({ arrivals, decode: [decodeWorker({ batchPerRank: 1 })] })],
      }),
      { seed: 1, requestsPerClient: 1000 },
    );
    const { ttft, saturation } = first(clients);
    assert.equal(saturation.queueGrows, true);
    assert.ok(saturation.utilisation < 0.95);
    assert.equal(ttft.quotable, false);
    assert.match(ttft.refusal?.what ?? "", /^more requests wait at the end/);
  });
});

describe("what a client gets", () => {
  it("is what it sends, while nothing is saturated", () => {
    const { requestsPerSecond, goodputRequestsPerSecond, servedShare, requests, window } = one({
      arrivals: poisson(5),
    });
    assert.ok(Math.abs(requestsPerSecond.mean - 5) <= 1.5 * requestsPerSecond.halfWidth95);
    assert.ok(requestsPerSecond.halfWidth95 < 0.25);
    assert.deepEqual(goodputRequestsPerSecond, requestsPerSecond);
    near(servedShare, 1, 0.01);
    assert.equal(requests.measured, 3200);
    near(window.toSeconds, 800, 0.05);
    near(window.fromSeconds, 160, 0.1);
  });

  it("is no goodput beyond the SLOs", () => {
    const arrivals = poisson(8, { outputTokens: 11 });
    const at = (slo: ClientUnderTest["slo"]) => one({ arrivals, slo }).goodputRequestsPerSecond.mean;
    const all = at({});
    const median = one({ arrivals }).ttft.seconds.p50;
    near(at({ ttftSeconds: median }), all / 2, 0.03);
    assert.equal(at({ tpotMilliseconds: 10.001 }), all);
    assert.equal(at({ tpotMilliseconds: 9.99 }), 0);
    assert.equal(at({ ttftSeconds: 0.05 }), 0);
  });

  it("is counted for as long as it was told to", () => {
    const { window, requests, series } = one({ arrivals: poisson(5) }, { durationSeconds: 500, warmUpFraction: 0.1 });
    assert.deepEqual(window, { fromSeconds: 50, toSeconds: 500 });
    near(requests.arrived, 2500, 0.05);
    near(requests.measured, 2250, 0.05);
    assert.ok(series.length > 100 && series.length <= 200);
  });

  it("is output tokens per GPU of its decode pool, and a mean batch", () => {
    const arrivals = poisson(5, { outputTokens: 101 });
    const decode = [decodeWorker({ ranks: 4, batchPerRank: 10 })];
    const result = one({ arrivals, decode });
    const { mean } = result.requestsPerSecond;
    near(result.outputTokensPerSecondPerDecodeGpu, (mean * 101) / 4);
    // One second each in decode: as many run as come per second.
    near(result.decode.batchShare, mean / 40, 0.02);
    near(result.stages.decode.meanRequestsInWindow, mean, 0.02);
    assert.equal(result.decode.gpus, 4);
  });

  it("is how busy its decode pool was while it was measured", () => {
    // Prefill takes 100 ms and decode a second, one after the other.
    const arrivals = { kind: "closed", concurrency: 1, inputTokens: 100, outputTokens: 101 } as const;
    const { decode } = one(
      { arrivals, decode: [decodeWorker({ batchPerRank: 2, kvTokensPerRank: 1000 })] },
      { requestsPerClient: 400, warmUpFraction: 0.5 },
    );
    near(decode.busy, 1 / 1.1, 0.01);
    near(decode.batchShare, 0.5 / 1.1, 0.01);
    near(decode.kvShare, 150 / 1000 / 1.1, 0.01);
    near(decode.kvTakenShare, 201 / 1000 / 1.1, 0.01);
    assert.equal(decode.kvSharePeak, 0.2);
  });

  it("is measured once the slowest of those who share a pool is warm", () => {
    const slow = client({ client: "slow", arrivals: poisson(1) });
    const { clients } = results([client({ arrivals: poisson(4) }), slow], { requestsPerClient: 500 });
    for (const { window } of clients) {
      near(window.fromSeconds, 100, 0.25);
      near(window.toSeconds, 500, 0.1);
    }
  });

  it("is not finished when the window closes, if it asks for too much", () => {
    const { requests, requestsPerSecond } = one({ arrivals: poisson(20) });
    near(requests.unfinished, 2000, 0.1);
    assert.equal(requests.finished, 4000);
    near(requestsPerSecond.mean, 10, 0.01);
  });
});

describe("fairness", () => {
  const served = client({ client: "served", arrivals: poisson(3) });

  it("is 1 when both get what they ask for, however different", () => {
    const other = client({ client: "other", prefillPool: "other", arrivals: poisson(1) });
    near(results([served, other]).fairness, 1, 1e-3);
  });

  it("falls when one is starved", () => {
    const starved = client({ client: "starved", prefillPool: "other", arrivals: poisson(30) });
    const { clients, fairness } = results([served, starved]);
    const [x = 0, y = 0] = clients.map(({ servedShare }) => servedShare);
    near(y, 1 / 3, 0.03);
    near(fairness, (x + y) ** 2 / (2 * (x * x + y * y)));
  });
});
