import assert from "node:assert/strict";
import { read, refusals } from "./srt-readings";
import { trtllmRecipe } from "./srt-recipes";

describe("a TensorRT-LLM recipe of srt-slurm", () => {
  it("is imported as it is: its numbers are per rank", () => {
    const { recipe, problems } = read(trtllmRecipe());
    assert.deepEqual(problems, []);
    assert.deepEqual(recipe?.prefill, {
      workers: 10,
      gpusPerWorker: 4,
      attention: "data",
      kvCacheType: "fp8",
      contextTokens: 9256,
      tokensPerForwardPerRank: 16640,
      runningRequestsPerRank: 2,
    });
    assert.deepEqual(recipe.decode.graphBatchSizes, [1, 128, 256]);
    assert.deepEqual(recipe.experts, { mode: "dynamic", redundant: 0 });
    assert.deepEqual([recipe.engine.name, recipe.concurrencies], ["trtllm", [4096]]);
  });

  it("is refused where it breaks what the published files keep", () => {
    const drafts = { speculative_config: { decoding_type: "MTP", num_nextn_predict_layers: 1 } };
    const slots = (num_slots: number, layer_updates_per_iter = 1) => ({
      moe_config: { load_balancer: { num_slots, layer_updates_per_iter } },
    });
    const cases: readonly (readonly [Parameters<typeof trtllmRecipe>[0], readonly string[]])[] = [
      [
        { prefill: { max_num_tokens: 8000 } },
        ["prefill.max_num_tokens: 8000 is less than the 8192 tokens of a prompt"],
      ],
      [
        { prefill: { cache_transceiver_config: { max_tokens_in_buffer: 4608 } } },
        ["prefill.cache_transceiver_config.max_tokens_in_buffer: 4608 is less than the 8192 tokens of a prompt"],
      ],
      [
        { decode: { max_seq_len: 9000 } },
        ["decode.max_seq_len: 9000 is less than the 9216 tokens of prompt and answer"],
      ],
      [
        { prefill: drafts, decode: drafts },
        ["decode.max_num_tokens: 256 requests x (1 + 1 drafts) = 512 > 256, so the effective batch is 128"],
      ],
      [{ prefill: drafts }, ["decode.speculative_config.num_nextn_predict_layers: 0, prefill has 1"]],
      [{ decode: slots(300) }, ["decode.moe_config.load_balancer.num_slots: 300 slots for 256 experts on 16 ranks"]],
      [
        { decode: slots(288, 0) },
        [
          "decode.moe_config.load_balancer.layer_updates_per_iter: 0: a static placement, which the recipe does not contain",
        ],
      ],
      [
        { decode: { cuda_graph_config: { batch_sizes: [1, 128] } } },
        ["decode.cuda_graph_config.batch_sizes: the largest graph is for 128 requests, the batch is 256"],
      ],
      [
        { decode: { tensor_parallel_size: 8, moe_expert_parallel_size: 8 } },
        ["decode.tensor_parallel_size: 8, while every worker has 16 GPUs"],
      ],
      [
        { decode: { moe_expert_parallel_size: 4, pipeline_parallel_size: 2, tensor_parallel_size: 8 } },
        ["decode.pipeline_parallel_size: 2 stages", "decode.moe_expert_parallel_size: 4 on 8 GPUs"],
      ],
      [
        { prefillEnv: { TLLM_OVERRIDE_LAYER_NUM: "61" } },
        ["backend.prefill_environment: TLLM_OVERRIDE_LAYER_NUM: set in a recipe that is to serve"],
      ],
    ];
    for (const [changes, problems] of cases) assert.deepEqual(refusals(trtllmRecipe(changes)), problems);
  });
});
