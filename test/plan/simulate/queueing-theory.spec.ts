import assert from "node:assert/strict";
import fc from "fast-check";
import { simulate } from "../../../src/plan/simulate/simulate";
import { stages } from "../../../src/plan/simulate/request";
import { client, decodeWorker, first, near, poisson, prefillPool, system, trace, wholeRun } from "./small-systems";

/** Service of 100 ms: 100 tokens at 1 ms. */
const serviceSeconds = 0.1;

function wait(load: number, seed: number, requestsPerClient: number) {
  const clients = [client({ arrivals: poisson(load / serviceSeconds) })];
  const result = simulate(system({ clients }), { seed, requestsPerClient, warmUpFraction: 0.1 });
  return first(result.clients).ttft.partsSeconds.queue;
}

describe("the simulator against queueing theory", () => {
  for (const load of [0.3, 0.6, 0.8, 0.9]) {
    it(`waits as long as M/D/1 at load ${load}, within three standard errors of ten runs`, () => {
      const expected = (load * serviceSeconds) / (2 * (1 - load));
      const means = Array.from({ length: 10 }, (_, seed) => wait(load, seed, 4000).mean);
      const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
      const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (means.length - 1);
      const standardError = Math.sqrt(variance / means.length);
      assert.ok(Math.abs(mean - expected) <= 3 * standardError, `${mean} +- ${standardError}, not ${expected}`);
      assert.ok(standardError < 0.1 * expected, `${standardError} says nothing`);
    });
  }

  it("states confidence intervals that hold the true mean about 19 times in 20", () => {
    const expected = (0.5 * serviceSeconds) / (2 * (1 - 0.5));
    const held = Array.from({ length: 60 }, (_, seed) => wait(0.5, seed, 2000)).filter(
      ({ mean, halfWidth95 }) => Math.abs(mean - expected) <= halfWidth95,
    );
    assert.ok(held.length >= 52 && held.length < 60, `${held.length} of 60`);
  });

  it("waits as long as M/G/1 says (Pollaczek-Khinchine), for two clients with prompts of their own", () => {
    const clients = [
      client({ client: "short", arrivals: poisson(8, { inputTokens: 50 }) }),
      client({ client: "long", arrivals: poisson(1.2, { inputTokens: 250 }) }),
    ];
    const result = simulate(system({ clients }), { seed: 5, requestsPerClient: 8_000, warmUpFraction: 0.1 });
    const load = 8 * 0.05 + 1.2 * 0.25;
    const expected = (8 * 0.05 ** 2 + 1.2 * 0.25 ** 2) / (2 * (1 - load));
    for (const { ttft } of result.clients) {
      const { mean, halfWidth95 } = ttft.partsSeconds.queue;
      assert.ok(Math.abs(mean - expected) <= halfWidth95, `${mean} +- ${halfWidth95}, not ${expected}`);
      assert.ok(halfWidth95 < 0.1 * expected);
    }
  });

  for (const prefill of ["least-loaded", "round-robin"] as const) {
    it(`waits as long as M/D/4, whose customers go to the servers by turns (${prefill})`, () => {
      const load = 0.8;
      const four = system({
        prefillPools: [prefillPool({ workers: 4 })],
        clients: [client({ arrivals: poisson((4 * load) / serviceSeconds) })],
        routing: { prefill },
      });
      const { clients } = simulate(four, { seed: 1, requestsPerClient: 30_000 });
      const { mean, halfWidth95 } = first(clients).ttft.partsSeconds.queue;
      const expected = meanWaitOfMdc(4, load);
      assert.ok(Math.abs(mean - expected) <= halfWidth95, `${mean} +- ${halfWidth95}, not ${expected}`);
      assert.ok(halfWidth95 < 0.1 * expected, `${halfWidth95} says nothing`);
    });
  }

  it("waits exactly as long as Lindley's recursion says, for any arrivals and prompts", () => {
    const arbitraryPrompts = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 500 }), inputTokens: fc.integer({ min: 1, max: 500 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(arbitraryPrompts, fc.integer({ min: 1, max: 4 }), (prompts, workers) => {
        let at = -first(prompts).gap;
        const requests = prompts.map(({ gap, inputTokens }) => ({
          atSeconds: (at += gap) / 1000,
          inputTokens,
          outputTokens: 1,
        }));
        const freeAt = new Array<number>(workers).fill(0);
        const waits = requests.map(({ atSeconds, inputTokens }, i) => {
          const start = Math.max(atSeconds, freeAt[i % workers] ?? 0);
          freeAt[i % workers] = start + inputTokens / 1000;
          return start - atSeconds;
        });
        const result = simulate(
          system({
            prefillPools: [prefillPool({ workers })],
            clients: [client({ arrivals: trace(requests) })],
            routing: { prefill: "round-robin" },
          }),
          wholeRun,
        );
        const { mean } = first(result.clients).ttft.partsSeconds.queue;
        near(mean, waits.reduce((sum, wait) => sum + wait, 0) / waits.length);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it("keeps Little's law in each stage: mean number = visits per second x mean time", () => {
    const result = simulate(
      system({
        prefillPools: [prefillPool({ ranksPerWorker: 2, requestsPerPassPerRank: 3 })],
        clients: [
          client({
            arrivals: poisson(8, { outputTokens: 50, fraction: { from: 0.5, to: 1 } }),
            decode: [decodeWorker({ batchPerRank: 5 })],
          }),
        ],
        transfer: { bytesPerSecond: 2000, latencySeconds: 0.05 },
      }),
      { seed: 4, requestsPerClient: 2000 },
    );
    const { stages: spent } = first(result.clients);
    for (const stage of stages) {
      const { meanRequests, visits, meanSeconds } = spent[stage];
      assert.ok(meanRequests > 0.01, stage);
      near(meanRequests * result.seconds, visits * meanSeconds);
    }
  });
});

describe("a closed loop", () => {
  /** A request alone takes 100 ms of prefill, 50 ms of transfer and 10 steps of 10 ms: 250 ms. */
  function rate(concurrency: number): number {
    const lengths = { inputTokens: 100, outputTokens: 11 };
    const clients = [client({ arrivals: { kind: "closed", concurrency, ...lengths } })];
    const transfer = { bytesPerSecond: Infinity, latencySeconds: 0.05 };
    const result = simulate(system({ clients, transfer }), { seed: 1, requestsPerClient: 200 });
    return first(result.clients).requestsPerSecond.mean;
  }

  it("serves N requests per round trip while nobody waits", () => {
    near(rate(1), 4, 0.01);
    near(rate(2), 8, 0.02);
  });

  it("serves what the bottleneck can when many wait", () => near(rate(50), 10, 0.01));

  it("sends 10 requests per user when not told otherwise", () => {
    const arrivals = { kind: "closed", concurrency: 7, inputTokens: 100, outputTokens: 3 } as const;
    const result = simulate(system({ clients: [client({ arrivals })] }), wholeRun);
    assert.equal(first(result.clients).requests.arrived, 70);
    assert.equal(first(result.clients).stages.queue.maxRequests, 6);
  });
});

/** Half of M/M/c's wait (Erlang C) with Cosmetatos' correction (1975), which is good to about 1 % at this load. */
function meanWaitOfMdc(servers: number, load: number): number {
  const offered = servers * load;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k++) {
    term *= offered / k;
    sum += term;
  }
  const last = (term * offered) / servers / (1 - load);
  const waitOfMmc = ((last / (sum + last)) * serviceSeconds) / (servers * (1 - load));
  const correction = ((1 - load) * (servers - 1) * (Math.sqrt(4 + 5 * servers) - 2)) / (16 * load * servers);
  return (waitOfMmc / 2) * (1 + correction);
}
