import assert from "node:assert/strict";
import fc from "fast-check";
import type { Arrivals } from "../../../src/plan/simulate/arrivals";
import { stages } from "../../../src/plan/simulate/request";
import { simulate } from "../../../src/plan/simulate/simulate";
import type { ClientUnderTest, PrefillPoolModel, SystemUnderTest } from "../../../src/plan/simulate/system";
import { decodeWorker, first, near, poisson, prefillPool, client, system } from "./small-systems";

const share = fc.double({ min: 0.1, max: 1, noNaN: true });
const lengths = {
  inputTokens: fc.integer({ min: 1, max: 400 }),
  outputTokens: fc.integer({ min: 1, max: 200 }),
  fraction: fc.option(
    share.map((from) => ({ from, to: 1 })),
    { nil: undefined },
  ),
};

const arbitraryArrivals: fc.Arbitrary<Arrivals> = fc.oneof(
  fc.record({
    kind: fc.constant("open" as const),
    requestsPerSecond: fc.double({ min: 0.5, max: 50, noNaN: true }),
    coefficientOfVariation: fc.constantFrom(0, 0.5, 1, 3),
    ...lengths,
  }),
  fc.record({ kind: fc.constant("closed" as const), concurrency: fc.integer({ min: 1, max: 30 }), ...lengths }),
  fc
    .array(
      fc.record({
        atSeconds: fc.double({ min: 0, max: 20, noNaN: true }),
        inputTokens: lengths.inputTokens,
        outputTokens: lengths.outputTokens,
        prefixBlocks: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((requests) => ({ kind: "trace" as const, requests: requests.sort((a, b) => a.atSeconds - b.atSeconds) })),
);

const arbitraryDecode = fc
  .record({
    ranks: fc.integer({ min: 1, max: 3 }),
    batchPerRank: fc.integer({ min: 1, max: 8 }),
    kvTokensPerRank: fc.integer({ min: 610, max: 2000 }),
    graphBatchSizes: fc.constantFrom([], [2, 4], [1, 2, 4, 8]),
  })
  .map((worker) => decodeWorker({ ...worker, stepMilliseconds: (batch, context) => 5 + batch + context / 100 }));

const arbitraryClient = (name: string): fc.Arbitrary<ClientUnderTest> =>
  fc.record({
    client: fc.constant(name),
    prefillPool: fc.constantFrom("prefill", "other"),
    decode: fc.array(arbitraryDecode, { minLength: 1, maxLength: 2 }),
    arrivals: arbitraryArrivals,
    draftTokens: fc.constantFrom(0, 3),
    acceptedTokens: fc.constantFrom(0, 1.4),
    slo: fc.constant({ ttftSeconds: 1, tpotMilliseconds: 20 }),
    kvBytesPerToken: fc.constant(10),
    reserve: fc.constantFrom("full" as const, "optimistic" as const),
    reservedDecodeTokens: fc.constant(10),
  });

const arbitraryPool = (name: string): fc.Arbitrary<PrefillPoolModel> =>
  fc
    .record({
      workers: fc.integer({ min: 1, max: 2 }),
      ranksPerWorker: fc.integer({ min: 1, max: 3 }),
      requestsPerPassPerRank: fc.integer({ min: 1, max: 4 }),
      kvTokensPerRank: fc.integer({ min: 600, max: 3000 }),
      cachedTokensPerRank: fc.constantFrom(0, 1024),
      chunking: fc.boolean(),
    })
    .chain((pool) =>
      fc.integer({ min: pool.chunking ? 50 : 600, max: 2000 }).map((tokensPerForwardPerRank) =>
        prefillPool({
          ...pool,
          name,
          tokensPerForwardPerRank,
          passMilliseconds: (tokens, prompt) => 2 + tokens / 10 + prompt / 100,
        }),
      ),
    );

const arbitrarySystem: fc.Arbitrary<SystemUnderTest> = fc.record({
  prefillPools: fc.tuple(arbitraryPool("prefill"), arbitraryPool("other")),
  clients: fc
    .tuple(arbitraryClient("one"), arbitraryClient("two"))
    .chain((clients) => fc.integer({ min: 1, max: 2 }).map((count) => clients.slice(0, count))),
  transfer: fc.record({
    bytesPerSecond: fc.constantFrom(1e4, 1e9),
    latencySeconds: fc.constantFrom(0, 0.02),
  }),
  routing: fc.record({
    prefill: fc.constantFrom("round-robin" as const, "least-loaded" as const, "kv-aware" as const),
    prefillRank: fc.constantFrom("round-robin" as const, "least-loaded" as const),
    decode: fc.constantFrom("round-robin" as const, "least-loaded" as const),
    decodeRank: fc.constantFrom("round-robin" as const, "least-loaded" as const),
  }),
  reservation: fc.constantFrom("beforePrefill" as const, "afterPrefill" as const),
});

describe("any system", () => {
  it("serves every request once, with the tokens it asked for, and never holds more than it can", () => {
    fc.assert(
      fc.property(arbitrarySystem, fc.nat(), (anySystem, seed) => {
        const result = simulate(anySystem, { seed, requestsPerClient: 60, warmUpFraction: 0.1 });
        let inputTokens = 0;
        let retractions = 0;
        result.clients.forEach((one, i) => {
          const asked = anySystem.clients[i];
          assert.equal(one.requests.finished, one.requests.arrived);
          // Each visits each stage once, and again after a retraction; admission is on both sides of prefill.
          const visits = one.requests.arrived + one.requests.retractions;
          assert.deepEqual(
            stages.map((stage) => one.stages[stage].visits),
            [2 * visits, visits, visits, visits, visits],
          );
          for (const stage of stages) {
            const { meanRequests, meanSeconds, visits: times } = one.stages[stage];
            near(meanRequests * result.seconds, meanSeconds * times, 1e-6);
          }
          if (asked?.arrivals.kind !== "trace" && asked?.arrivals.fraction === undefined) {
            assert.equal(one.requests.outputTokens, one.requests.arrived * (asked?.arrivals.outputTokens ?? NaN));
          }
          assert.ok(one.decode.kvSharePeak <= 1 + 1e-9);
          assert.ok(one.decode.batchPerRankPeak <= Math.max(...(asked?.decode ?? []).map((w) => w.batchPerRank)));
          const parts = Object.values(one.ttft.partsSeconds).reduce((sum, part) => sum + part.mean, 0);
          near(one.ttft.seconds.mean, parts, 1e-6);
          assert.ok(one.series.length <= 200);
          inputTokens += one.requests.inputTokens;
          retractions += one.requests.retractions;
        });
        const processed = result.prefillPools.reduce((sum, pool) => sum + pool.computedTokens + pool.reusedTokens, 0);
        if (retractions === 0) assert.equal(processed, inputTokens);
        else assert.ok(processed > inputTokens);
        for (const pool of result.prefillPools) assert.ok(pool.kvSharePeak <= 1);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it("gives the same result for the same seed, and another for another seed", () => {
    const bursty = poisson(20, { outputTokens: 40, coefficientOfVariation: 2, fraction: { from: 0.5, to: 1 } });
    const clients = [client({ arrivals: bursty, draftTokens: 2, acceptedTokens: 1.1 })];
    const pools = [prefillPool({ ranksPerWorker: 3 })];
    const stepNoise = { expertShare: 0.4, spread: 0.2 };
    const run = (seed: number) =>
      simulate(system({ prefillPools: pools, clients, stepNoise }), { seed, requestsPerClient: 300 });
    assert.deepEqual(run(9), run(9));
    assert.notDeepEqual(first(run(10).clients).ttft, first(run(9).clients).ttft);
  });
});
