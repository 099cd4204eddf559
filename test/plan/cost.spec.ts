import assert from "node:assert/strict";
import { clientCost, priceTiers, rackDollarsPerHour } from "../../src/plan/cost";
import { gb200Nvl72 } from "../../src/plan/rack";

const prediction = {
  requestsPerSecond: 20,
  prefillRequestsPerSecond: 70,
  decodeRequestsPerSecond: 20,
  tpotMilliseconds: 24,
  saturatedPool: "decode",
  uncertainty: 0.1,
  basis: "a test",
} as const;

describe("clientCost", () => {
  it("divides the bill by the tokens of the predicted rate", () => {
    const client = { gpus: 36, workload: { inputTokens: 1000, outputTokens: 8000 }, prediction };
    assert.deepEqual(clientCost(client), {
      tier: "neocloud",
      dollarsPerGpuHour: 2.75,
      dollarsPerHour: 99,
      dollarsPerMillionOutputTokens: 0.171875,
      dollarsPerMillionInputTokens: 1.375,
    });
  });

  it("prices the published 4,685 output tokens/s per GPU of 36 GPUs at $0.163 per million", () => {
    const requestsPerSecond = (4685 * 36) / 7373;
    const client = {
      gpus: 36,
      workload: { inputTokens: 922, outputTokens: 7373 },
      prediction: { ...prediction, requestsPerSecond },
    };
    assert.equal(clientCost(client).dollarsPerMillionOutputTokens?.toFixed(3), "0.163");
  });

  it("has a price per hour and none per token without a prediction", () => {
    const client = { gpus: 8, workload: { inputTokens: 1024, outputTokens: 8192 } };
    assert.deepEqual(clientCost(client, priceTiers.rental), {
      tier: "rental",
      dollarsPerGpuHour: 3.3,
      dollarsPerHour: 26.4,
    });
  });
});

describe("rackDollarsPerHour", () => {
  it("pays for every GPU of the rack", () => {
    assert.equal(rackDollarsPerHour({ rack: gb200Nvl72 }, priceTiers.hyperscaler).toFixed(2), "159.12");
    assert.equal(rackDollarsPerHour({ rack: gb200Nvl72 }).toFixed(2), "198.00");
  });
});
