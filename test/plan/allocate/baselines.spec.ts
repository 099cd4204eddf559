import assert from "node:assert/strict";
import { allocate } from "../../../src/plan/allocate/allocate";
import type { Baseline } from "../../../src/plan/allocate/baselines";
import type { AllocationRequest } from "../../../src/plan/allocate/request";
import { option, rackRequest } from "./requests";

async function baselinesOf(request: AllocationRequest): Promise<readonly Baseline[]> {
  const { allocation } = await allocate(request);
  assert.ok(allocation);
  return allocation.baselines;
}

describe("the baselines beside an allocation", () => {
  const optionA: readonly (readonly [number, string])[] = [
    [0.5, "21.6"],
    [1, "12.2"],
    [2, "6.1"],
    [4, "3.0"],
  ];
  for (const [ratio, share] of optionA) {
    it(`have ${share} for option A at a ratio of ${ratio}`, async () => {
      const [first] = await baselinesOf(rackRequest(ratio));
      assert.equal(first?.name, "option A: static 36/36");
      assert.equal((Math.floor((first.share + 1e-9) * 10) / 10).toFixed(1), share);
    });
  }

  it("say which pool ends first, and which sizes had to be replaced", async () => {
    const [first] = await baselinesOf(rackRequest(1));
    assert.deepEqual(first, {
      name: "option A: static 36/36",
      share: 12.2,
      clients: [
        { client: "client1", trays: 9, requestsPerSecond: 21.6 },
        { client: "client2", trays: 9, requestsPerSecond: 12.2 },
      ],
      trays: 18,
      missingTrays: 0,
      limitedBy: [{ client: "client2", role: "decode" }],
      resized: [{ client: "client2", role: "prefill" }],
    });
  });

  it("show that the peaks of option B do not fit, before any buffer", async () => {
    const [, second] = await baselinesOf(rackRequest(1));
    assert.deepEqual([second?.trays, second?.missingTrays, second?.share], [22, 4, 21.6]);
  });

  it("show what the halves of option A could do", async () => {
    const [, , third] = await baselinesOf(rackRequest(1));
    assert.deepEqual(
      third?.clients.map((one) => one.requestsPerSecond.toFixed(1)),
      ["28.0", "47.6"],
    );
  });

  it("find the client with the long prompts whatever it is called", async () => {
    const request = rackRequest(1);
    const names = ["z-answers", "a-prompts"];
    const clients = request.clients.map((one, i) => ({ ...one, client: names[i] ?? "" }));
    const [first] = await baselinesOf({ ...request, clients });
    assert.deepEqual(first?.limitedBy, [{ client: "a-prompts", role: "decode" }]);
    assert.equal(first.share, 12.2);
  });

  it("serve nothing where no worker of four GPUs meets the limit", async () => {
    const request = rackRequest(1);
    const clients = request.clients.map((one) => ({ ...one, decode: one.decode.filter((size) => size.trays > 1) }));
    const [first] = await baselinesOf({ ...request, clients });
    assert.equal(first?.share, 0);
    assert.deepEqual(first.limitedBy, [{ client: "client2", role: "decode" }]);
  });

  it("are left out for racks and clients that they were not made for", async () => {
    const names = (request: AllocationRequest): Promise<readonly string[]> =>
      baselinesOf(request).then((all) => all.map((one) => one.name));
    assert.deepEqual(await names(rackRequest(1, { trays: 12 })), ["even split: half the trays each, best pools"]);
    const third = { client: "client3", weight: 1, prefill: [option(1, 9)], decode: [option(1, 9)] };
    assert.deepEqual(await names(rackRequest(1, { clients: [...rackRequest(1).clients, third] })), []);
  });
});
