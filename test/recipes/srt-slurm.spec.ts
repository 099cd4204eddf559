import assert from "node:assert/strict";
import { stringify } from "yaml";
import { variantsOf } from "../../stacks/recipes/srt-document";
import { readSrtSlurm } from "../../stacks/recipes/srt-slurm";
import { refusalOf, refusals } from "./srt-readings";
import { trtllmRecipe } from "./srt-recipes";

describe("the schemas of srt-slurm", () => {
  const base = {
    model: { path: "dsr1", container: "dynamo-trtllm", precision: "fp4" },
    resources: { gpu_type: "gb200", gpus_per_node: 4 },
    engine: "trtllm",
    roles: {
      prefill: {
        args: { tensor_parallel_size: 4, enable_attention_dp: true, max_batch_size: 2, max_num_tokens: 16640 },
      },
      decode: { args: { max_seq_len: 9256, kv_cache_config: { dtype: "fp8" } } },
    },
    benchmark: { isl: 8192, osl: 1024 },
  };
  const decode = { tensor_parallel_size: 16, enable_attention_dp: true, max_batch_size: 128, max_num_tokens: 128 };
  const variants = stringify({
    schema: 2,
    base,
    override_8p1d: {
      name: "ctx8_gen1_dep16_batch128",
      roles: { prefill: { nodes: 8, workers: 8 }, decode: { nodes: 4, workers: 1, args: decode } },
      benchmark: { concurrencies: "2253" },
    },
    override_wide: {
      roles: { prefill: { nodes: 19, workers: 19 }, decode: { nodes: 4, workers: 1, args: decode } },
    },
  });

  it("are both read, and a variant is its base with some settings replaced", () => {
    assert.deepEqual(variantsOf(variants), ["override_8p1d", "override_wide"]);
    assert.deepEqual(variantsOf(trtllmRecipe()), []);
    const { recipe } = readSrtSlurm(variants, { purpose: "production", variant: "8p1d" });
    assert.deepEqual(
      [recipe?.name, recipe?.prefill.workers, recipe?.decode.gpusPerWorker],
      ["ctx8_gen1_dep16_batch128", 8, 16],
    );
    assert.deepEqual([recipe?.decode.kvCacheType, recipe?.concurrencies], ["fp8", [2253]]);
    const wide = readSrtSlurm(variants, { purpose: "production", variant: "override_wide" });
    assert.match(wide.problems[0]?.what ?? "", /^19 x 4 \(prefill\) \+ 1 x 16 \(decode\) = 92 GPUs/);
  });

  it("are refused where no single recipe is meant", () => {
    assert.equal(refusalOf(variants), "base: 2 variants and none is chosen");
    assert.equal(refusalOf(variants, "9p"), "base: there is no variant 9p");
    assert.equal(
      refusalOf(stringify({ base, zip_override_8k1k: { name: ["a", "b"] } })),
      "zip_override_8k1k: lists of values, one per variant",
    );
    assert.match(refusalOf("a: [1"), /^\(whole file\): not YAML/);
    assert.deepEqual(refusals("name: empty"), ["backend.type: no engine"]);
    assert.deepEqual(refusals(stringify({ backend: { type: "vllm" } })), ["backend.type: vllm"]);
  });
});
