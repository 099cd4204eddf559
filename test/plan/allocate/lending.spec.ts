import assert from "node:assert/strict";
import { allocate } from "../../../src/plan/allocate/allocate";
import { planLending } from "../../../src/plan/allocate/lending";
import type { LendingRequest } from "../../../src/plan/allocate/request";
import type { AllocationRequest } from "../../../src/plan/allocate/request";
import { option, rackRequest } from "./requests";

/** Each client serves one request/s per tray of decode, and prefill is nearly free. */
function plainRack(trays: number): AllocationRequest {
  const client = (name: string) => ({
    client: name,
    weight: 1,
    prefill: [option(1, 100)],
    decode: [option(1, 1)],
  });
  return { ...rackRequest(1), trays, clients: [client("a"), client("b")] };
}

/** Day and night: one client wants seven while the other wants one. */
function tides(durationSeconds: number, changes: Partial<LendingRequest> = {}): LendingRequest {
  return {
    scenarios: [
      { name: "day", probability: 0.5, durationSeconds, requestsPerSecond: { a: 7, b: 1 } },
      { name: "night", probability: 0.5, durationSeconds, requestsPerSecond: { a: 1, b: 7 } },
    ],
    bufferTrays: [2, 4, 6],
    switchSeconds: 60,
    ...changes,
  };
}

