import assert from "node:assert/strict";
import { leaderWorkerSetVariables } from "../../src/engines/engine";
import { sglang } from "../../src/engines/sglang/sglang";
import { PrefillPool } from "../../src/index";
import { leaderWorkerSet } from "../../src/manifests/leader-worker-set";
import { poolNetworkPolicy } from "../../src/manifests/pool-network-policy";
import { engineImage, poolRef, prefillArgs } from "../support/component-args";
import { created, createdObjects, onTheWire } from "../support/created-objects";
import { planned, prefillIntent } from "../support/intents";
import { runProgram } from "../support/registration-harness";

const name = "client1-prefill";
const placement = {
  namespace: "client1",
  name,
  client: "client1",
  role: "prefill",
  image: engineImage,
  imagePullSecrets: [],
  claimTemplate: "client1-channel-87a7acbd",
  serviceAccount: "engine",
  cpuCores: 120,
  memoryGib: 850,
  sharedMemoryGib: 64,
} as const;

describe("a prefill pool", () => {
  it("is a LeaderWorkerSet of what was planned, with the objects that every pool has", async () => {
    const run = await runProgram(() => new PrefillPool(name, prefillArgs()));
    const plan = planned(prefillIntent());
    const engine = sglang.process(plan, leaderWorkerSetVariables);
    const objects = createdObjects(run);
    assert.deepEqual(Object.keys(objects).sort(), [
      "client1-prefill-budget",
      "client1-prefill-leaders",
      "client1-prefill-network",
      "client1-prefill-workers",
    ]);
    assert.deepEqual(objects["client1-prefill-workers"], onTheWire(leaderWorkerSet(placement, plan, engine)));
    assert.deepEqual(
      objects["client1-prefill-network"],
      onTheWire(poolNetworkPolicy(placement, engine.ports, "monitoring")),
    );
  });

  it("plans passes, admission and requests as its arguments say", async () => {
    const sizes = { tokensPerForwardPerRank: 8192, prefillTokensPerRank: 16384, runningRequestsPerRank: 64 };
    const run = await runProgram(() => new PrefillPool(name, prefillArgs({ workers: 2, gpusPerWorker: 8, ...sizes })));
    const plan = planned(prefillIntent({ workers: 2, gpusPerWorker: 8, ...sizes }));
    const engine = sglang.process(plan, leaderWorkerSetVariables);
    assert.deepEqual(created(run, `${name}-workers`).inputs, onTheWire(leaderWorkerSet(placement, plan, engine)));
  });

  it("waits for its workers as long as they may take to start after the old ones drained", async () => {
    const run = await runProgram(() => new PrefillPool(name, prefillArgs()));
    // 1320 s start-up budget, 60 s drain, 600 s for pulling the image and scheduling.
    assert.deepEqual(created(run, `${name}-workers`).customTimeouts, {
      create: "1980s",
      update: "1980s",
      delete: "1980s",
    });
  });

  it("tells a router all it needs, with the port at which decode finds its KV", async () => {
    const { result } = await runProgram(() => new PrefillPool(name, prefillArgs()).ref);
    assert.deepEqual(result, poolRef("prefill"));
    assert.equal(result.bootstrapPort, 30001);
  });
});
