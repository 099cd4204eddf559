import assert from "node:assert/strict";
import fc from "fast-check";
import { choosePools, clientDemand, type ClientSizing, type PoolSizes } from "../../src/plan/choose-pools";
import type { ClientPlan } from "../../src/plan/client";
import { planClient } from "../../src/plan/plan-client";
import { gb200Nvl72 } from "../../src/plan/rack";
import type { Slo } from "../../src/plan/workload";
import { decodeIntent, prefillIntent, unpredicted } from "../support/intents";

const rack = gb200Nvl72;
const chat = { inputTokens: 1024, outputTokens: 8192 };
const documents = { inputTokens: 8192, outputTokens: 1024 };

function sizing(workload: typeof chat, changes: Partial<ClientSizing> = {}): ClientSizing {
  return {
    client: "client1",
    workload,
    slo: {},
    prefill: prefillIntent(workload),
    decode: decodeIntent(workload),
    wanted: { prefill: {}, decode: {} },
    headroom: 0.1,
    ...changes,
  };
}

function sizesFor(asked: ClientSizing, trays: number): PoolSizes {
  const chosen = choosePools(asked, trays, rack);
  if ("problems" in chosen) throw new Error(JSON.stringify(chosen.problems));
  return chosen.sizes;
}

function problemsOf(asked: ClientSizing, trays = 9): readonly (readonly [string, string])[] {
  const chosen = choosePools(asked, trays, rack);
  return "problems" in chosen ? chosen.problems.map(({ path, what }) => [path, what]) : [];
}

/** The plan of those sizes; no problem with it. */
function planOf(asked: ClientSizing, sizes: PoolSizes, trays: number): ClientPlan {
  const { client, workload, slo } = asked;
  const { plan, problems } = planClient(
    {
      client,
      workload,
      slo,
      prefill: { ...asked.prefill, ...sizes.prefill },
      decode: { ...asked.decode, ...sizes.decode },
      grantedTrays: trays,
    },
    rack,
  );
  assert.deepEqual(problems, []);
  assert.ok(plan);
  return plan;
}

const workloads = fc.record({
  inputTokens: fc.constantFrom(512, 1024, 3000, 8192),
  outputTokens: fc.constantFrom(256, 1024, 8192),
});
const slos: fc.Arbitrary<Slo> = fc.record(
  { tpotMilliseconds: fc.integer({ min: 25, max: 80 }), ttftSeconds: fc.integer({ min: 2, max: 10 }) },
  { requiredKeys: [] },
);

