import assert from "node:assert/strict";
import { decodePoints, fitDecodeStep } from "../../src/plan/decode-step";
import { findCheckpoint, type Checkpoint } from "../../src/plan/model-shape";
import { prefillTokensPerSecondPerGpu, predictClient } from "../../src/plan/prediction";
import { decodePool, prefillPool } from "../report/plans";

const chat = { inputTokens: 1024, outputTokens: 8192 };
const documents = { inputTokens: 8192, outputTokens: 1024 };

function checkpoint(preset: string): Checkpoint {
  const found = findCheckpoint(preset);
  assert.ok(found);
  return found;
}

describe("fitDecodeStep", () => {
  it("fits a fixed part, a part per request and a part per cached token", () => {
    const fit = fitDecodeStep();
    assert.equal(fit.fixedMilliseconds.toFixed(2), "11.73");
    assert.equal(fit.millisecondsPerRequest.toFixed(4), "0.0460");
    assert.equal((fit.millisecondsPerCachedToken * 1e6).toFixed(2), "9.72");
  });

  it("comes within 3 % of every published point", () => {
    const fit = fitDecodeStep();
    const errors = decodePoints.map((p) => {
      const cached = p.batchPerRank * p.contextTokens;
      const milliseconds =
        fit.fixedMilliseconds + fit.millisecondsPerRequest * p.batchPerRank + fit.millisecondsPerCachedToken * cached;
      return [p.name, `${((milliseconds / p.milliseconds - 1) * 100).toFixed(1)} %`];
    });
    assert.deepEqual(errors, [
      ["D1", "1.2 %"],
      ["D2", "-0.6 %"],
      ["D5", "-2.6 %"],
      ["D6", "1.3 %"],
      ["D7", "0.1 %"],
    ]);
  });
});

describe("predictClient", () => {
  it("predicts a decode-bound client", () => {
    const prediction = predictClient(prefillPool(), decodePool({ runningRequestsPerRank: 128 }), chat);
    assert.ok(prediction);
    assert.equal(prediction.tpotMilliseconds.toFixed(2), "23.99");
    assert.equal(prediction.decodeRequestsPerSecond.toFixed(2), "20.84");
    assert.equal(prediction.prefillRequestsPerSecond.toFixed(1), "73.9");
    assert.equal(prediction.requestsPerSecond, prediction.decodeRequestsPerSecond);
    assert.equal(prediction.saturatedPool, "decode");
    assert.equal(prediction.uncertainty, 0.1);
    assert.equal(
      prediction.basis,
      "published GB200 measurements of NVFP4 DeepSeek-R1: 5 decode points (EP16 to EP48), 3 prefill points",
    );
  });

  it("predicts a prefill-bound client, less surely with short prompts", () => {
    const decode = decodePool({ runningRequestsPerRank: 128 });
    const long = predictClient(prefillPool({ workers: 5, gpus: 20 }), decode, documents);
    assert.equal(long?.saturatedPool, "prefill");
    assert.equal(long.requestsPerSecond.toFixed(1), "46.2");
    assert.equal(long.uncertainty, 0.2);
    const short = predictClient(prefillPool(), decode, { inputTokens: 1024, outputTokens: 1024 });
    assert.equal(short?.saturatedPool, "prefill");
    assert.equal(short.uncertainty, 0.25);
  });

  it("uses the mean of the published prefill rates", () => {
    assert.equal(prefillTokensPerSecondPerGpu().toFixed(0), "18915");
  });

  it("is less sure beyond the measured contexts, and silent far beyond", () => {
    const decode = decodePool({ runningRequestsPerRank: 64 });
    const prefill = prefillPool({ workers: 16, gpus: 64 });
    assert.equal(predictClient(prefill, decode, documents)?.uncertainty, 0.15);
    assert.equal(predictClient(prefill, decode, { inputTokens: 8192, outputTokens: 8192 }), undefined);
  });

  it("counts the batch that the KV pool holds", () => {
    const roomy = predictClient(prefillPool(), decodePool({ runningRequestsPerRank: 100 }), chat);
    const tight = decodePool({ runningRequestsPerRank: 256, kvTokensPerRank: 100 * 5120 });
    assert.deepEqual(predictClient(prefillPool(), tight, chat), roomy);
  });

  it("makes multi-token prediction worth less at a full batch", () => {
    const gain = (batch: number): number => {
      const plain = decodePool({ runningRequestsPerRank: batch });
      const speculation = { draftTokens: 1, acceptedTokens: 0.85 };
      const drafting = { ...plain, intent: { ...plain.intent, speculation } };
      const slow = predictClient(prefillPool(), plain, chat);
      const fast = predictClient(prefillPool(), drafting, chat);
      assert.ok(slow && fast);
      assert.equal(fast.uncertainty, 0.2);
      return slow.tpotMilliseconds / fast.tpotMilliseconds;
    };
    assert.equal(gain(8).toFixed(2), "1.80");
    assert.equal(gain(256).toFixed(2), "1.41");
  });

  it("says nothing where nothing near was measured", () => {
    const decode = decodePool({ runningRequestsPerRank: 128 });
    const other = { ...decode, intent: { ...decode.intent, checkpoint: checkpoint("deepseek-r1-fp8") } };
    const sparse = { ...decode, intent: { ...decode.intent, checkpoint: checkpoint("deepseek-v3.2-fp8") } };
    const kimi = { ...decode, intent: { ...decode.intent, checkpoint: checkpoint("kimi-k2-nvfp4") } };
    const wideKv = { ...decode, intent: { ...decode.intent, kvCacheType: "bf16" as const } };
    const small = { ...decode, parallel: { ...decode.parallel, tensor: 8, data: 8, expert: 8 } };
    const heads = { ...decode, parallel: { ...decode.parallel, data: 1 } };
    for (const pool of [other, sparse, kimi, wideKv, small, heads]) {
      assert.equal(predictClient(prefillPool(), pool, chat), undefined);
    }
    for (const batch of [7, 1409]) {
      const pool = decodePool({ runningRequestsPerRank: batch, kvTokensPerRank: 1e8 });
      assert.equal(predictClient(prefillPool(), pool, chat), undefined);
    }
    assert.equal(predictClient(prefillPool(), decode, { inputTokens: 100, outputTokens: 8192 }), undefined);
  });
});