describe("lending trays of a rack", () => {
  it("serves both tides where a fixed split serves one and a half", () => {
    const answer = planLending(plainRack(10), tides(6000));
    // Eight decode trays: a fixed split gives 1 + min(7, x) on one side, a buffer of six follows the tide.
    assert.equal(answer.static.requestsPerSecond, 5);
    assert.equal(answer.lending?.bufferTrays, 6);
    assert.equal(answer.lending.withoutSwitching, 8);
    assert.equal(answer.lending.requestsPerSecond, 8 - (60 / 6000) * 6);
    assert.equal(answer.pays, true);
    assert.equal(answer.gainedRequestsPerSecond.toFixed(9), (3 - 0.06).toFixed(9));
  });

  it("says who borrows what, and keeps a base that never moves", () => {
    const { lending } = planLending(plainRack(10), tides(6000));
    assert.deepEqual(lending?.base, [
      { client: "a", prefillTrays: 1, decodeTrays: 1 },
      { client: "b", prefillTrays: 1, decodeTrays: 1 },
    ]);
    assert.deepEqual(lending.borrowed, [
      {
        scenario: "day",
        clients: [
          { client: "a", prefillTrays: 0, decodeTrays: 6 },
          { client: "b", prefillTrays: 0, decodeTrays: 0 },
        ],
      },
      {
        scenario: "night",
        clients: [
          { client: "a", prefillTrays: 0, decodeTrays: 0 },
          { client: "b", prefillTrays: 0, decodeTrays: 6 },
        ],
      },
    ]);
  });

  it("breaks even where the switch costs what lending gains", () => {
    // A buffer of B gains B - 3 without switching and loses B x 60 / duration: 6 - 6 x 60 / d = 3 at d = 120.
    for (const durationSeconds of [30, 120, 6000]) {
      const answer = planLending(plainRack(10), tides(durationSeconds));
      assert.equal(answer.breakEvenSeconds?.toFixed(6), "120.000000");
      assert.equal(answer.breakEvenFactor?.toFixed(9), (120 / durationSeconds).toFixed(9));
    }
  });

  it("pays above that duration and not below it", () => {
    assert.equal(planLending(plainRack(10), tides(121)).pays, true);
    const below = planLending(plainRack(10), tides(119));
    assert.equal(below.pays, false);
    assert.ok(below.gainedRequestsPerSecond < 0);
  });

  it("leaves the base alone where a visit is over before the switch is", () => {
    // Six trays decode in the base: 5 and 1 or 3 and 3 serve 4 of the 8 requests/s, and the buffer never gets to it.
    assert.equal(planLending(plainRack(10), tides(30)).lending?.requestsPerSecond, 4);
  });

  it("never pays where demand does not move", () => {
    const steady = { name: "steady", probability: 1, durationSeconds: 3600, requestsPerSecond: { a: 4, b: 4 } };
    const answer = planLending(plainRack(10), { scenarios: [steady], bufferTrays: [2], switchSeconds: 60 });
    assert.deepEqual([answer.pays, answer.breakEvenFactor, answer.breakEvenSeconds], [false, undefined, undefined]);
    assert.equal(answer.static.requestsPerSecond, 8);
  });

  it("finds on a small rack what trying every base and every loan finds", () => {
    const lending = tides(600, { bufferTrays: [3] });
    const rack = plainRack(7);
    let best = 0;
    for (let a = 0; a <= 4; a++) {
      for (let b = 0; a + b <= 4; b++) {
        const served = (wants: number, decode: number, prefill: number): number =>
          Math.min(wants, decode, 100 * prefill);
        const value = ([wantA, wantB]: readonly [number, number]): number => {
          let most = 0;
          for (let toA = 0; toA <= 3; toA++) {
            for (let p = 0; p <= toA; p++) {
              for (let q = 0; q <= 3 - toA; q++) {
                const rate =
                  served(wantA, baseA.decode + toA - p, baseA.prefill + p) +
                  served(wantB, baseB.decode + 3 - toA - q, baseB.prefill + q);
                most = Math.max(most, rate);
              }
            }
          }
          const alone = served(wantA, baseA.decode, baseA.prefill) + served(wantB, baseB.decode, baseB.prefill);
          return most - 0.1 * (most - alone);
        };
        const baseA = { prefill: 0, decode: 0 };
        const baseB = { prefill: 0, decode: 0 };
        for (let pa = 0; pa <= a; pa++) {
          for (let pb = 0; pb <= 4 - a; pb++) {
            Object.assign(baseA, { prefill: pa, decode: a - pa });
            Object.assign(baseB, { prefill: pb, decode: 4 - a - pb });
            best = Math.max(best, 0.5 * value([7, 1]) + 0.5 * value([1, 7]));
          }
        }
      }
    }
    assert.equal(planLending(rack, lending).lending?.requestsPerSecond.toFixed(9), best.toFixed(9));
  });

  it("is part of the allocation where demand comes and goes", async () => {
    const lending = tides(6000);
    const { allocation } = await allocate({ ...plainRack(10), lending });
    assert.deepEqual(allocation?.lending, planLending(plainRack(10), lending));
    assert.equal((await allocate(plainRack(10))).allocation?.lending, undefined);
  });

  it("refuses states of demand that are not all there is, and buffers that are no part of the rack", async () => {
    const { allocation, problems } = await allocate({
      ...plainRack(10),
      lending: {
        scenarios: [{ name: "day", probability: 0.5, durationSeconds: 0, requestsPerSecond: { c: 1 } }],
        bufferTrays: [10],
        switchSeconds: 60,
      },
    });
    assert.equal(allocation, undefined);
    assert.deepEqual(
      problems.map((problem) => problem.path),
      [
        "lending.scenarios",
        "lending.scenarios[0].requestsPerSecond",
        "lending.scenarios[0].durationSeconds",
        "lending",
      ],
    );
  });

  it("answers for the rack of two opposite clients", () => {
    const lending: LendingRequest = {
      scenarios: [
        { name: "day", probability: 0.6, durationSeconds: 4 * 3600, requestsPerSecond: { client1: 20, client2: 60 } },
        { name: "night", probability: 0.4, durationSeconds: 8 * 3600, requestsPerSecond: { client1: 45, client2: 10 } },
      ],
      bufferTrays: [2, 3, 4],
      switchSeconds: 65,
    };
    const answer = planLending(rackRequest(1), lending);
    assert.equal(answer.pays, true);
    assert.equal(answer.lending?.bufferTrays, 4);
    assert.ok((answer.breakEvenSeconds ?? 0) > 65);
  });
});
