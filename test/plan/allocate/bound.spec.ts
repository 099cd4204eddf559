import assert from "node:assert/strict";
import fc from "fast-check";
import { allocate, type Allocation } from "../../../src/plan/allocate/allocate";
import { planOneRack } from "../../../src/plan/allocate/one-rack";
import type { AllocationRequest, WorkerOption } from "../../../src/plan/allocate/request";
import { rackRequest, smallRequest } from "./requests";

async function allocated(request: AllocationRequest): Promise<Allocation> {
  const { allocation, problems } = await allocate(request);
  assert.deepEqual(problems, []);
  assert.ok(allocation);
  return allocation;
}

/** A larger pool may be loaded more before its queue is too long. */
function economyOfScale(option: WorkerOption, workers: number): number {
  return option.requestsPerSecond * (workers - 0.5 / workers);
}

describe("the bound of an allocation", () => {
  for (const racks of [1, 3]) {
    it(`is never beaten, and its gap is the sum of its parts, on ${racks} rack(s)`, async () => {
      await fc.assert(
        fc.asyncProperty(smallRequest(["share", "trays", "cost"]), fc.boolean(), async (small, pooled) => {
          const prefillCapacity = pooled ? economyOfScale : undefined;
          // What one rack cannot serve is not worth the search for what would help.
          if (planOneRack(small, "separate") === undefined) return;
          const { allocation } = await allocate({ ...small, racks, prefill: "either", prefillCapacity });
          if (allocation === undefined) return;
          const { plan, alternative, bound } = allocation;
          assert.ok(bound);
          for (const one of alternative === undefined ? [plan] : [plan, alternative]) {
            if (small.objective === "share") assert.ok(one.share <= bound.value * (1 + 1e-7));
            if (small.objective === "trays") assert.ok(one.trays >= bound.value * (1 - 1e-7));
            if (small.objective === "cost") assert.ok((one.dollarsPerHour ?? 0) >= bound.value * (1 - 1e-7));
          }
          assert.ok(bound.gap >= -1e-9 && bound.gap < 1);
          const parts = bound.parts.reduce((sum, { part }) => sum + part, 0);
          assert.ok(Math.abs(parts - bound.gap) <= 1e-7, `${parts} and ${bound.gap}`);
        }),
        { seed: 25, numRuns: racks === 1 ? 40 : 8 },
      );
    });
  }

  const printed: readonly (readonly [number, number])[] = [
    [0.5, 48.39],
    [1, 40.26],
    [2, 30.14],
    [4, 20.05],
  ];
  for (const [ratio, value] of printed) {
    it(`is ${value} for the example at a ratio of ${ratio}, be prefill separate or shared`, async () => {
      for (const prefill of ["separate", "shared"] as const) {
        const { bound } = await allocated(rackRequest(ratio, { prefill }));
        assert.equal(bound?.value.toFixed(2), value.toFixed(2));
      }
    });
  }

  it("is the harmonic sum of the best rates per tray", async () => {
    const { bound } = await allocated(rackRequest(1));
    const traysPerShare = 1 / (92000 / 1024) + 8 / 28 + 1 / (78000 / 8192) + 8 / 177;
    assert.equal(bound?.value.toFixed(9), (18 / traysPerShare).toFixed(9));
    assert.deepEqual(
      bound.binding.map(({ constraint, dual }) => [constraint, dual.toFixed(6)]),
      [
        ["trays", (1 / traysPerShare).toFixed(6)],
        ["client1 prefill", (1024 / 92000 / traysPerShare).toFixed(6)],
        ["client1 decode", (8 / 28 / traysPerShare).toFixed(6)],
        ["client2 prefill", (8192 / 78000 / traysPerShare).toFixed(6)],
        ["client2 decode", (8 / 177 / traysPerShare).toFixed(6)],
      ],
    );
  });

  it("says what keeps the plan from it", async () => {
    const { bound } = await allocated(rackRequest(1));
    assert.deepEqual(
      bound?.parts.map(({ cause, part }) => [cause, part.toFixed(4)]),
      [
        ["whole trays", "0.0541"],
        ["whole workers", "0.0692"],
      ],
    );
    assert.equal(
      bound.explanation,
      "share: 35.3, any plan at most 40.26: a gap of 12.3 % (5.4 % for whole trays, 6.9 % for whole workers); " +
        "client1's decode wants 10.09 trays and gets 11; client1's prefill wants 0.3929 trays and gets 1",
    );
  });

  it("tells the walls between racks from the workers", async () => {
    const { bound } = await allocated(rackRequest(1, { racks: 2, prefill: "separate" }));
    assert.deepEqual(
      bound?.parts.map(({ cause }) => cause),
      ["whole trays", "whole workers", "whole racks"],
    );
  });

  it("says so when the plan reaches it", async () => {
    const clients = rackRequest(1).clients.map((one) => ({ ...one, requestsPerSecond: 20 }));
    const price = { dollarsPerGpuHour: 2.75, billing: "rack" } as const;
    const { bound } = await allocated(rackRequest(1, { objective: "cost", price, clients }));
    assert.deepEqual([bound?.value, bound?.gap, bound?.parts], [198, 0, []]);
    assert.equal(bound?.explanation, "dollars per hour: 198, any plan at least 198; the plan reaches the bound");
  });
});

describe("the price of a tray", () => {
  it("is what planning again with one more and one less finds", async () => {
    const { shadowPrices, plan } = await allocated(rackRequest(1, { prefill: "separate" }));
    const share = async (trays: number): Promise<number> =>
      (await allocated(rackRequest(1, { prefill: "separate", trays }))).plan.share;
    assert.equal(shadowPrices?.unit, "tray");
    assert.equal(shadowPrices.gainedShare, (await share(19)) - plan.share);
    assert.equal(shadowPrices.lostShare, plan.share - (await share(17)));
    const rounded = shadowPrices.clients.map((one) => [
      one.client,
      one.gainedRequestsPerSecond.toFixed(1),
      one.lostRequestsPerSecond.toFixed(1),
    ]);
    // client1 decodes 35.4 on 11 trays, 40.8 on 12 and 33.4 on 10; client2 is held to 35.3 by decode on 6 trays, to 38.1
    // by prefill on 7, and to 28.6 by prefill on 5.
    assert.deepEqual(rounded, [
      ["client1", "5.4", "2.0"],
      ["client2", "2.8", "6.7"],
    ]);
  });

  it("is that of a rack where there are several", async () => {
    const request = rackRequest(1, { prefill: "separate", racks: 2 });
    const { shadowPrices, plan } = await allocated(request);
    const three = await allocated({ ...request, racks: 3 });
    assert.equal(shadowPrices?.unit, "rack");
    assert.equal(shadowPrices.gainedShare.toFixed(6), (three.plan.share - plan.share).toFixed(6));
    assert.equal(shadowPrices.lostShare.toFixed(6), (plan.share - 35.3).toFixed(6));
  });

  it("is left out where rates are given for several racks", async () => {
    const clients = rackRequest(1).clients.map((one) => ({ ...one, requestsPerSecond: 20 }));
    const { shadowPrices } = await allocated(
      rackRequest(1, { objective: "trays", prefill: "separate", racks: 2, clients }),
    );
    assert.equal(shadowPrices, undefined);
  });
});
