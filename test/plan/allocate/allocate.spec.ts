import assert from "node:assert/strict";
import fc from "fast-check";
import { allocate, type Allocation } from "../../../src/plan/allocate/allocate";
import { planOneRack } from "../../../src/plan/allocate/one-rack";
import type { ModePlan } from "../../../src/plan/allocate/plan";
import type { AllocationRequest, PrefillMode } from "../../../src/plan/allocate/request";
import { bill, bruteBest } from "./brute-force";
import { option, rackRequest, smallRequest } from "./requests";

async function allocated(request: AllocationRequest): Promise<Allocation> {
  const { allocation, problems } = await allocate(request);
  assert.deepEqual(problems, []);
  assert.ok(allocation);
  return allocation;
}

function modeOf(request: AllocationRequest): PrefillMode {
  assert.notEqual(request.prefill, "either");
  return request.prefill === "shared" ? "shared" : "separate";
}

/** Does the plan hold what it says? Counted from its workers alone. */
function checkSound(request: AllocationRequest, plan: ModePlan): void {
  const [rack] = plan.racks;
  assert.ok(rack);
  const trays = rack.clients.reduce((sum, one) => sum + one.prefill.trays + one.decode.trays, 0);
  assert.equal(trays + (rack.sharedPrefill?.trays ?? 0), plan.trays);
  assert.equal(plan.trays + plan.freeTrays, request.trays);
  assert.ok(plan.freeTrays >= 0);
  for (const one of plan.clients) {
    assert.ok(one.requestsPerSecond >= one.neededRequestsPerSecond * (1 - 1e-9), one.client);
  }
  if (request.price !== undefined) {
    assert.equal(plan.dollarsPerHour?.toFixed(9), bill(request, rack.trays, rack.gpus).toFixed(9));
  }
}

describe("the allocation of one rack", () => {
  for (const objective of ["share", "trays", "cost"] as const) {
    it(`is what trying everything finds, for the objective "${objective}"`, () => {
      fc.assert(
        fc.property(smallRequest([objective]), (request) => {
          const mode = modeOf(request);
          const plan = planOneRack(request, mode);
          const best = bruteBest(request, mode);
          if (best === undefined || plan === undefined) {
            assert.equal(plan, best);
            return;
          }
          checkSound(request, plan);
          if (objective === "share") assert.ok(Math.abs(plan.share - best.share) <= 1e-9 * best.share);
          assert.equal((plan.dollarsPerHour ?? 0).toFixed(6), best.dollarsPerHour.toFixed(6));
          assert.deepEqual(
            [plan.trays, plan.movedTrays, plan.changedWorkers],
            [best.trays, best.movedTrays, best.changedWorkers],
          );
        }),
        { seed: 18, numRuns: 200 },
      );
    });
  }

  it("is what trying everything finds for three clients, and for one", () => {
    fc.assert(
      fc.property(smallRequest(["share", "trays"]), fc.constantFrom(1, 3), (small, count) => {
        const [first] = small.clients;
        assert.ok(first);
        const third = { ...first, client: "c", weight: 1, requestsPerSecond: 1, pinned: undefined };
        const request = { ...small, clients: [...small.clients, third].slice(3 - count) };
        const [plan, best] = [planOneRack(request, modeOf(request)), bruteBest(request, modeOf(request))];
        assert.deepEqual(
          [plan?.share.toFixed(6), plan?.trays, plan?.movedTrays, plan?.changedWorkers],
          request.objective === "share" || best === undefined
            ? [best?.share.toFixed(6), best?.trays, best?.movedTrays, best?.changedWorkers]
            : [plan?.share.toFixed(6), best.trays, best.movedTrays, best.changedWorkers],
        );
      }),
      { seed: 26, numRuns: 60 },
    );
  });

  it("does not depend on the order of the clients", async () => {
    await fc.assert(
      fc.asyncProperty(smallRequest(["share", "trays", "cost"]), async (request) => {
        if (planOneRack(request, modeOf(request)) === undefined) return;
        const turned = { ...request, clients: [...request.clients].reverse() };
        const [one, other] = [await allocate(request), await allocate(turned)];
        assert.deepEqual(one.allocation, other.allocation);
      }),
      { seed: 19, numRuns: 20 },
    );
  });

  it("gives the same answer again", async () => {
    assert.equal(JSON.stringify(await allocate(rackRequest(2))), JSON.stringify(await allocate(rackRequest(2))));
  });

  it("never serves less on more trays", () => {
    fc.assert(
      fc.property(smallRequest(["share"], { today: true, pins: false }), (request) => {
        const share = planOneRack(request, modeOf(request))?.share ?? 0;
        const more = planOneRack({ ...request, trays: request.trays + 1 }, modeOf(request))?.share ?? 0;
        assert.ok(more >= share * (1 - 1e-9));
      }),
      { seed: 20, numRuns: 100 },
    );
  });

  it("never loses value or pays more for staying near to today's plan", () => {
    fc.assert(
      fc.property(smallRequest(["share", "trays", "cost"]), (request) => {
        const forgetful = { ...request, clients: request.clients.map((one) => ({ ...one, today: undefined })) };
        const near = planOneRack(request, modeOf(request));
        const free = planOneRack(forgetful, modeOf(request));
        assert.equal(near === undefined, free === undefined);
        if (near === undefined || free === undefined) return;
        if (request.objective === "share") assert.ok(near.share >= free.share * (1 - 1e-9));
        if (request.objective === "trays") assert.equal(near.trays, free.trays);
        assert.equal(near.dollarsPerHour, free.dollarsPerHour);
        assert.ok(near.movedTrays >= 0 && free.movedTrays === 0);
      }),
      { seed: 21, numRuns: 200 },
    );
  });
});

