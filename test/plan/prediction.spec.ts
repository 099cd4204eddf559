import assert from "node:assert/strict";
import type { Prediction } from "../../src/plan/client";
import { checkpoints } from "../../src/plan/model-shape";
import type { PoolPlan } from "../../src/plan/pool";
import { predictClient } from "../../src/plan/prediction";
import type { Workload } from "../../src/plan/workload";
import { decodeIntent, planned, prefillIntent } from "../support/intents";

const chat = { inputTokens: 1024, outputTokens: 8192 };
const documents = { inputTokens: 8192, outputTokens: 1024 };

function predicted(prefill: PoolPlan, decode: PoolPlan, workload: Workload): Prediction {
  const outcome = predictClient(prefill, decode, workload);
  if ("unpredicted" in outcome) throw new Error(outcome.unpredicted);
  return outcome.prediction;
}

/** The same pool as TensorRT-LLM would run it. */
function ofTensorRt(pool: PoolPlan): PoolPlan {
  return { ...pool, intent: { ...pool.intent, engine: "trtllm" } };
}

describe("what a client is predicted to get", () => {
  const prefill = planned(prefillIntent());
  const decode = planned(decodeIntent());

  it("is what the pool serves that ends first, here decode", () => {
    const { prefillRequestsPerSecond, ...prediction } = predicted(prefill, decode, chat);
    assert.equal(prefillRequestsPerSecond.toFixed(1), "58.7");
    assert.deepEqual(
      {
        ...prediction,
        requestsPerSecond: prediction.requestsPerSecond.toFixed(2),
        decodeRequestsPerSecond: prediction.decodeRequestsPerSecond.toFixed(2),
        tpotMilliseconds: prediction.tpotMilliseconds.toFixed(2),
      },
      {
        requestsPerSecond: "27.34",
        decodeRequestsPerSecond: "27.34",
        tpotMilliseconds: "36.58",
        saturatedPool: "decode",
        uncertainty: 0.08,
        basis: "measured GB200 operations, scaled to published SGLang runs",
      },
    );
  });

  it("is held back by prefill where prompts are long, and less sure there", () => {
    const five = planned(prefillIntent({ ...documents, workers: 5 }));
    const sixteen = planned(decodeIntent({ ...documents, gpusPerWorker: 16, batchPerRank: 128 }));
    const prediction = predicted(five, sixteen, documents);
    assert.equal(prediction.saturatedPool, "prefill");
    assert.equal(prediction.requestsPerSecond.toFixed(1), "31.1");
    assert.equal(prediction.uncertainty, 0.15);
    assert.equal(predicted(ofTensorRt(five), ofTensorRt(sixteen), documents).requestsPerSecond.toFixed(1), "45.6");
  });

  it("at the asked rate has both pools' load and a shorter step than at capacity", () => {
    const { atAskedRate, tpotMilliseconds } = predicted(prefill, decode, { ...chat, requestsPerSecond: 20 });
    assert.ok(atAskedRate);
    const { ttft, ...loads } = atAskedRate;
    assert.deepEqual(
      Object.entries(loads).map(([name, value]) => [name, value.toFixed(2)]),
      [
        ["tpotMilliseconds", "27.33"],
        ["prefillUtilisation", "0.34"],
        ["decodeUtilisation", "0.73"],
      ],
    );
    assert.ok("p50Seconds" in ttft);
    assert.deepEqual([ttft.p50Seconds.toFixed(2), ttft.p90Seconds.toFixed(2)], ["0.20", "0.25"]);
    assert.ok(atAskedRate.tpotMilliseconds < tpotMilliseconds);
  });

  it("at a rate above the capacity says nothing of latency", () => {
    assert.equal(predicted(prefill, decode, { ...chat, requestsPerSecond: 28 }).atAskedRate, undefined);
  });

  it("quotes no TTFT where a pool is above 95 %", () => {
    const { atAskedRate } = predicted(prefill, decode, { ...chat, requestsPerSecond: 26.5 });
    assert.deepEqual(atAskedRate?.ttft, { refused: "decode is 97 % utilised; above 95 % no TTFT is quoted" });
  });

  it("counts the batch that the KV pool holds", () => {
    const roomy = predicted(prefill, { ...decode, runningRequestsPerRank: 100 }, chat);
    const tight = { ...decode, kvTokensPerRank: 100 * 5120 };
    assert.deepEqual(predicted(prefill, tight, chat), roomy);
  });

  it("is refused where the KV pool does not hold one request", () => {
    assert.deepEqual(predictClient(prefill, { ...decode, kvTokensPerRank: 64 }, chat), {
      unpredicted: "a decode rank's KV pool does not hold one request of this workload",
    });
  });

  it("is refused with its reason where nothing near was measured", () => {
    const qwen = { ...decode, intent: { ...decode.intent, checkpoint: checkpoints["qwen3-235b-fp8"] } };
    assert.deepEqual(predictClient(prefill, qwen, chat), {
      unpredicted: "operations were measured for latent attention, Qwen3-235B-A22B has another",
    });
  });

  it("is less sure of other models with the same layers, of small workers, and of far contexts", () => {
    const uncertainty = (pool: PoolPlan, workload: Workload = chat): number =>
      predicted(prefill, pool, workload).uncertainty;
    const kimi = { ...decode, intent: { ...decode.intent, checkpoint: checkpoints["kimi-k2-nvfp4"] } };
    const eight = planned(decodeIntent({ gpusPerWorker: 8, batchPerRank: 64 }));
    const far = { inputTokens: 60_000, outputTokens: 8192 };
    assert.deepEqual([uncertainty(kimi), uncertainty(eight), uncertainty(decode, far)], [0.25, 0.12, 0.2]);
  });
});
