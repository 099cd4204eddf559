import assert from "node:assert/strict";
import { balancingBytes, balancingMemory } from "../../src/plan/balancing-memory";
import type { DecodeIntent, ExpertIntent } from "../../src/plan/intent";
import { checkpoints } from "../../src/plan/model-shape";
import { planPool } from "../../src/plan/plan-pool";
import { gb200Nvl72 } from "../../src/plan/rack";
import { decodeIntent, planned } from "../support/intents";

const r1 = checkpoints["deepseek-r1-nvfp4"];
const gib = 2 ** 30;

const off = { balancing: "off", redundantExperts: 32 } as const;
const dynamic = { balancing: "dynamic", redundantExperts: 32 } as const;
const placed = { balancing: "static", redundantExperts: 32, configMap: "recorded", key: "placement.json" } as const;
const recordable = { ...off, recordingsClaim: "recordings" } as const;
const watched = { ...off, watched: true } as const;

/** Of 61 layers, a thousand steps: an int32 for each of 288 slots, and for each of 256 experts. */
const counts = 4 * 61 * 1000 * (288 + 256);
/** Nine experts of a rank, three matrices of 7168 x 2048 each, with four bits and a scale per parameter. */
const arriving = 9 * 3 * 7168 * 2048 * 0.5625;

describe("what balancing takes of a GPU", () => {
  it("is counts and one layer's experts where the engine moves them: 339 MiB for DeepSeek-R1 with 288 slots at EP32", () => {
    const bytes = balancingBytes({ recordedSteps: 1000, movesWeights: true }, r1, 288, 32);
    assert.equal(bytes, counts + arriving);
    assert.equal(bytes, 355_689_472);
  });

  it("is counts alone where they are only recorded: 127 MiB", () => {
    assert.equal(balancingBytes({ recordedSteps: 1000, movesWeights: false }, r1, 288, 32), 132_736_000);
    assert.equal(counts, 132_736_000);
  });

  it("is nothing where nobody counts and nothing moves", () => {
    assert.equal(balancingBytes({ recordedSteps: 0, movesWeights: false }, r1, 288, 32), 0);
  });

  it("is less per rank of a larger worker, and as much more as its weights are larger", () => {
    const moved = (name: "deepseek-r1-nvfp4" | "deepseek-r1-fp8", ranks: number): number =>
      balancingBytes({ recordedSteps: 0, movesWeights: true }, checkpoints[name], 288, ranks);
    assert.equal(moved("deepseek-r1-nvfp4", 16), 2 * moved("deepseek-r1-nvfp4", 32));
    assert.equal(moved("deepseek-r1-fp8", 32), 9 * 3 * 7168 * 2048);
  });
});

describe("who counts and who moves", () => {
  const none = { recordedSteps: 0, movesWeights: false };
  const counting = { recordedSteps: 1000, movesWeights: false };
  const both = { recordedSteps: 1000, movesWeights: true };
  const cases: readonly (readonly [DecodeIntent["engine"], ExpertIntent, object])[] = [
    ["sglang", off, none],
    ["sglang", placed, none],
    ["sglang", dynamic, both],
    ["sglang", recordable, counting],
    ["sglang", { ...placed, recordingsClaim: "recordings" }, counting],
    ["sglang", watched, counting],
    ["sglang", { ...dynamic, recordingsClaim: "recordings", watched: true }, both],
    ["vllm", off, none],
    ["vllm", dynamic, both],
    ["trtllm", off, none],
    ["trtllm", dynamic, none],
    ["trtllm", recordable, none],
  ];
  for (const [engine, experts, expected] of cases) {
    const how = [
      experts.balancing,
      ...(experts.recordingsClaim === undefined ? [] : ["recordable"]),
      ...(experts.watched === true ? ["watched"] : []),
    ].join(", ");
    it(`${engine}, ${how}`, () => assert.deepEqual(balancingMemory({ engine, experts }), expected));
  }
});

describe("a pool's memory", () => {
  const memoryOf = (experts: ExpertIntent, changes: Partial<DecodeIntent> = {}) =>
    planned(decodeIntent({ experts, ...changes })).memory;
  const closeTo = (actual: number, bytes: number): void => {
    assert.ok(Math.abs(actual * gib - bytes) < 1, `${actual * gib} is not ${bytes}`);
  };

  it("has the cost of balancing in its workspace, and so much less is free", () => {
    const [still, moving] = [memoryOf(off), memoryOf(dynamic)];
    closeTo(moving.workspaceGib - still.workspaceGib, 355_689_472);
    closeTo(still.freeGib - moving.freeGib, 355_689_472);
    closeTo(memoryOf(recordable).workspaceGib - still.workspaceGib, 132_736_000);
    closeTo(memoryOf(watched).workspaceGib - still.workspaceGib, 132_736_000);
  });

  it("has none of it on the GPU with TensorRT-LLM, which counts and keeps copies on the host", () => {
    const trtllm = {
      engine: "trtllm",
      engineVersion: "1.6.1",
      orchestrator: "dynamo",
      dispatch: "nvlink",
    } as const;
    assert.deepEqual(memoryOf(dynamic, trtllm), memoryOf(off, trtllm));
    assert.deepEqual(memoryOf(recordable, trtllm), memoryOf(off, trtllm));
  });

  it("refuses a KV pool with moving experts that just fits without", () => {
    const kvTokensPerRank = memoryOf(off).largestKvTokens;
    const problemsOf = (experts: ExpertIntent) =>
      planPool(decodeIntent({ experts, kvTokensPerRank, staticMemoryFraction: 0.95 }), gb200Nvl72).problems;
    assert.deepEqual(problemsOf(off), []);
    const largest = memoryOf(dynamic).largestKvTokens;
    assert.deepEqual(problemsOf(dynamic), [
      {
        path: "kvTokensPerRank",
        what: "3950784 tokens do not fit: weights 39.8 + KV 129.3 + dispatch 4.0 + graphs and activations 7.0 = 180.1 of 179.7 GiB",
        rule: "weights, dispatch buffers, graphs and KV share one GPU's memory",
        fix: `at most ${largest}`,
      },
    ]);
    assert.equal(kvTokensPerRank - largest, 64 * Math.ceil(355_689_472 / 35136 / 64 - 1));
  });
});
