import assert from "node:assert/strict";
import fc from "fast-check";
import { simulate, type SimulationOptions } from "../../../src/plan/simulate/simulate";
import type { ClientUnderTest, DecodeWorkerModel, SystemUnderTest } from "../../../src/plan/simulate/system";
import {
  burst,
  client,
  decodeWorker,
  first,
  near,
  poisson,
  prefillPool,
  system,
  trace,
  wholeRun,
} from "./small-systems";

/** Prompts are there at once, so that only decode takes time. */
const instantPrefill = prefillPool({ requestsPerPassPerRank: 1e6, passMilliseconds: () => 0 });

function decode(
  changes: Partial<ClientUnderTest>,
  options: Partial<SimulationOptions> = {},
  surroundings: Partial<SystemUnderTest> = {},
) {
  const parts = { prefillPools: [instantPrefill], clients: [client(changes)], ...surroundings };
  return first(simulate(system(parts), { ...wholeRun, ...options }).clients);
}

describe("a decode worker", () => {
  it("yields a token per step after the one that prefill gave", () => {
    const { tpotMilliseconds, e2eSeconds, requests } = decode({
      arrivals: burst(1, { inputTokens: 5, outputTokens: 101 }),
    });
    near(e2eSeconds.mean, 1);
    near(tpotMilliseconds.mean, 10);
    assert.equal(requests.outputTokens, 101);
  });

  it("agrees with a simulation of every single step", () => {
    const arbitraryTrace = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 400 }), tokens: fc.integer({ min: 1, max: 60 }) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(arbitraryTrace, fc.integer({ min: 1, max: 6 }), (gaps, batchPerRank) => {
        let at = 0;
        // Odd fractions keep arrivals from falling on the end of a step.
        const requests = gaps.map(({ gap, tokens }) => ({
          atSeconds: (at += gap * 0.00137),
          inputTokens: 10,
          outputTokens: tokens,
        }));
        const start = first(requests).atSeconds;
        const stepMilliseconds = (batch: number) => 7 + 3.1 * batch;
        const shifted = requests.map((request) => ({ ...request, atSeconds: request.atSeconds - start }));
        const { e2eSeconds } = decode({
          arrivals: trace(shifted),
          decode: [decodeWorker({ batchPerRank, stepMilliseconds })],
        });
        near(e2eSeconds.mean, meanSecondsStepByStep(shifted, batchPerRank, stepMilliseconds), 1e-7);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it("is as slow as the next captured graph", () => {
    const worker = decodeWorker({ graphBatchSizes: [1, 8, 16], stepMilliseconds: (batch) => batch });
    const tpot = (requests: number) =>
      decode({ decode: [worker], arrivals: burst(requests, { inputTokens: 1, outputTokens: 101 }) }).tpotMilliseconds
        .p50;
    near(tpot(1), 1);
    near(tpot(3), 8, 0.05);
    near(tpot(9), 16, 0.1);
  });

  it("waits for the rank with the most requests and the most KV", () => {
    const asked = new Map<number, number>();
    const worker = decodeWorker({
      ranks: 2,
      stepMilliseconds: (batch, context) => {
        asked.set(batch, Math.max(context, asked.get(batch) ?? 0));
        return 10 * batch + context / 128;
      },
    });
    const requests = [1280, 2560, 128, 128].map((inputTokens) => ({ atSeconds: 0, inputTokens, outputTokens: 2 }));
    const { tpotMilliseconds } = decode(
      { decode: [worker], arrivals: trace(requests) },
      {},
      { routing: { decodeRank: "round-robin" } },
    );
    assert.deepEqual([...asked.keys()].sort(), [1, 2]);
    // The first has a step for itself. In the next, the second rank has two requests, and most KV: in the middle of the
    // step 2560.5 + 128.5 tokens.
    const alone = 10 + 1280.5 / 128;
    const together = 20 + (2560.5 + 128.5) / 2 / 128;
    near(tpotMilliseconds.mean, (alone + 3 * together) / 4);
  });

  it("never runs more requests per rank than its batch, nor holds more KV than there is", () => {
    const worker = decodeWorker({ ranks: 2, batchPerRank: 3, kvTokensPerRank: 500 });
    const { decode: pool } = decode(
      { decode: [worker], arrivals: poisson(50, { inputTokens: 50, outputTokens: 50 }) },
      { requestsPerClient: 300 },
    );
    assert.equal(pool.batchPerRankPeak, 3);
    near(pool.kvSharePeak, (3 * 99) / 500, 0.05);
  });

  it("takes as many requests as fit with prompt and answer", () => {
    const worker = decodeWorker({ kvTokensPerRank: 450 });
    const { decode: pool } = decode({
      decode: [worker],
      arrivals: burst(20, { inputTokens: 50, outputTokens: 50 }),
    });
    assert.equal(pool.batchPerRankPeak, 4);
  });

  it("yields 1 + accepted tokens per step", () => {
    const arrivals = burst(200, { inputTokens: 10, outputTokens: 2001 });
    const { tpotMilliseconds, itlP99Milliseconds } = decode({ arrivals, draftTokens: 3, acceptedTokens: 1.5 });
    near(tpotMilliseconds.mean, 10 / 2.5, 0.01);
    assert.ok(tpotMilliseconds.p99 > tpotMilliseconds.p50);
    near(itlP99Milliseconds, 10, 0.01);
  });

  it("serves by size where workers differ", () => {
    const worker = (ranks: number) => decodeWorker({ ranks, batchPerRank: 10, stepMilliseconds: () => 10 });
    const arrivals = { kind: "closed", concurrency: 60, inputTokens: 10, outputTokens: 50 } as const;
    const { decode: pool, stages } = decode({ decode: [worker(2), worker(4)], arrivals });
    assert.equal(pool.gpus, 6);
    assert.equal(pool.batchPerRankPeak, 10);
    assert.equal(stages.decode.maxRequests, 60);
  });

  it("grows slower by the sampling of experts, if told so", () => {
    const tpot = (stepNoise: SystemUnderTest["stepNoise"]) =>
      decode(
        { arrivals: burst(16, { inputTokens: 10, outputTokens: 2000 }) },
        {},
        stepNoise === undefined ? {} : { stepNoise },
      ).tpotMilliseconds.p50;
    near(tpot(undefined), 10);
    near(tpot({ expertShare: 0.5, spread: 0 }), 10.85, 0.001);
    near(tpot({ expertShare: 0.5, spread: 0.2 }), 10.85, 0.01);
    assert.notEqual(tpot({ expertShare: 0.5, spread: 0.2 }), tpot({ expertShare: 0.5, spread: 0 }));
  });
});

describe("decode's admission", () => {
  const small = [decodeWorker({ batchPerRank: 2 })];
  /** Prefill has room for ten times as much, decode for 2 requests of a second. */
  const arrivals = poisson(1.8, { inputTokens: 10, outputTokens: 101 });

  it("holds requests back before prefill, so that TTFT grows by admission and not by queueing", () => {
    const { ttft } = decode(
      { decode: small, arrivals },
      { requestsPerClient: 1000 },
      { prefillPools: [prefillPool()] },
    );
    assert.ok(ttft.partsSeconds.admission.mean > 1);
    assert.ok(ttft.partsSeconds.queue.mean < 0.01);
    near(
      ttft.seconds.mean,
      Object.values(ttft.partsSeconds).reduce((sum, part) => sum + part.mean, 0),
    );
  });

  it("leaves finished prompts in the KV of prefill when decode is asked afterwards", () => {
    const pool = prefillPool({ kvTokensPerRank: 40 });
    const { ttft, stages } = decode(
      { decode: small, arrivals },
      { requestsPerClient: 1000 },
      { prefillPools: [pool], reservation: "afterPrefill" },
    );
    // Four prompts fit; the fifth waits in front of prefill.
    assert.ok(stages.queue.maxRequests > 4);
    assert.ok(ttft.partsSeconds.queue.mean > 0.1);
    assert.ok(stages.admission.maxRequests <= 4);
  });
});

describe("an optimistic reserve", () => {
  const crowded = {
    reserve: "optimistic",
    reservedDecodeTokens: 10,
    decode: [decodeWorker({ kvTokensPerRank: 400 })],
    arrivals: burst(10, { inputTokens: 50, outputTokens: 150 }),
  } as const;

  it("takes more requests, and computes the youngest again when KV runs out", () => {
    const full = decode({ ...crowded, reserve: "full" });
    const optimistic = decode(crowded);
    assert.equal(full.decode.batchPerRankPeak, 2);
    assert.equal(full.requests.retractions, 0);
    assert.equal(optimistic.decode.batchPerRankPeak, 7);
    assert.ok(optimistic.requests.retractions > 0);
    assert.ok(optimistic.decode.kvSharePeak <= 1);
    assert.equal(optimistic.requests.outputTokens, 10 * 150);
  });

  it("computes prompt and answer so far after a retraction", () => {
    const result = simulate(system({ prefillPools: [instantPrefill], clients: [client(crowded)] }), wholeRun);
    const { retractions } = first(result.clients).requests;
    const { computedTokens } = first(result.prefillPools);
    assert.ok(computedTokens > 10 * 50 + retractions * 50, `${computedTokens} for ${retractions}`);
  });

  const request = (atSeconds: number, inputTokens: number, outputTokens: number) => ({
    atSeconds,
    inputTokens,
    outputTokens,
  });

  it("leaves the oldest alone", () => {
    const { e2eSeconds, requests } = decode({
      ...crowded,
      decode: [decodeWorker({ kvTokensPerRank: 300 })],
      arrivals: trace([request(0, 50, 150), request(0.001, 50, 200)]),
    });
    assert.equal(requests.retractions, 1);
    near(e2eSeconds.p50, 1.49);
  });

  it("retracts on the rank that is full, not the youngest of the worker", () => {
    const { requests } = decode(
      {
        ...crowded,
        decode: [decodeWorker({ ranks: 2, kvTokensPerRank: 320 })],
        arrivals: trace([request(0, 50, 150), request(0.001, 5, 150), request(0.002, 50, 200), request(0.003, 5, 250)]),
      },
      {},
      { routing: { decodeRank: "round-robin" } },
    );
    assert.equal(requests.retractions, 1);
  });

  it("counts the pause as time between tokens", () => {
    const slow = prefillPool({ passMilliseconds: () => 2000, requestsPerPassPerRank: 10 });
    const { itlP99Milliseconds } = decode(crowded, {}, { prefillPools: [slow] });
    assert.ok(itlP99Milliseconds > 1000, `${itlP99Milliseconds}`);
  });

  it("ends even where every request fits alone only", () => {
    const { requests } = decode({ ...crowded, decode: [decodeWorker({ kvTokensPerRank: 210 })] });
    assert.deepEqual([requests.finished, requests.outputTokens], [10, 1500]);
  });
});

interface Asked {
  readonly atSeconds: number;
  readonly outputTokens: number;
}

/**
 * The same rules, a step at a time: a request takes a free slot when it arrives or when one becomes free, in order, and
 * joins before the next step.
 */
function meanSecondsStepByStep(
  requests: readonly Asked[],
  slots: number,
  stepMilliseconds: DecodeWorkerModel["stepMilliseconds"],
): number {
  const waiting = [...requests];
  let reserved: Asked[] = [];
  let running: { readonly request: Asked; left: number }[] = [];
  let seconds = 0;
  let total = 0;
  const reserve = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (next.atSeconds > seconds || running.length + reserved.length >= slots) return;
      reserved.push(next);
      waiting.shift();
    }
  };
  while (waiting.length + reserved.length + running.length > 0) {
    if (running.length + reserved.length === 0) seconds = Math.max(seconds, first(waiting).atSeconds);
    reserve();
    for (const one of running) if (--one.left === 0) total += seconds - one.request.atSeconds;
    running = running.filter(({ left }) => left > 0);
    for (const request of reserved) {
      if (request.outputTokens === 1) total += seconds - request.atSeconds;
      else running.push({ request, left: request.outputTokens - 1 });
    }
    reserved = [];
    reserve();
    if (running.length > 0) seconds += stepMilliseconds(running.length, 0) / 1000;
  }
  return total / requests.length;
}
