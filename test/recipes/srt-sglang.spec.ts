import assert from "node:assert/strict";
import { readSrtSlurm } from "../../stacks/recipes/srt-slurm";
import { read, refusals } from "./srt-readings";
import { publishedWaits, servable, sglangRecipe, shape } from "./srt-recipes";

describe("an SGLang recipe of srt-slurm", () => {
  it("is imported per rank: what the engine divides by its ranks is divided, nothing else", () => {
    const { recipe, problems } = read(sglangRecipe(servable));
    assert.deepEqual(problems, []);
    assert.deepEqual(recipe?.prefill, {
      workers: 4,
      gpusPerWorker: 4,
      attention: "data",
      contextTokens: 10000,
      kvTokensPerRank: 131072,
      kvCacheType: "fp8",
      staticMemoryFraction: 0.84,
      tokensPerForwardPerRank: 16384,
      prefillTokensPerRank: 32768,
      runningRequestsPerRank: 7500,
    });
    const { batchPerRank, kvTokensPerRank, dispatchTokensPerRank, reservedDecodeTokens } = recipe.decode;
    // 3,122,380 in whole pages, as the engine floors it (engines.md A.4).
    assert.deepEqual(
      [batchPerRank, kvTokensPerRank, dispatchTokensPerRank, reservedDecodeTokens],
      [512, 3122368, 1024, 112],
    );
    assert.deepEqual([recipe.experts, recipe.draftTokens], [{ mode: "off", redundant: 32 }, 0]);
    assert.deepEqual(recipe.concurrencies, [256, 512, 1024, 2048]);
  });

  it("as published is refused for 1408 requests per rank above the dispatch cap of 1024, with the number that fits", () => {
    assert.deepEqual(read(sglangRecipe(), "benchmark").problems, [
      {
        path: "backend.sglang_config.decode.max-running-requests",
        what: "67584 / 48 ranks = 1408 > 1024, the dispatch cap",
        rule: "a low-latency dispatch of more tokens stops the worker; only the benchmark's own concurrency kept it below",
        fix: "49152 (1024 per rank)",
      },
    ]);
    const fp8 = { "max-running-requests": 45000, "tp-size": 32, "dp-size": 32, "ep-size": 32 };
    const cap = { SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: "768" };
    assert.deepEqual(refusals(sglangRecipe({ decode: fp8, decodeEnv: cap, resources: shape(4, 4, 8, 1) })), [
      "decode.max-running-requests: 45000 / 32 ranks = 1406 > 768, the dispatch cap",
    ]);
  });

  it("counts the drafts of a dispatch, and does not take a cap that no release has", () => {
    const drafts = { "speculative-num-steps": 2, "speculative-eagle-topk": 1, "speculative-num-draft-tokens": 3 };
    const mtp = { prefill: drafts, decode: { ...drafts, "max-running-requests": 24576 } };
    assert.deepEqual(refusals(sglangRecipe(mtp)), [
      "decode.max-running-requests: 24576 / 48 ranks = 512 requests x 3 tokens = 1536 > 1024, the dispatch cap",
    ]);
    const few = { prefill: drafts, decode: { ...drafts, "max-running-requests": 4096 } };
    assert.equal(read(sglangRecipe(few)).recipe?.draftTokens, 2);
    assert.equal(read(sglangRecipe(few)).recipe?.decode.batchPerRank, 85);
    const unreleased = { SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: "1408" };
    assert.deepEqual(refusals(sglangRecipe({ ...servable, decodeEnv: unreleased })), [
      "backend.decode_environment.SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: 1408 tokens per rank and dispatch",
    ]);
    assert.deepEqual(refusals(sglangRecipe({ ...servable, prefill: drafts })), [
      "decode.speculative-num-steps: 0, prefill has 2",
    ]);
  });

  it("is refused for a benchmark's waits and switches, unless it is imported for a benchmark", () => {
    const env = { prefillEnv: publishedWaits, decodeEnv: { ...publishedWaits, SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: "1" } };
    const text = sglangRecipe({ ...servable, ...env });
    const both = "backend.prefill_environment and backend.decode_environment";
    assert.deepEqual(refusals(text), [
      `${both}: SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE: 100000 is above 3600`,
      `${both}: SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT: 100000 is above 3600`,
      `${both}: SGLANG_DISAGGREGATION_WAITING_TIMEOUT: 100000 is above 3600`,
      "backend.decode_environment: SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: set in a recipe that is to serve",
    ]);
    assert.deepEqual(read(text, "benchmark").recipe?.decode.extraEnv, { SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: "1" });
  });

  it("is refused for sizes that the engine rejects or overrides", () => {
    const cases: readonly (readonly [Parameters<typeof sglangRecipe>[0], string])[] = [
      [{ decode: { "ep-size": 24 } }, "decode.ep-size: 24 with deepep on 48 GPUs"],
      [
        { decode: { "ep-num-redundant-experts": 0 } },
        "decode.ep-num-redundant-experts: 256 + 0 = 256 expert slots do not divide by 48 ranks",
      ],
      [{ decode: { "dp-size": 24 } }, "decode.dp-size: 24 ranks on 48 GPUs"],
      [{ decode: { "moe-dense-tp-size": 4 } }, "decode.moe-dense-tp-size: 4"],
      [{ decode: { "deepep-mode": "normal" } }, "decode.deepep-mode: normal in a decode worker"],
      [{ decode: { "tp-size": 32 } }, "decode.tp-size: 32, while every worker has 48 GPUs"],
      [{ decode: { "init-expert-location": "placement.pt" } }, "decode.init-expert-location: placement.pt"],
      [
        { prefill: { "chunked-prefill-size": 65000 } },
        "prefill.chunked-prefill-size: 65000 / 4 ranks = 16250, not whole KV pages",
      ],
      [{ prefill: { "enable-dp-attention": false } }, "prefill.enable-dp-attention: missing with dp-size 4"],
      [{ decode: { "disaggregation-mode": "prefill" } }, "decode.disaggregation-mode: prefill"],
      [{ decode: { "disaggregation-transfer-backend": "fake" } }, "decode.disaggregation-transfer-backend: fake"],
      [{ decode: { "pp-size": 2 } }, "decode.pp-size: 2 stages"],
      [
        { prefill: { "moe-a2a-backend": "flashinfer", "dp-size": 2 } },
        "prefill.moe-a2a-backend: flashinfer with 2 attention ranks on 4 GPUs",
      ],
      [{ prefill: { quantization: "fp8" } }, "prefill.quantization: fp8 with deepseek-r1-nvfp4"],
      [
        { resources: shape(7, 7, 12, 1) },
        "resources: 7 x 4 (prefill) + 1 x 48 (decode) = 76 GPUs = 19 trays, the rack has 72 in 18",
      ],
    ];
    for (const [changes = {}, problem] of cases) {
      const decode = { ...servable.decode, ...changes.decode };
      const found = refusals(sglangRecipe({ ...changes, decode }));
      assert.ok(found.includes(problem), found.join("\n"));
    }
  });

  it("captures a graph for what it runs", () => {
    const decode = { ...servable.decode, "cuda-graph-bs": undefined, "cuda-graph-max-bs": 256 };
    assert.deepEqual(refusals(sglangRecipe({ decode })), [
      "decode.cuda-graph-max-bs: the largest graph is for 256 requests, 24576 / 48 ranks = 512 may run",
    ]);
  });

  it("of low latency has tensor parallelism and the batch that its benchmark keeps in flight", () => {
    const ranks = { "tp-size": 4, "dp-size": 1, "ep-size": 1, "enable-dp-attention": false };
    const gone = { "moe-a2a-backend": undefined, "ep-num-redundant-experts": undefined, "cuda-graph-bs": undefined };
    const text = sglangRecipe({
      resources: shape(1, 1, 2, 2),
      prefill: ranks,
      decode: { ...ranks, ...gone, "max-running-requests": undefined, "cuda-graph-max-bs": 256 },
      benchmark: { concurrencies: "4x8x16x32" },
    });
    const { recipe, notes } = read(text);
    assert.deepEqual([recipe?.decode.attention, recipe?.decode.batchPerRank], ["tensor", 16]);
    assert.deepEqual(
      notes.map(({ path }) => path),
      [
        "model.container",
        "backend.sglang_config.prefill.max-prefill-tokens",
        "backend.sglang_config.decode.max-running-requests",
      ],
    );
  });

  it("is for GB200, for a checkpoint that is known, and says its lengths", () => {
    assert.deepEqual(refusals(sglangRecipe({ ...servable, resources: { gpu_type: "gb300" } })), [
      "resources.gpu_type: a recipe for gb300",
    ]);
    const glm = { path: "glm-5-fp4", identity: { model: { repo: "nvidia/GLM-5-NVFP4" } } };
    const served = { prefill: { "served-model-name": "GLM-5-FP4" } };
    assert.deepEqual(refusals(sglangRecipe({ ...servable, ...served, model: glm })), [
      "model.path: glm-5-fp4, GLM-5-FP4, nvidia/GLM-5-NVFP4 in fp4 is not a checkpoint that is known",
    ]);
    const hidden = sglangRecipe({ ...servable, benchmark: { isl: undefined, osl: undefined } });
    assert.deepEqual(refusals(hidden), ["benchmark.isl: not said", "benchmark.osl: not said"]);
    const told = readSrtSlurm(hidden, { purpose: "production", environment: { ISL: "1024", OSL: "8192" } });
    assert.deepEqual(told.recipe?.workload, { inputTokens: 1024, outputTokens: 8192 });
  });

  it("loses no setting in silence", () => {
    const changes = {
      decode: { ...servable.decode, "numa-node": [0, 0, 1, 1], "brand-new-flag": 7, "enable-symm-mem": true },
      prefillEnv: { MC_FORCE_MNNVL: "1", UNHEARD_OF: "1", SGLANG_ENABLE_JIT_DEEPGEMM: "false" },
      more: { frontend: { type: "dynamo" } },
    };
    const { recipe, leftOut } = read(sglangRecipe(changes));
    const reasons = Object.fromEntries(leftOut.map(({ key, reason }) => [key, reason]));
    const unknown = "no setting of a pool says it";
    assert.equal(reasons["backend.sglang_config.decode.brand-new-flag"], unknown);
    assert.equal(reasons["backend.prefill_environment.UNHEARD_OF"], unknown);
    assert.equal(reasons["backend.prefill_environment.MC_FORCE_MNNVL"], "rendered by the library");
    assert.match(reasons["backend.sglang_config.decode.numa-node"] ?? "", /whole tray/);
    assert.match(reasons["backend.sglang_config.decode.chunked-prefill-size"] ?? "", /computes no prompts/);
    assert.match(reasons.frontend ?? "", /Dynamo or Slurm/);
    assert.deepEqual(recipe?.decode.extraArgs, ["--enable-symm-mem"]);
    assert.deepEqual(recipe.prefill.extraEnv, { SGLANG_ENABLE_JIT_DEEPGEMM: "false" });
  });

  it("runs the image that it names, in Kubernetes' spelling, and its version", () => {
    const engine = (container: string) => read(sglangRecipe({ ...servable, model: { container } })).recipe?.engine;
    assert.deepEqual(engine("lmsysorg#sglang:v0.5.5.post2"), {
      name: "sglang",
      version: "0.5.5.post2",
      image: "lmsysorg/sglang:v0.5.5.post2",
    });
    assert.equal(engine("/images/sglang.sqsh")?.image, "lmsysorg/sglang:v0.5.8-cu130");
    assert.deepEqual(refusals(sglangRecipe({ ...servable, model: { container: "lmsysorg/sglang:latest" } })), [
      'model.container: the tag "latest" moves',
    ]);
  });
});