describe("choosing pools", () => {
  it("gives a client the pools that serve most on its trays", () => {
    assert.deepEqual(sizesFor(sizing(chat, { slo: { tpotMilliseconds: 50 } }), 9), {
      prefill: { workers: 1, gpusPerWorker: 4 },
      decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 368 },
    });
    assert.deepEqual(sizesFor(sizing(documents, { slo: { tpotMilliseconds: 50 } }), 9), {
      prefill: { workers: 7, gpusPerWorker: 4 },
      decode: { workers: 1, gpusPerWorker: 8, batchPerRank: 256 },
    });
  });

  it("always gives pools that break no rule, fit the trays and keep TPOT", () => {
    fc.assert(
      fc.property(workloads, slos, fc.integer({ min: 2, max: 18 }), (workload, slo, trays) => {
        const asked = sizing(workload, { slo });
        const chosen = choosePools(asked, trays, rack);
        if ("problems" in chosen) {
          // Only where the smallest workers that keep the promise do not fit.
          assert.ok(slo.tpotMilliseconds !== undefined && trays < 6, JSON.stringify(chosen.problems));
          return;
        }
        const plan = planOf(asked, chosen.sizes, trays);
        assert.ok(plan.trays <= trays);
        assert.ok((plan.prediction?.tpotMilliseconds ?? Infinity) <= (slo.tpotMilliseconds ?? Infinity));
      }),
      { numRuns: 40 },
    );
  });

  it("never serves less on more trays, nor takes more trays for the same", () => {
    for (const workload of [chat, documents]) {
      const asked = sizing(workload, { slo: { tpotMilliseconds: 50 } });
      let before = { rate: 0, trays: 0 };
      for (let trays = 2; trays <= 18; trays++) {
        const plan = planOf(asked, sizesFor(asked, trays), trays);
        const rate = plan.prediction?.requestsPerSecond ?? NaN;
        assert.ok(rate >= before.rate * (1 - 1e-9), `${trays} trays: ${rate} after ${before.rate}`);
        if (rate <= before.rate * (1 + 1e-9)) assert.ok(plan.trays <= before.trays);
        before = { rate, trays: plan.trays };
      }
    }
  });

  it("keeps what is fixed and plans the rest around it", () => {
    const wanted = (prefill: object, decode: object): PoolSizes =>
      sizesFor(sizing(documents, { wanted: { prefill, decode } }), 9);
    const fixed = { workers: 2, gpusPerWorker: 8, batchPerRank: 100 };
    assert.deepEqual(wanted({ workers: 3, gpusPerWorker: 4 }, fixed), {
      prefill: { workers: 3, gpusPerWorker: 4 },
      decode: fixed,
    });
    assert.deepEqual(wanted({}, fixed), { prefill: { workers: 5, gpusPerWorker: 4 }, decode: fixed });
    assert.deepEqual(wanted({ workers: 3, gpusPerWorker: 4 }, { workers: 1, gpusPerWorker: 8 }).decode, {
      workers: 1,
      gpusPerWorker: 8,
      batchPerRank: 256,
    });
    assert.deepEqual(wanted({ gpusPerWorker: 8 }, {}).prefill.gpusPerWorker, 8);
    assert.equal(wanted({ workers: 2, gpusPerWorker: 4 }, { batchPerRank: 48 }).decode.batchPerRank, 48);
    assert.deepEqual(wanted({ workers: 2, gpusPerWorker: 4 }, {}).prefill, { workers: 2, gpusPerWorker: 4 });
  });

  it("takes all sizes as they are, whatever the trays: the plan is checked later", () => {
    const sizes = {
      prefill: { workers: 3, gpusPerWorker: 5 },
      decode: { workers: 40, gpusPerWorker: 7, batchPerRank: 9999 },
    };
    assert.deepEqual(sizesFor(sizing(chat, { wanted: sizes }), 1), sizes);
  });

  it("wants a size with a number of workers", () => {
    const asked = sizing(chat, { wanted: { prefill: { workers: 3 }, decode: { workers: 1, batchPerRank: 8 } } });
    assert.deepEqual(problemsOf(asked), [
      ["pools.prefill.gpusPerWorker", "3 workers of no stated size"],
      ["pools.decode.gpusPerWorker", "1 workers of no stated size"],
    ]);
  });

  it("is refused in the client's terms", () => {
    assert.deepEqual(problemsOf(sizing(chat, { slo: { tpotMilliseconds: 5, ttftSeconds: 0.05 } })), [
      [
        "slo.ttftSeconds",
        "no prefill worker size of client1 meets the TTFT of 50 ms; the best is 124.1 ms with 4 GPUs per worker",
      ],
      [
        "slo.tpotMilliseconds",
        "no decode worker size of client1 meets the TPOT of 5 ms; the best is 16 ms with 32 GPUs per worker",
      ],
    ]);
    assert.deepEqual(problemsOf(sizing(chat), 1), [["trays", "client1 has 1 tray"]]);
    assert.deepEqual(problemsOf(unpredicted(sizing(chat))), [
      ["pools", "sizes cannot be planned: operations were measured for latent attention, Qwen3-235B-A22B has another"],
    ]);
    const pinned = { prefill: { workers: 9, gpusPerWorker: 4 }, decode: {} };
    assert.deepEqual(problemsOf(sizing(chat, { wanted: pinned })), [
      ["pools", "9 (prefill, pinned) + 1 (decode, at least) = 10 trays for client1, the rack has 9"],
    ]);
  });
});

describe("a pinned pool that keeps no promise", () => {
  it("is told as the promise, and as the pool", () => {
    const pinned = { prefill: {}, decode: { workers: 1, gpusPerWorker: 4 } };
    const asked = sizing(chat, { slo: { tpotMilliseconds: 16 }, wanted: pinned });
    assert.deepEqual(
      problemsOf(asked).map(([path]) => path),
      ["slo.tpotMilliseconds", "pools.decode"],
    );
  });
});

describe("what a client asks of the allocation", () => {
  const demand = (asked: ClientSizing) => {
    const demanded = clientDemand(asked, rack);
    if ("problems" in demanded) throw new Error(JSON.stringify(demanded.problems));
    return demanded.demand;
  };

  it("weighs it by the rate it asks for, by 1 without one", () => {
    const { weight, requestsPerSecond } = demand(sizing(chat));
    assert.deepEqual([weight, requestsPerSecond], [1, undefined]);
    const asking = demand(sizing(chat, { workload: { ...chat, requestsPerSecond: 20 } }));
    assert.deepEqual([asking.weight, asking.requestsPerSecond], [20, 20]);
  });

  it("pins whole pools, in trays per worker", () => {
    assert.equal(demand(sizing(chat)).pinned, undefined);
    const wanted = { prefill: { workers: 2, gpusPerWorker: 8 }, decode: { gpusPerWorker: 16 } };
    const { pinned, decode } = demand(sizing(chat, { wanted }));
    assert.deepEqual(pinned, { prefill: [2, 2] });
    assert.deepEqual(
      decode.map(({ gpus }) => gpus),
      [16],
    );
  });
});
