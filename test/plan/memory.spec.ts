import assert from "node:assert/strict";
import fc from "fast-check";
import { kvBytesPerToken, lowLatencyBufferBytes, poolTokensAtFraction } from "../../src/plan/memory";
import { checkpoints, modelShapes } from "../../src/plan/model-shape";
import { planPool } from "../../src/plan/plan-pool";
import { gb200Nvl72 } from "../../src/plan/rack";
import { decodeIntent, planned, prefillIntent, publishedDecode } from "../support/intents";

const gib = 2 ** 30;
const alone = { tensor: 1, data: 1 };

function withinPercent(actual: number, expected: number, percent: number): void {
  const off = Math.abs(actual / expected - 1) * 100;
  assert.ok(off <= percent, `${actual} is ${off.toFixed(2)} % off ${expected}`);
}

describe("memory of one GPU", () => {
  describe("against source 001's launch log (EP48, NVFP4, FP8 KV, 1024 requests per rank)", () => {
    const plan = planned(publishedDecode());

    it("floors the KV cap of 3,122,380 to the page: 3,122,368 tokens", () => {
      assert.equal(plan.kvTokensPerRank, 3122368);
    });

    it("has 35.97 GiB of weights, within 3 %", () => withinPercent(plan.memory.weightsGib, 35.97, 3));
    it("has a KV pool of 102.18 GiB, within 3 %", () => withinPercent(plan.memory.kvGib, 102.18, 3));

    it("takes 31.07 GiB for graphs and dispatch together, within 3 %", () => {
      withinPercent(plan.memory.dispatchGib + plan.memory.workspaceGib, 31.07, 3);
    });

    it("would find room for 3.459 million tokens at a static fraction of 0.83, within 3 %", () => {
      withinPercent(poolTokensAtFraction(plan.memory, 0.83, 35136), 3.459e6, 3);
    });

    it("chooses the published static fraction by itself", () => assert.equal(plan.staticMemoryFraction, 0.83));
  });

  it("sizes DeepEP's low-latency buffer: 16.0 GiB at 1024 tokens and 288 experts", () => {
    const sizes = [128, 256, 512, 768, 1024].map((cap) => lowLatencyBufferBytes(7168, 288, cap) / gib);
    assert.deepEqual(
      sizes.map((size) => Math.round(size * 10) / 10),
      [2, 4, 8, 12, 16],
    );
  });

  it("counts KV bytes per token by architecture", () => {
    const bytes = (name: keyof typeof modelShapes, type: "fp8" | "bf16"): number =>
      kvBytesPerToken(modelShapes[name], type, alone, false);
    assert.deepEqual(
      {
        "deepseek-v3 fp8": bytes("deepseek-v3", "fp8"),
        "deepseek-v3 bf16": bytes("deepseek-v3", "bf16"),
        "deepseek-v3.2 fp8": bytes("deepseek-v3.2", "fp8"),
        "deepseek-v3.2 bf16": bytes("deepseek-v3.2", "bf16"),
        "kimi-k2 fp8": bytes("kimi-k2", "fp8"),
        "qwen3-235b bf16": bytes("qwen3-235b", "bf16"),
      },
      {
        "deepseek-v3 fp8": 35136,
        "deepseek-v3 bf16": 70272,
        "deepseek-v3.2 fp8": 48068,
        "deepseek-v3.2 bf16": 78324,
        "kimi-k2 fp8": 35136,
        "qwen3-235b bf16": 192512,
      },
    );
  });

  it("stores latent KV whole on every tensor-parallel rank, and divides grouped KV by as many heads as there are", () => {
    const split = { tensor: 8, data: 1 };
    assert.equal(kvBytesPerToken(modelShapes["deepseek-v3"], "fp8", split, false), 35136);
    assert.equal(kvBytesPerToken(modelShapes["qwen3-235b"], "bf16", split, false), 192512 / 4);
  });

  it("gives multi-token prediction its layer of KV", () => {
    assert.equal(kvBytesPerToken(modelShapes["deepseek-v3"], "fp8", alone, true), 35136 + 576);
  });

  it("weighs DeepSeek-R1 by slots per GPU as in the published tables, within 2 %", () => {
    const weights = (preset: "deepseek-r1-nvfp4" | "deepseek-r1-fp8", gpus: number, redundant: number): number => {
      const { plan } = planPool(
        decodeIntent({
          checkpoint: checkpoints[preset],
          gpusPerWorker: gpus,
          experts: { balancing: "dynamic", redundantExperts: redundant },
        }),
        gb200Nvl72,
      );
      return plan?.memory.weightsGib ?? 0;
    };
    const published: readonly (readonly [number, number, number, number])[] = [
      [4, 0, 113.6, 170.0],
      [8, 0, 70.8, 93.8],
      [16, 32, 52.0, 60.5],
      [32, 32, 40.0, 39.1],
    ];
    for (const [gpus, redundant, nvfp4, fp8] of published) {
      withinPercent(weights("deepseek-r1-nvfp4", gpus, redundant), nvfp4, 2);
      withinPercent(weights("deepseek-r1-fp8", gpus, redundant), fp8, 2.5);
    }
  });

  it("adds up: the parts and what is free are the whole GPU, for any pool that is accepted", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 8, 16, 32, 48, 72),
        fc.integer({ min: 1, max: 512 }),
        fc.boolean(),
        (gpusPerWorker, batchPerRank, prefill) => {
          const experts = { balancing: "dynamic", redundantExperts: gpusPerWorker === 4 ? 0 : 32 } as const;
          const intent = prefill
            ? prefillIntent({ gpusPerWorker, experts })
            : decodeIntent({ gpusPerWorker, batchPerRank, experts });
          const { plan, problems } = planPool(intent, gb200Nvl72);
          if (plan === undefined || problems.length > 0) return;
          const { usableGib, weightsGib, kvGib, dispatchGib, workspaceGib, freeGib } = plan.memory;
          assert.ok(Math.abs(weightsGib + kvGib + dispatchGib + workspaceGib + freeGib - usableGib) < 1e-9);
          assert.ok(freeGib >= 0);
          assert.ok((weightsGib + kvGib) / usableGib <= plan.staticMemoryFraction + 1e-9);
        },
      ),
    );
  });

  it("needs less weight memory per GPU the wider the experts are spread", () => {
    const weights = [4, 8, 16, 32, 64].map(
      (gpusPerWorker) =>
        planned(decodeIntent({ gpusPerWorker, batchPerRank: 64, experts: { balancing: "off", redundantExperts: 0 } }))
          .memory.weightsGib,
    );
    assert.deepEqual(
      weights,
      [...weights].sort((a, b) => b - a),
    );
  });
});
