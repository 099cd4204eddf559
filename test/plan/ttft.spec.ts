import assert from "node:assert/strict";
import fc from "fast-check";
import type { EngineName } from "../../src/plan/intent";
import { simulate } from "../../src/plan/simulate/simulate";
import type { PrefillPoolModel } from "../../src/plan/simulate/system";
import { prefillSpeed, type PrefillSpeed } from "../../src/plan/speed/pool-speed";
import {
  largestRate,
  prefillCapacity,
  prefillQueue,
  ttftAt,
  ttftP90Seconds,
  type PrefillQueue,
} from "../../src/plan/ttft";
import { planned, prefillIntent } from "../support/intents";

const chat = { inputTokens: 1024, outputTokens: 8192 };
const documents = { inputTokens: 8192, outputTokens: 1024 };

function speedOf(workload: typeof chat, engine: EngineName): PrefillSpeed {
  const speed = prefillSpeed(planned(prefillIntent({ ...workload, engine })));
  if ("unpredicted" in speed) throw new Error(speed.unpredicted);
  return speed;
}

function queueOf(workload: typeof chat, workers: number, speed = speedOf(workload, "sglang")): PrefillQueue {
  return prefillQueue(planned(prefillIntent({ ...workload, workers })), speed, workload);
}

/** A pass of one second whatever is in it. */
const second = { passMilliseconds: () => 1000 };
/** A millisecond a token. */
const perToken = { passMilliseconds: (tokens: number) => tokens };

describe("the capacity of a prefill pool", () => {
  it("is that of passes that are all full", () => {
    const queue = { workers: 3, ranksPerWorker: 4, tokensPerForwardPerRank: 2000, promptTokens: 500, speed: second };
    assert.equal(prefillCapacity(queue), 3 * 4 * 4);
    assert.equal(prefillCapacity({ ...queue, promptTokens: 4000 }), 3 * 4 * 0.5);
  });
});

describe("the time to first token", () => {
  const one = { workers: 1, ranksPerWorker: 1, tokensPerForwardPerRank: 100, promptTokens: 100, speed: second };

  it("of a lone request is its own pass, or its passes", () => {
    assert.deepEqual(ttftAt(one, 0), { p50Seconds: 1, p90Seconds: 1 });
    assert.deepEqual(ttftAt({ ...one, promptTokens: 300 }, 0), { p50Seconds: 3, p90Seconds: 3 });
  });

  it("at half load is that, a share of the pass under way, and the tail of M/D/1", () => {
    const tail = 0.5 / (2 * 1 * 0.5);
    assert.deepEqual(ttftAt(one, 0.5), {
      p50Seconds: 1 + 0.5 * 0.5 + Math.log(2) * tail,
      p90Seconds: 1 + 0.9 * 0.5 - Math.log(1 - 0.9) * tail,
    });
  });

  it("counts the prompts that meet on the fullest rank", () => {
    // 0.4 s for a lone prompt; with more than one in a pass, two of four ranks' prompts may meet.
    const few = { workers: 1, ranksPerWorker: 1, tokensPerForwardPerRank: 1600, promptTokens: 400, speed: perToken };
    assert.equal(ttftAt(few, 0).p50Seconds, 0.8);
    assert.equal(ttftAt(few, 0).p90Seconds, 1.2);
    assert.equal(ttftAt({ ...few, ranksPerWorker: 4 }, 0).p90Seconds, 0.4);
  });

  it("has no end at capacity and above", () => {
    assert.deepEqual(ttftAt(one, 1), { p50Seconds: Infinity, p90Seconds: Infinity });
    assert.equal(ttftP90Seconds(one, 2), Infinity);
  });

  it("never falls with load, and nine of ten never wait less than half of them", () => {
    const queues = [chat, documents].flatMap((workload) => [1, 3, 8].map((workers) => queueOf(workload, workers)));
    const load = fc.double({ min: 0, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...queues), load, load, (queue, a, b) => {
        const capacity = prefillCapacity(queue);
        const [lighter, heavier] = [Math.min(a, b), Math.max(a, b)].map((share) => ttftAt(queue, share * capacity));
        assert.ok(lighter !== undefined && heavier !== undefined);
        assert.ok(lighter.p50Seconds <= heavier.p50Seconds);
        assert.ok(lighter.p90Seconds <= heavier.p90Seconds);
        assert.ok(lighter.p50Seconds <= lighter.p90Seconds);
        assert.equal(lighter.p90Seconds, ttftP90Seconds(queue, Math.min(a, b) * capacity));
      }),
    );
  });
});

