import assert from "node:assert/strict";
import { planMemory } from "../../src/plan/memory";
import { checkpoints, expertLayers, modelShapes, type Checkpoint, type ModelShape } from "../../src/plan/model-shape";
import { planPool } from "../../src/plan/plan-pool";
import { gb200Nvl72 } from "../../src/plan/rack";
import { decodeIntent, prefillIntent } from "../support/intents";

/** Parameters of a whole model, from what the memory plan says one GPU that held all of it would need in FP8. */
function billionParameters(shape: ModelShape): number {
  const checkpoint: Checkpoint = {
    ...checkpoints["deepseek-r1-fp8"],
    shape,
    residentOverheadGib: 0,
  };
  const { weightsGib } = planMemory({
    rack: gb200Nvl72,
    role: "decode",
    checkpoint,
    parallel: { tensor: 1, data: 1, expert: 1, nodes: 1, denseTensor: 1, dispatch: "none" },
    physicalExperts: shape.routedExperts,
    kvCacheType: "fp8",
    kvTokensPerRank: 0,
    tokensPerForwardPerRank: 0,
    dispatchTokensPerRank: 0,
    largestGraphBatch: 0,
    speculates: false,
  });
  // Embeddings, head and routers stay BF16: one more byte for each of their parameters.
  const inBf16 = 2 * shape.vocabulary * shape.hidden + expertLayers(shape) * shape.hidden * shape.routedExperts;
  return (weightsGib * 2 ** 30 - inBf16) / 1e9;
}

describe("model shapes", () => {
  it("add up to the published sizes", () => {
    const sizes = Object.entries(modelShapes).map(([name, shape]) => [name, Math.round(billionParameters(shape))]);
    assert.deepEqual(Object.fromEntries(sizes), {
      "deepseek-v3": 671,
      "deepseek-v3.2": 671,
      "kimi-k2": 1026,
      "qwen3-235b": 235,
    });
  });

  for (const checkpoint of Object.values(checkpoints)) {
    it(`${checkpoint.preset} can be planned for both roles`, () => {
      const { routedExperts } = checkpoint.shape;
      // Replicas that make the slots divide by 16 and 32 ranks.
      const experts = { balancing: "dynamic", redundantExperts: (32 - (routedExperts % 32)) % 32 } as const;
      const sizes = { inputTokens: 1024, outputTokens: 1024, checkpoint, experts };
      for (const intent of [
        prefillIntent({ ...sizes, gpusPerWorker: 16 }),
        decodeIntent({ ...sizes, gpusPerWorker: 32, batchPerRank: 64 }),
      ]) {
        const { plan, problems } = planPool(intent, gb200Nvl72);
        assert.deepEqual(problems, []);
        assert.ok((plan?.memory.freeGib ?? 0) > 6);
      }
    });
  }

  it("store on disk little more than their experts", () => {
    for (const { preset, shape, checkpointBytes, expertFormat } of Object.values(checkpoints)) {
      const bytesPerExpertParameter = expertFormat === "nvfp4" ? 0.5625 : 1;
      const expertParameters = expertLayers(shape) * shape.routedExperts * 3 * shape.hidden * shape.expertIntermediate;
      const expertBytes = expertParameters * bytesPerExpertParameter;
      assert.ok(checkpointBytes > expertBytes && checkpointBytes < expertBytes * 1.25, preset);
    }
  });
});
