import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSrtSlurm } from "../../stacks/recipes/srt-slurm";
import { planStackConfig, toStackConfig, type StackOptions } from "../../stacks/recipes/stack-config";
import { readStackFiles } from "../../stacks/stack-files";
import { clientManifests } from "../../stacks/client-manifests";
import { servable, sglangRecipe, trtllmRecipe, type Changes } from "./srt-recipes";

const options: StackOptions = { client: "chat", purpose: "production" };

function planned(changes: Changes): ReturnType<typeof planStackConfig> {
  const reading = readSrtSlurm(sglangRecipe(changes), { purpose: "production" });
  if (reading.recipe === undefined) throw new Error(reading.problems.map(({ what }) => what).join("; "));
  return planStackConfig(reading.recipe, options, reading);
}

function textOf(changes: Changes): string {
  const stack = planned(changes);
  if ("problems" in stack) throw new Error(stack.problems.map(({ what }) => what).join("; "));
  return stack.text;
}

describe("the stack of an imported recipe", () => {
  let folder = "";
  before(() => (folder = mkdtempSync(join(tmpdir(), "nvl72-import-"))));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("is a file that reads back, runs alone on its own trays, and renders", () => {
    writeFileSync(join(folder, "Pulumi.chat.yaml"), textOf(servable));
    const [client] = readStackFiles(folder).clients;
    if (client === undefined) throw new Error("no client was read");
    const { config, share } = client;
    assert.deepEqual([config.client, config.trays, config.rack, share.trays], ["chat", 16, undefined, 16]);
    assert.deepEqual([config.experts.mode, config.purpose], ["off", "production"]);
    const rendered = clientManifests(config, share, folder);
    assert.ok("manifests" in rendered, JSON.stringify(rendered));
    const line = JSON.stringify(rendered.manifests);
    // Back to the engine's global numbers: 16384 x 4 ranks, 512 x 48 ranks.
    assert.match(line, /"--chunked-prefill-size","65536"/);
    assert.match(line, /"--max-running-requests","24576"/);
    assert.match(line, /"--max-total-tokens","3122368"/);
  });

  it("says on top where it comes from, its load, and what is not in it", () => {
    const comments = textOf({ ...servable, prefillEnv: { DYN_SKIP_SGLANG_LOG_FORMATTING: "1" } })
      .split("\n")
      .filter((line) => line.startsWith("#"));
    assert.deepEqual(comments.slice(0, 2), [
      "# Source: srt-slurm recipe gb200-fp4-1k8k-max-tpt.",
      "# concurrency in the recipe: 256, 512, 1024, 2048",
    ]);
    assert.ok(comments.some((line) => line.startsWith("# note: model.container:")));
    assert.ok(
      comments.includes(
        "# not carried over: prefill DYN_SKIP_SGLANG_LOG_FORMATTING (of Dynamo or Slurm, which do not run here)",
      ),
    );
    assert.ok(comments.every((line) => line.length <= 120));
  });

  it("is refused for what the stack itself would refuse, in its terms", () => {
    const stack = planned({ decode: { "max-running-requests": 49152 } });
    assert.deepEqual("problems" in stack ? stack.problems.map(({ path, what }) => `${path}: ${what}`) : [], [
      "pools.decode.kvTokensPerRank: 3122368 KV tokens hold 609 requests of 5120 tokens on average, the batch is 1024",
    ]);
    const short = planned({ ...servable, prefill: { "context-length": 9000 } });
    assert.equal("problems" in short && short.problems[0]?.path, "pools.prefill.contextTokens");
  });

  it("of TensorRT-LLM has its engine, its slots and its drafts", () => {
    const drafts = { speculative_config: { decoding_type: "MTP", num_nextn_predict_layers: 1 } };
    const text = trtllmRecipe({ prefill: drafts, decode: { ...drafts, max_num_tokens: 512 } });
    const { recipe } = readSrtSlurm(text, { purpose: "production" });
    if (recipe === undefined) throw new Error("refused");
    const { config } = toStackConfig(recipe, { ...options, purpose: "benchmark" });
    assert.deepEqual(config.engine, {
      name: "trtllm",
      version: "0.8.1",
      image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1.post2",
    });
    assert.deepEqual([config.trays, config.purpose], [14, "benchmark"]);
    assert.deepEqual([config.experts, config.speculation], [{ mode: "dynamic", redundant: 0 }, { draftTokens: 1 }]);
  });
});