describe("the time to first token beside the simulator", () => {
  const errors = { p50: [] as number[], p90: [] as number[] };

  before(() => {
    for (const engine of ["sglang", "trtllm"] as const) {
      for (const workload of [chat, documents]) {
        const speed = speedOf(workload, engine);
        for (const workers of [1, 2, 5, 8]) {
          const queue = queueOf(workload, workers, speed);
          compare(queue, 0.3, 1000);
          compare(queue, 0.6, 1000);
          // Queues near capacity change slowly.
          compare(queue, 0.9, 3000);
        }
      }
    }
  });

  function compare(queue: PrefillQueue, load: number, requests: number): void {
    const requestsPerSecond = load * prefillCapacity(queue);
    const found = ttftAt(queue, requestsPerSecond);
    const seen = simulated(queue, requestsPerSecond, requests);
    errors.p50.push(found.p50Seconds / seen.p50 - 1);
    errors.p90.push(found.p90Seconds / seen.p90 - 1);
  }

  const middle = (values: readonly number[]): number =>
    values.map(Math.abs).sort((a, b) => a - b)[values.length / 2] ?? NaN;

  it("is at most 30 % too low and 50 % too high for nine of ten, and within 15 % in the median of loads and pools", () => {
    assert.equal(errors.p90.length, 48);
    assert.ok(Math.min(...errors.p90) > -0.3, `${Math.min(...errors.p90)}`);
    assert.ok(Math.max(...errors.p90) < 0.5, `${Math.max(...errors.p90)}`);
    assert.ok(middle(errors.p90) < 0.15, `${middle(errors.p90)}`);
  });

  it("is within 35 % for half of them, and within 20 % in the median", () => {
    assert.ok(Math.min(...errors.p50) > -0.35, `${Math.min(...errors.p50)}`);
    assert.ok(Math.max(...errors.p50) < 0.35, `${Math.max(...errors.p50)}`);
    assert.ok(middle(errors.p50) < 0.2, `${middle(errors.p50)}`);
  });
});

/** The same queue with decode and transfers that take no time. */
function simulated(
  queue: PrefillQueue,
  requestsPerSecond: number,
  requestsPerClient: number,
): { readonly p50: number; readonly p90: number } {
  const { workers, ranksPerWorker, tokensPerForwardPerRank, promptTokens, speed } = queue;
  const pool: PrefillPoolModel = {
    name: "pool",
    workers,
    ranksPerWorker,
    tokensPerForwardPerRank,
    requestsPerPassPerRank: 1000,
    kvTokensPerRank: 1e9,
    passMilliseconds: speed.passMilliseconds,
  };
  const decode = {
    ranks: 1,
    batchPerRank: 1e6,
    kvTokensPerRank: 1e12,
    graphBatchSizes: [],
    stepMilliseconds: () => 0.001,
  };
  const { clients } = simulate(
    {
      prefillPools: [pool],
      clients: [
        {
          client: "client",
          prefillPool: "pool",
          decode: [decode],
          arrivals: { kind: "open", requestsPerSecond, inputTokens: promptTokens, outputTokens: 1 },
          draftTokens: 0,
          acceptedTokens: 0,
          slo: {},
          kvBytesPerToken: 0,
          reserve: "full",
        },
      ],
      transfer: { bytesPerSecond: 1e12, latencySeconds: 0 },
    },
    { seed: 1, requestsPerClient },
  );
  const seconds = clients[0]?.ttft.seconds;
  assert.ok(seconds);
  return seconds;
}

describe("the largest rate of a prefill pool", () => {
  const queues = [chat, documents].flatMap((workload) => [1, 4, 9].map((workers) => queueOf(workload, workers)));

  it("is the share of the capacity that is not left free, where that keeps the promise", () => {
    for (const queue of queues) assert.equal(largestRate(queue, Infinity, 0.9), 0.9 * prefillCapacity(queue));
  });

  it("is nothing where a lone request breaks the promise", () => {
    for (const queue of queues) {
      // Bisection ends at a rate of one request in thousands of years.
      assert.ok(largestRate(queue, 0.9 * ttftP90Seconds(queue, 0), 0.9) < 1e-9);
    }
  });

  it("keeps the promise and the limit, and no higher rate does", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...queues),
        fc.double({ min: 1, max: 10, noNaN: true }),
        fc.double({ min: 0.3, max: 0.99, noNaN: true }),
        (queue, times, utilisation) => {
          const promised = times * ttftP90Seconds(queue, 0);
          const rate = largestRate(queue, promised, utilisation);
          const limit = utilisation * prefillCapacity(queue);
          assert.ok(rate <= limit && ttftP90Seconds(queue, rate) <= promised);
          if (rate < limit) assert.ok(ttftP90Seconds(queue, rate * (1 + 1e-6) + 1e-6) > promised);
        },
      ),
    );
  });
});
