import assert from "node:assert/strict";
import fc from "fast-check";
import { allocate } from "../../../src/plan/allocate/allocate";
import { relaxed } from "../../../src/plan/allocate/infeasible";
import type { AllocationRequest, ClientDemand } from "../../../src/plan/allocate/request";
import { option, rackRequest, smallRequest } from "./requests";

function withRates(rates: readonly number[], changes: Partial<AllocationRequest> = {}): AllocationRequest {
  const request = rackRequest(1, { objective: "trays", prefill: "separate", ...changes });
  return { ...request, clients: request.clients.map((one, k) => ({ ...one, requestsPerSecond: rates[k] ?? 0 })) };
}

function withSecond(changes: Partial<ClientDemand>, request = rackRequest(1)): AllocationRequest {
  return { ...request, clients: request.clients.map((one, k) => (k === 1 ? { ...one, ...changes } : one)) };
}

async function onlyProblem(request: AllocationRequest): Promise<unknown> {
  const { allocation, problems } = await allocate(request);
  assert.equal(allocation, undefined);
  assert.equal(problems.length, 1);
  return problems[0];
}

describe("a request that no plan serves", () => {
  it("learns the share that fits, the trays that are missing and the racks that would do", async () => {
    const { problems, relaxations } = await allocate(withRates([40, 60]));
    assert.deepEqual(relaxations, [
      { change: "trays", trays: 24, missing: 6 },
      { change: "racks", racks: 2, missing: 1 },
      { change: "rates", factor: 0.75 },
    ]);
    assert.deepEqual(problems, [
      {
        path: "clients",
        what: "40 (client1) and 60 (client2) requests/s do not fit 18 trays; they serve 75 % of each rate",
        rule: "every client needs both pools, on whole trays, within one rack",
        fix: "a rack of 24 trays (6 more), or 2 racks (1 more), or at most 75 % of the rates",
      },
    ]);
  });

  it("gets the least that helps: one tray less, one rack less or a little more load still fails", async () => {
    await fc.assert(
      fc.asyncProperty(smallRequest(["trays"], { today: false, pins: false }, { min: 3, max: 4 }), async (small) => {
        const clients = small.clients.map((one) => ({ ...one, requestsPerSecond: (one.requestsPerSecond ?? 0) * 4 }));
        const request = { ...small, clients, prefill: "separate" as const };
        const { allocation, relaxations } = await allocate(request);
        if (allocation !== undefined) return;
        for (const relaxation of relaxations) {
          assert.ok((await allocate(relaxed(request, relaxation))).allocation, relaxation.change);
          const less =
            relaxation.change === "trays"
              ? { ...relaxation, trays: relaxation.trays - 1 }
              : relaxation.change === "racks"
                ? { ...relaxation, racks: relaxation.racks - 1 }
                : relaxation.change === "rates"
                  ? { ...relaxation, factor: relaxation.factor * 1.001 }
                  : undefined;
          if (less === undefined) continue;
          assert.equal((await allocate(relaxed(request, less))).allocation, undefined, relaxation.change);
        }
      }),
      { seed: 31, numRuns: 5 },
    );
  });

  it("hears which limit no worker size meets, and the closest one", async () => {
    const nearest = { decode: { gpus: 32, milliseconds: 17.5, limitMilliseconds: 15 } };
    assert.deepEqual(await onlyProblem(withSecond({ decode: [], nearest })), {
      path: "clients[1].decode",
      what: "no decode worker size of client2 meets the TPOT of 15 ms; the best is 17.5 ms with 32 GPUs per worker",
      rule: "every request of the client has to meet its TPOT",
      fix: "a TPOT limit of at least 17.5 ms, or another model or precision",
    });
  });

  it("hears when pins leave too few trays, with the numbers", async () => {
    assert.deepEqual(await onlyProblem(withSecond({ pinned: { decode: [8, 8, 2] } })), {
      path: "clients[1].pinned",
      what: "1 (prefill, at least) + 18 (decode, pinned) = 19 trays for client2, the rack has 18",
      rule: "both roles of a client stand on one rack: KV goes over NVLink only",
      fix: "pin 1 trays less",
    });
  });

  it("hears when pins of several clients do not fit together", async () => {
    const request = rackRequest(1);
    const clients = request.clients.map((one) => ({ ...one, pinned: { decode: [8, 2] } }));
    const { problems, relaxations } = await allocate({ ...request, clients });
    assert.deepEqual(relaxations, [
      { change: "trays", trays: 21, missing: 3 },
      { change: "racks", racks: 2, missing: 1 },
      { change: "pin", client: "client1", role: "decode" },
      { change: "pin", client: "client2", role: "decode" },
    ]);
    assert.equal(
      problems[0]?.what,
      "the smallest pools take 1 (client1 prefill) + 10 (client1 decode, pinned) + 1 (client2 prefill) + " +
        "10 (client2 decode, pinned) = 22 trays, there are 18 trays",
    );
  });

  it("hears of a pinned size that does not meet the limits", async () => {
    const decode = [option(2, 5), option(4, 12)];
    assert.deepEqual(await onlyProblem(withSecond({ decode, pinned: { decode: [1, 2] } })), {
      path: "clients[1].pinned.decode",
      what: "client2 has no decode worker on 1 trays that meets its limits",
      rule: "a pinned worker is one of the sizes that meet the client's limits",
      fix: "pin workers on 2, 4 trays, or leave the pin out",
    });
  });

  it("hears of a pinned prefill pool where a shared one is asked for", async () => {
    const request = withSecond({ pinned: { prefill: [1] } }, rackRequest(1, { prefill: "shared" }));
    assert.equal(((await onlyProblem(request)) as { path: string }).path, "clients[1].pinned.prefill");
  });

  it("hears of a worker that no rack holds", async () => {
    assert.deepEqual(await onlyProblem(withSecond({ decode: [option(32, 9)] })), {
      path: "clients[1].decode",
      what: "the smallest decode worker of client2 stands on 32 trays, the rack has 18",
      rule: "a worker stays on one rack: KV and experts go over its NVLink",
      fix: "a rack of 32 trays, or a smaller worker size",
    });
  });

  it("hears of everything that is wrong at once", async () => {
    const request = rackRequest(1, { racks: 101, objective: "cost" });
    const { problems } = await allocate(withSecond({ client: "client1", weight: 0 }, request));
    assert.deepEqual(
      problems.map((problem) => problem.path),
      ["racks", "clients", "price", "clients[0].requestsPerSecond", "clients[1].requestsPerSecond"],
    );
  });

  it("learns how many racks several racks are short of", async () => {
    const { relaxations } = await allocate(withRates([200, 400], { racks: 3 }));
    assert.deepEqual(
      relaxations.map((relaxation) => relaxation.change),
      ["racks", "rates"],
    );
    const [racks] = relaxations;
    assert.equal(racks?.change === "racks" ? racks.racks : 0, 8);
  });
});
