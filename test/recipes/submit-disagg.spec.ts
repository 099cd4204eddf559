import assert from "node:assert/strict";
import type { Reading } from "../../stacks/recipes/recipe";
import { shellCommands, shellWords } from "../../stacks/recipes/shell-words";
import { readSubmitDisagg } from "../../stacks/recipes/submit-disagg";
import { readSubmitScript } from "../../stacks/recipes/submit-script";
import { deployScript } from "./deploy-script";

const documents = { ISL: "8192", OSL: "1024" };
const chat = { ISL: "1024", OSL: "8192" };

function read(line: string, environment: Record<string, string> = documents): Reading {
  return readSubmitDisagg(shellWords(line), environment);
}

/** `path: what` of every problem. */
function refusals(line: string, environment?: Record<string, string>): readonly string[] {
  return read(line, environment).problems.map(({ path, what }) => `${path}: ${what}`);
}

function noted(line: string, environment?: Record<string, string>): readonly string[] {
  return read(line, environment).notes.map(({ path, what }) => `${path}: ${what}`);
}

describe("submit_disagg.sh command lines", () => {
  it("of launch_gb200-nv.sh are imported, with tensor parallelism where they say tep", () => {
    const recipe = read('./submit_disagg.sh "mtp=on" "tep" 1 3 8 16 64 "0.9" 3 0 "1 2 4 8 18"').recipe;
    assert.deepEqual(recipe?.prefill, {
      workers: 1,
      gpusPerWorker: 4,
      attention: "data",
      tokensPerForwardPerRank: 16640,
    });
    assert.deepEqual(recipe.decode, { workers: 3, gpusPerWorker: 8, attention: "tensor", batchPerRank: 16 });
    assert.deepEqual([recipe.draftTokens, recipe.engine.name, recipe.preset], [3, "trtllm", "deepseek-r1-nvfp4"]);
    assert.deepEqual(recipe.concurrencies, [3, 6, 12, 24, 54]);
    for (const line of [
      'mtp=on dep 5 1 32 8 32 "0.7" 3 0 "128 269"',
      'mtp=on dep 8 1 32 16 64 "0.7" 3 0 "538"',
      'mtp=on dep 8 1 16 64 256 "0.75" 2 0 "1075"',
      'mtp=on dep 6 1 8 256 512 "0.8" 1 0 "2150"',
    ]) {
      assert.deepEqual(refusals(line), [], line);
      assert.deepEqual(noted(line), [], line);
      assert.equal(read(line).recipe?.decode.attention, "data");
    }
  });

  it("may leave out the mode of drafting and the concurrency, which is told", () => {
    assert.deepEqual(noted('tep 1 3 8 16 64 0.9 3 0 "1 2 4 8 18"'), ["arguments: 10 of 11, without mtp_mode"]);
    assert.deepEqual(noted("dep 2 1 16 128 256 .7 1 0"), ["arguments: 9 of 11, without mtp_mode, concurrency list"]);
    assert.deepEqual(read("dep 2 1 16 128 256 .7 1 0").recipe?.concurrencies, []);
    assert.deepEqual(refusals("mtp=off dep 1 4"), [
      "arguments: 4 of 11, without gen_tp_size, gen_batch_size, gen_max_num_tokens, gen_gpu_memory_fraction, gen_mtp_size, gen_eplb_num_slots, concurrency list",
    ]);
  });

  it("with more GPUs than the rack are refused with the sum (source 003: 132, 136 and 164)", () => {
    const rule = "the rack has 72 in 18";
    const wide: readonly (readonly [string, string, string])[] = [
      ["1 8 16 64 256", `1 x 4 (context) + 8 x 16 (generation) = 132 GPUs = 33 trays, ${rule}`, "4 generation workers"],
      [
        "2 8 16 128 512",
        `2 x 4 (context) + 8 x 16 (generation) = 136 GPUs = 34 trays, ${rule}`,
        "4 generation workers",
      ],
      ["1 5 32 16 128", `1 x 4 (context) + 5 x 32 (generation) = 164 GPUs = 41 trays, ${rule}`, "2 generation workers"],
    ];
    for (const [numbers, what, fix] of wide) {
      const { problems } = read(`mtp=on dep ${numbers} 0.75 1 0 "256"`, chat);
      assert.deepEqual(
        problems.map((problem) => [problem.path, problem.what, problem.fix]),
        [["gen_num", what, fix]],
      );
    }
    assert.deepEqual(
      refusals('mtp=on dep 19 1 4 16 64 .7 3 0 "8"')[0],
      "gen_num: 19 x 4 (context) + 1 x 4 (generation) = 80 GPUs = 20 trays, the rack has 72 in 18",
    );
  });

  it("whose iterations do not hold the drafts of their batch are told the batch that they hold", () => {
    const { problems } = read('mtp=on dep 1 4 8 128 256 "0.75" 2 0 "512 1024 2048 4096"', chat);
    assert.deepEqual(problems, [
      {
        path: "gen_max_num_tokens",
        what: "128 requests x (1 + 2 drafts) = 384 > 256, so the effective batch is 85",
        rule: "every running request takes 1 + mtp tokens of an iteration (329 of 330 published worker files keep it)",
        fix: "gen_max_num_tokens 384, or gen_batch_size 85",
      },
    ]);
    assert.deepEqual(refusals("1 4 8 128 256 .75 2").slice(1), [
      "gen_max_num_tokens: 128 requests x (1 + 2 drafts) = 384 > 256, so the effective batch is 85",
    ]);
  });

  it("offer every concurrency gen_num times, which is told where it is more than can run", () => {
    assert.deepEqual(noted('mtp=on dep 1 4 8 128 384 "0.75" 2 0 "512 1024 2048 4096"', chat), [
      "concurrency list: 512 1024 2048 4096 times 4 workers = 2048 4096 8192 16384 requests, 4 x 8 x 128 = 4096 run at once",
      "ISL, OSL: 1024 in and 8192 out",
    ]);
  });

  it("have slots for every expert or none, and say when they are swapped with the drafts", () => {
    const slots = (text: string): readonly string[] => refusals(`mtp=on dep 1 1 32 16 64 .7 ${text} "4"`);
    assert.deepEqual(slots("3 0"), []);
    assert.deepEqual(slots("3 256"), []);
    assert.deepEqual(slots("3 3"), ["gen_eplb_num_slots: 3 slots for 256 experts on 32 ranks"]);
    assert.deepEqual(slots("0 3"), ["gen_eplb_num_slots: gen_mtp_size 0 and gen_eplb_num_slots 3 are swapped"]);
    assert.deepEqual(slots("288 3"), ["gen_eplb_num_slots: gen_mtp_size 288 and gen_eplb_num_slots 3 are swapped"]);
    assert.equal(read('mtp=on dep 1 1 32 16 64 .7 0 3 "4"').problems[0]?.fix, "3 0");
    assert.deepEqual(read('mtp=on dep 1 1 32 16 64 .7 3 288 "4"').recipe?.experts, { mode: "dynamic", redundant: 32 });
  });

  it("are refused for everything at once", () => {
    assert.deepEqual(refusals('mtp=off dep 0 1.5 6 8 8 1.2 4 257 "four"'), [
      'concurrency list: "four"',
      "ctx_num: 0",
      "gen_num: 1.5",
      "gen_tp_size: 6 GPUs per generation worker",
      "gen_max_num_tokens: 8 requests x (1 + 4 drafts) = 40 > 8, so the effective batch is 1",
      "gen_gpu_memory_fraction: 1.2",
      "gen_mtp_size: 4 drafts",
      "mtp_mode: mtp=off with gen_mtp_size 4",
      "gen_eplb_num_slots: 257 slots for 256 experts on 6 ranks",
    ]);
    assert.deepEqual(refusals('mtp=on dep 1 1 8 x 64 .7 0 0 "4" "8"'), [
      "arguments: 12 of 11, without gen_batch_size",
      'gen_batch_size: "x" is not a number',
      "concurrency list: 2 arguments: 4 8",
      "mtp_mode: mtp=on with gen_mtp_size 0",
    ]);
  });

  it("of another script, of a sweep and of a troubleshooting guide are none", () => {
    assert.match(refusals("./submit_disagg.sh 6 3 12 1 8 8192 1024 4096 inf")[0] ?? "", /SGLang's submit_disagg\.sh$/);
    assert.match(refusals("mtp=off all 1 1")[0] ?? "", /^mode: "all" is the script's own sweep/);
    assert.match(refusals("./submit_disagg.sh ... batch_size=256 ...")[0] ?? "", /is an excerpt$/);
  });
});

describe("the environment of submit_disagg.sh", () => {
  const line = 'mtp=on dep 5 1 32 8 32 "0.7" 3 0 "128"';

  it("says lengths, checkpoint and image, and enroot's spelling is turned into Kubernetes'", () => {
    const environment = {
      ...documents,
      MODEL_PATH: "/models/DeepSeek-R1-0528",
      PRECISION: "fp8",
      IMAGE: "nvcr.io#nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1.post2",
    };
    const recipe = read(line, environment).recipe;
    assert.deepEqual([recipe?.preset, recipe?.workload.inputTokens], ["deepseek-r1-fp8", 8192]);
    assert.equal(recipe?.engine.image, "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1.post2");
    assert.deepEqual(noted(line, {}), ["ISL, OSL: not set, so 8150 in and 1024 out"]);
  });

  it("has buffers and passes that hold a prompt", () => {
    assert.deepEqual(refusals(line, { ...documents, CACHE_TRANSCEIVER_MAX_NUM_TOKENS: "4608" }), [
      "CACHE_TRANSCEIVER_MAX_NUM_TOKENS: 4608 is less than the 8192 tokens of a prompt",
    ]);
    assert.deepEqual(refusals(line, { ISL: "32768", OSL: "1024" }), [
      "ISL: 32768 is more than the 16640 tokens of a context worker's pass",
    ]);
    assert.deepEqual(refusals(line, { ISL: "1k", OSL: "0" }), ['ISL: "1k"', 'OSL: "0"']);
  });

  it("names a checkpoint that is known, and an image that stays what it is", () => {
    assert.deepEqual(refusals(line, { ...documents, MODEL_PATH: "/models/llama-4" }), [
      "MODEL_PATH: /models/llama-4 is not a checkpoint that is known",
    ]);
    assert.deepEqual(refusals(line, { ...documents, IMAGE: "nvidia/deepseek-r1-fp4:latest" }), [
      'IMAGE: the tag "latest" moves',
    ]);
  });

  it("is told which variables the script does not read", () => {
    const labels = { MODEL: "deepseek-ai/DeepSeek-R1-0528", PRECISION: "fp4", FRAMEWORK: "dynamo-trtllm" };
    assert.deepEqual(noted(line, { ...documents, ...labels, PORT_OFFSET: "100", CLIENT_NAME: "a" }), [
      "MODEL: deepseek-ai/DeepSeek-R1-0528 is an FP8 checkpoint, PRECISION is fp4",
      'FRAMEWORK: "dynamo-trtllm"',
      "environment: CLIENT_NAME, FRAMEWORK, MODEL, PORT_OFFSET are not read by submit_disagg.sh",
    ]);
  });
});

describe("a deployment script", () => {
  it("is read line by line, with the exports before each", () => {
    const { submissions } = readSubmitScript(deployScript);
    assert.deepEqual(
      submissions.map(({ line, environment }) => [line, environment.ISL, environment.OSL]),
      [
        [9, "1024", "8192"],
        [12, "1024", "8192"],
        [19, "8192", "1024"],
        [20, "8192", "1024"],
      ],
    );
  });

  it("is refused for the sum of its submissions: 284 GPUs on 72", () => {
    const { problems, submissions } = readSubmitScript(deployScript);
    assert.deepEqual(
      problems.map(({ what }) => what),
      ["36 + 132 + 52 + 64 = 284 GPUs for 4 submissions, the rack has 72 in 18 trays"],
    );
    assert.deepEqual(
      submissions.map(({ reading }) => reading.problems.map(({ path }) => path)),
      [
        ["IMAGE", "SERVED_MODEL_NAME"],
        ["gen_num", "IMAGE", "SERVED_MODEL_NAME"],
        ["IMAGE", "SERVED_MODEL_NAME"],
        ["IMAGE", "SERVED_MODEL_NAME"],
      ],
    );
  });

  it("without a submission says so", () => {
    assert.deepEqual(
      readSubmitScript("echo submit_disagg.sh\n").problems.map(({ what }) => what),
      ["no submit_disagg.sh line"],
    );
  });
});

describe("shell words", () => {
  it("join continued lines, drop quotes, comments and what comes after the command", () => {
    assert.deepEqual(shellCommands(`a "b c" \\\n  'd "e' f\\ g # h\n\n# i\nj; k`), [
      { line: 1, words: ["a", "b c", 'd "e', "f g"] },
      { line: 5, words: ["j"] },
    ]);
    assert.deepEqual(shellWords('mtp="on" x#y "a\\"b" || z'), ["mtp=on", "x#y", 'a"b']);
  });
});
