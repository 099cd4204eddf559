import assert from "node:assert/strict";
import { parse } from "yaml";
import { dialectOf } from "../../../src/engines/trtllm/dialect";
import { engineArgs, engineArgsYaml } from "../../../src/engines/trtllm/engine-args";
import type { PoolIntent } from "../../../src/plan/intent";
import type { PoolPlan } from "../../../src/plan/pool";
import { planned } from "../../support/intents";
import { decode, fp8, longDecode, longPrefill, prefill, tep } from "./pools";

function argsOf(plan: PoolPlan, version = "1.6.1"): Readonly<Record<string, unknown>> {
  const dialect = dialectOf(version);
  assert.ok(dialect);
  return { ...engineArgs(plan, dialect) };
}

function yamlOf(intent: PoolIntent, version = "1.6.1"): string {
  const dialect = dialectOf(version);
  assert.ok(dialect);
  return engineArgsYaml(planned(intent), dialect);
}

const gemmBackends = { nvfp4_gemm_config: { allowed_backends: ["cutlass", "cublaslt", "cutedsl", "cuda_core"] } };

const groups = (ranks: number): object => ({
  backend: "pytorch",
  tensor_parallel_size: ranks,
  moe_expert_parallel_size: ranks,
  pipeline_parallel_size: 1,
  enable_attention_dp: true,
});

const kv = (tokens: number, share = 0.6): object => ({
  kv_cache_config: {
    enable_block_reuse: false,
    free_gpu_memory_fraction: share,
    max_tokens: tokens,
    tokens_per_block: 32,
    dtype: "fp8",
  },
  cache_transceiver_config: { backend: "UCX", max_tokens_in_buffer: 9280 },
});

const onlyPrefill = { cuda_graph_config: null, disable_overlap_scheduler: true, print_iter_log: false };
const onlyDecode = {
  cuda_graph_config: { enable_padding: true, batch_sizes: [1, 2, 4, 8, 16, 32, 64, 128, 192, 256] },
  disable_overlap_scheduler: false,
  stream_interval: 20,
  print_iter_log: false,
};