describe("the example of two opposite clients on one rack, at 30 ms per token", () => {
  const pools = (plan: ModePlan | undefined): unknown => ({
    share: plan?.share.toFixed(1),
    shared: plan?.racks[0]?.sharedPrefill?.gpus,
    clients: plan?.racks[0]?.clients.map((one) => [one.prefill.gpus, one.decode.workerTrays.map((trays) => trays * 4)]),
  });

  const separate: readonly (readonly [number, string, unknown])[] = [
    [
      0.5,
      "40.8",
      [
        [4, [32, 16]],
        [12, [8]],
      ],
    ],
    [
      1,
      "35.3",
      [
        [4, [32, 8, 4]],
        [16, [8]],
      ],
    ],
    [
      2,
      "23.8",
      [
        [4, [32]],
        [20, [16]],
      ],
    ],
    [
      4,
      "16.7",
      [
        [4, [16, 8]],
        [28, [16]],
      ],
    ],
  ];
  for (const [ratio, share, clients] of separate) {
    it(`serves ${share} with separate prefill pools at a ratio of ${ratio}`, () => {
      assert.deepEqual(pools(planOneRack(rackRequest(ratio), "separate")), { share, shared: undefined, clients });
    });
  }

  const shared: readonly (readonly [number, string, number, unknown])[] = [
    [
      0.5,
      "42.8",
      12,
      [
        [0, [32, 16, 4]],
        [0, [8]],
      ],
    ],
    [
      2,
      "27.1",
      24,
      [
        [0, [32]],
        [0, [16]],
      ],
    ],
    [
      4,
      "18.2",
      32,
      [
        [0, [16, 8]],
        [0, [16]],
      ],
    ],
  ];
  for (const [ratio, share, gpus, clients] of shared) {
    it(`serves ${share} with a shared prefill pool at a ratio of ${ratio}`, () => {
      assert.deepEqual(pools(planOneRack(rackRequest(ratio), "shared")), { share, shared: gpus, clients });
    });
  }

  it("returns both ways of prefilling, the better one first", async () => {
    const { plan, alternative } = await allocated(rackRequest(2));
    assert.deepEqual([plan.mode, alternative?.mode], ["shared", "separate"]);
    assert.equal(alternative?.share.toFixed(1), "23.8");
  });

  it("prefers pools of one's own where they serve as much on as many trays", async () => {
    const { plan, alternative } = await allocated(rackRequest(1));
    assert.deepEqual([plan.mode, plan.share, alternative?.share], ["separate", 35.3, 35.3]);
  });

  it("leaves out the shared pool unless it is asked for", async () => {
    const { plan, alternative } = await allocated(rackRequest(2, { prefill: "separate" }));
    assert.deepEqual([plan.mode, alternative], ["separate", undefined]);
  });

  it("leaves trays free that serve nobody better", async () => {
    const request = rackRequest(1, { trays: 21, prefill: "separate" });
    const clients = request.clients.map((one) => ({ ...one, decode: [option(8, 20)] }));
    const { plan } = await allocated({ ...request, clients });
    assert.deepEqual([plan.share, plan.trays, plan.freeTrays], [20, 20, 1]);
  });

  it("keeps a running plan of equal value, though another would come first", async () => {
    const twin = rackRequest(1, { mixedDecode: true, prefill: "separate", trays: 6 });
    const clients = twin.clients.map((one) => ({ ...one, decode: [option(1, 5), option(2, 10)] }));
    const fresh = await allocated({ ...twin, clients });
    assert.deepEqual(
      fresh.plan.racks[0]?.clients.map((one) => one.decode.workerTrays),
      [[2], [2]],
    );
    const today = { prefill: [1], decode: [1, 1] };
    const kept = await allocated({ ...twin, clients: clients.map((one) => ({ ...one, today })) });
    assert.deepEqual(
      kept.plan.racks[0]?.clients.map((one) => one.decode.workerTrays),
      [
        [1, 1],
        [1, 1],
      ],
    );
    assert.deepEqual([kept.plan.share, kept.plan.movedTrays, kept.plan.changedWorkers], [fresh.plan.share, 0, 0]);
  });

  it("gives up a running plan that costs more for the same", async () => {
    const request = rackRequest(1, { objective: "trays", prefill: "separate" });
    const clients = request.clients.map((one) => ({
      ...one,
      requestsPerSecond: 5,
      today: { prefill: [1, 1], decode: [4] },
    }));
    const { plan } = await allocated({ ...request, clients });
    assert.equal(plan.trays, 1 + 2 + 1 + 1);
    assert.equal(plan.movedTrays, 12 - 5);
  });

  it("counts a queue's economy of scale where the caller knows it", async () => {
    const request = rackRequest(2, { prefill: "separate" });
    const scale = (workers: number): number => workers - 0.5 / workers;
    const { plan } = await allocated({
      ...request,
      prefillCapacity: (one, workers) => one.requestsPerSecond * scale(workers),
    });
    const prefill = plan.racks[0]?.clients[1]?.prefill;
    assert.ok(prefill);
    assert.equal(prefill.requestsPerSecond, ((4 * 19500) / 8192) * scale(prefill.workerTrays.length));
  });
});
