import assert from "node:assert/strict";
import { readPlanSummary, summarise } from "../../src/report/plan-summary";
import { client1Plan, client2Plan } from "./plans";

describe("summarise", () => {
  it("is plain, rounded and complete", () => {
    assert.deepEqual(summarise(client1Plan()), {
      version: 1,
      client: "client1",
      engine: "sglang",
      engineVersion: "0.5.8",
      workload: { inputTokens: 1024, outputTokens: 8192, requestsPerSecond: 20 },
      trays: 9,
      gpus: 36,
      pools: {
        prefill: {
          workers: 1,
          gpusPerWorker: 4,
          trays: 1,
          gpus: 4,
          expertParallel: 4,
          batchPerRank: 0,
          tokensPerForwardPerRank: 16384,
          kvTokensPerRank: 131072,
          kvCacheType: "fp8",
          memoryGib: { usable: 179.7, weights: 112.5, kv: 4.3, dispatch: 0, workspace: 12, free: 50.9 },
          startupSeconds: 547,
        },
        decode: {
          workers: 1,
          gpusPerWorker: 32,
          trays: 8,
          gpus: 32,
          expertParallel: 32,
          batchPerRank: 128,
          tokensPerForwardPerRank: 0,
          kvTokensPerRank: 1179648,
          kvCacheType: "fp8",
          memoryGib: { usable: 179.7, weights: 38.9, kv: 38.6, dispatch: 4, workspace: 9.2, free: 89 },
          startupSeconds: 591,
        },
      },
      power: { kilowatts: 75.6, outputTokensPerJoule: 2.258 },
      prediction: {
        requestsPerSecond: 20.84,
        prefillRequestsPerSecond: 73.88,
        decodeRequestsPerSecond: 20.84,
        tpotMilliseconds: 23.99,
        saturatedPool: "decode",
        uncertainty: 0.1,
        basis: "published GB200 measurements of NVFP4 DeepSeek-R1: 5 decode points (EP16 to EP48), 3 prefill points",
      },
      cost: {
        tier: "neocloud",
        dollarsPerGpuHour: 2.75,
        dollarsPerHour: 99,
        dollarsPerMillionOutputTokens: 0.1611,
        dollarsPerMillionInputTokens: 1.2887,
      },
    });
  });

  it("leaves out what is not known", () => {
    const summary = summarise(client2Plan());
    assert.deepEqual(Object.keys(summary), [
      "version",
      "client",
      "engine",
      "engineVersion",
      "workload",
      "trays",
      "gpus",
      "pools",
      "cost",
      "power",
    ]);
    assert.deepEqual(summary.workload, { inputTokens: 8192, outputTokens: 1024 });
    assert.deepEqual(summary.cost, { tier: "neocloud", dollarsPerGpuHour: 2.75, dollarsPerHour: 77 });
  });
});

describe("readPlanSummary", () => {
  it("reads what was written, through JSON", () => {
    for (const plan of [client1Plan(), client2Plan()]) {
      const summary = summarise(plan);
      assert.deepEqual(readPlanSummary(JSON.parse(JSON.stringify(summary))), summary);
    }
  });

  it("reads nothing from anything else", () => {
    const summary = summarise(client1Plan());
    const others: unknown[] = [
      undefined,
      null,
      "plan",
      [],
      {},
      { ...summary, version: 2 },
      { ...summary, trays: "9" },
      { ...summary, pools: { prefill: summary.pools.prefill } },
      { ...summary, prediction: { requestsPerSecond: "fast" } },
      { ...summary, cost: "[secret]" },
    ];
    for (const other of others) assert.equal(readPlanSummary(other), undefined);
  });
});