describe("TensorRT-LLM's own arguments", () => {
  it("are readable YAML", () => {
    assert.equal(
      yamlOf(prefill()),
      `backend: pytorch
tensor_parallel_size: 4
moe_expert_parallel_size: 4
pipeline_parallel_size: 1
enable_attention_dp: true
max_batch_size: 16
max_num_tokens: 16384
cuda_graph_config: null
disable_overlap_scheduler: true
max_seq_len: 9280
kv_cache_config:
  enable_block_reuse: false
  free_gpu_memory_fraction: 0.6
  max_tokens: 131072
  tokens_per_block: 32
  dtype: fp8
cache_transceiver_config:
  backend: UCX
  max_tokens_in_buffer: 9280
moe_config:
  backend: TRTLLM
nvfp4_gemm_config:
  allowed_backends:
    - cutlass
    - cublaslt
    - cutedsl
    - cuda_core
print_iter_log: false
`,
    );
  });

  it("say the same as data", () => {
    for (const intent of [prefill(), decode(), longDecode(), tep().intent]) {
      assert.deepEqual(parse(yamlOf(intent)), argsOf(planned(intent)));
    }
  });

  it("client 1, prefill DEP4", () => {
    assert.deepEqual(argsOf(planned(prefill())), {
      ...groups(4),
      max_batch_size: 16,
      max_num_tokens: 16384,
      max_seq_len: 9280,
      ...kv(131072),
      moe_config: { backend: "TRTLLM" },
      ...gemmBackends,
      ...onlyPrefill,
    });
  });

  it("client 1, decode DEP32 with experts that move", () => {
    assert.deepEqual(argsOf(planned(decode())), {
      ...groups(32),
      max_batch_size: 256,
      max_num_tokens: 256,
      max_seq_len: 9280,
      ...kv(2375680),
      moe_config: {
        backend: "CUTEDSL",
        use_low_precision_moe_combine: true,
        load_balancer: { num_slots: 288, layer_updates_per_iter: 1 },
      },
      ...gemmBackends,
      ...onlyDecode,
    });
  });

  it("client 2, prefill DEP4: two prompts of 8k a pass", () => {
    assert.deepEqual(argsOf(planned(longPrefill())), {
      ...groups(4),
      max_batch_size: 2,
      max_num_tokens: 16640,
      max_seq_len: 9280,
      ...kv(133120),
      moe_config: { backend: "TRTLLM" },
      ...gemmBackends,
      ...onlyPrefill,
    });
  });

  it("client 2, decode DEP16: a slot per expert", () => {
    assert.deepEqual(argsOf(planned(longDecode())), {
      ...groups(16),
      max_batch_size: 256,
      max_num_tokens: 256,
      max_seq_len: 9280,
      ...kv(2375680, 0.65),
      moe_config: {
        backend: "CUTEDSL",
        use_low_precision_moe_combine: true,
        load_balancer: { num_slots: 256, layer_updates_per_iter: 1 },
      },
      ...gemmBackends,
      ...onlyDecode,
    });
  });

  it("FP8 experts take DeepGEMM in both roles, and no NVFP4 settings", () => {
    const roles = [prefill({ ...fp8, gpusPerWorker: 8 }), decode({ ...fp8, batchPerRank: 64 })];
    for (const args of roles.map((intent) => argsOf(planned(intent)))) {
      const moe = args.moe_config as Record<string, unknown>;
      assert.equal(moe.backend, "DEEPGEMM");
      assert.ok(!("use_low_precision_moe_combine" in moe));
      assert.ok(!("nvfp4_gemm_config" in args));
    }
  });

  it("drafts are on both roles, and every draft is a token of the step", () => {
    const speculation = { draftTokens: 3, acceptedTokens: 2 };
    const both = [prefill({ speculation }), decode({ batchPerRank: 64, speculation })].map((intent) =>
      argsOf(planned(intent)),
    );
    for (const args of both) {
      assert.deepEqual(args.speculative_config, { decoding_type: "MTP", num_nextn_predict_layers: 3 });
    }
    assert.deepEqual(
      both.map(({ max_num_tokens }) => max_num_tokens),
      [16384, 64 * (1 + 3)],
    );
    assert.deepEqual(
      both.map(({ enable_lm_head_tp_in_adp }) => enable_lm_head_tp_in_adp),
      [undefined, true],
    );
    assert.ok(!("speculative_config" in argsOf(planned(decode()))));
  });

  it("TEP8 splits attention by heads, owns experts and sums over NVLink", () => {
    const args = argsOf(tep());
    assert.equal(args.enable_attention_dp, false);
    assert.equal(args.moe_expert_parallel_size, 8);
    assert.equal(args.allreduce_strategy, "MNNVL");
    assert.deepEqual(args.moe_config, { backend: "TRTLLM" });
    assert.ok(!("allreduce_strategy" in argsOf(planned(decode()))));
  });

  it("narrow decode takes CUTLASS", () => {
    const experts = { balancing: "off", redundantExperts: 0 } as const;
    const args = argsOf(planned(decode({ gpusPerWorker: 8, batchPerRank: 128, experts })));
    assert.deepEqual(args.moe_config, { backend: "CUTLASS" });
  });

  it("the KV cache is the plan's, and its share is enough for it", () => {
    for (const intent of [prefill(), decode(), longDecode(), decode({ kvTokensPerRank: 3760000 })]) {
      const plan = planned(intent);
      const { max_tokens, free_gpu_memory_fraction } = argsOf(plan).kv_cache_config as Record<string, number>;
      const { usableGib, weightsGib, workspaceGib, dispatchGib, kvGib } = plan.memory;
      assert.equal(max_tokens, plan.kvTokensPerRank);
      assert.ok(
        (free_gpu_memory_fraction ?? 0) * (usableGib - weightsGib - workspaceGib - dispatchGib) >= kvGib - 0.01 * kvGib,
      );
      assert.ok((free_gpu_memory_fraction ?? 1) <= 0.95);
    }
  });

  it("a KV cache in BF16 is the model's own type", () => {
    const args = argsOf(planned(prefill({ kvCacheType: "bf16" })));
    assert.equal((args.kv_cache_config as Record<string, unknown>).dtype, "auto");
  });

  it("a benchmark streams in larger pieces and logs every step", () => {
    const args = argsOf(planned(decode({ purpose: "benchmark" })));
    assert.equal(args.stream_interval, 100);
    assert.equal(args.print_iter_log, true);
  });

  it("the engine of Dynamo 0.8.1 is not told of NVFP4 GEMM backends", () => {
    assert.ok(!("nvfp4_gemm_config" in argsOf(planned(decode()), "0.8.1")));
    assert.ok("nvfp4_gemm_config" in argsOf(planned(decode()), "1.2.1"));
  });

  it("hold the invariants of the published workers, whatever the size", () => {
    for (const inputTokens of [512, 1024, 4000, 8192]) {
      for (const draftTokens of [0, 1, 3]) {
        const traffic = { inputTokens, outputTokens: 1000, speculation: { draftTokens, acceptedTokens: 0 } };
        const p = argsOf(planned(prefill(traffic)));
        const d = argsOf(planned(decode({ ...traffic, batchPerRank: 100 })));
        const graphs = (d.cuda_graph_config as { batch_sizes: readonly number[] }).batch_sizes;
        assert.ok(Number(p.max_num_tokens) >= inputTokens);
        assert.ok(Number(p.max_num_tokens) >= Number(p.max_batch_size) * inputTokens);
        assert.ok(Number(d.max_num_tokens) >= 100 * (1 + draftTokens));
        assert.ok(Math.max(...graphs) >= Number(d.max_batch_size));
        for (const args of [p, d]) {
          const buffer = args.cache_transceiver_config as { max_tokens_in_buffer: number };
          assert.ok(Number(args.max_seq_len) >= inputTokens + 1000);
          assert.ok(buffer.max_tokens_in_buffer >= inputTokens && buffer.max_tokens_in_buffer % 32 === 0);
          assert.equal(args.tensor_parallel_size, args.moe_expert_parallel_size);
        }
      }
    }
  });

  it("are the same for the same plan", () => {
    assert.equal(yamlOf(decode()), yamlOf(decode()));
  });
});
