import { stringify } from "yaml";

type Settings = Readonly<Record<string, unknown>>;

/** Changes to one of the recipes below; `undefined` takes a setting away. */
export interface Changes {
  readonly resources?: Settings;
  readonly model?: Settings;
  readonly prefill?: Settings;
  readonly decode?: Settings;
  readonly prefillEnv?: Settings;
  readonly decodeEnv?: Settings;
  readonly benchmark?: Settings;
  readonly more?: Settings;
}

/** Waits of the published SGLang files (peers-and-kubernetes.md 13.1). */
export const publishedWaits = {
  SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE: "100000",
  SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT: "100000",
  SGLANG_DISAGGREGATION_WAITING_TIMEOUT: "100000",
} as const;

/** SGLang for 1k/8k: four prefill workers of 4 ranks and decode of 48, with the published figures (13.1). */
export function sglangRecipe(changes: Changes = {}): string {
  const prefill = {
    "served-model-name": "deepseek-ai/DeepSeek-R1",
    quantization: "modelopt_fp4",
    "kv-cache-dtype": "fp8_e4m3",
    "context-length": 10000,
    "mem-fraction-static": 0.84,
    "max-total-tokens": 131072,
    "max-prefill-tokens": 32768,
    "chunked-prefill-size": 65536,
    "max-running-requests": 30000,
    "enable-dp-attention": true,
    "tp-size": 4,
    "dp-size": 4,
    "ep-size": 4,
  };
  const decode = {
    quantization: "modelopt_fp4",
    "kv-cache-dtype": "fp8_e4m3",
    "context-length": 10000,
    "mem-fraction-static": 0.83,
    "max-total-tokens": 3122380,
    "chunked-prefill-size": 786432,
    "max-running-requests": 67584,
    "moe-a2a-backend": "deepep",
    "deepep-mode": "low_latency",
    "moe-runner-backend": "flashinfer_cutedsl",
    "ep-num-redundant-experts": 32,
    "cuda-graph-bs": [1, 2, 4, 8, 512, 768, 1024],
    "num-reserved-decode-tokens": 112,
    "moe-dense-tp-size": 1,
    "enable-dp-attention": true,
    "tp-size": 48,
    "dp-size": 48,
    "ep-size": 48,
  };
  return stringify({
    name: "gb200-fp4-1k8k-max-tpt",
    model: { path: "dsr1-fp4", container: "dynamo-sglang", precision: "fp4", ...changes.model },
    resources: { gpu_type: "gb200", gpus_per_node: 4, ...shape(4, 4, 12, 1), ...changes.resources },
    backend: {
      prefill_environment: { ...changes.prefillEnv },
      decode_environment: { SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: "1024", ...changes.decodeEnv },
      sglang_config: { prefill: { ...prefill, ...changes.prefill }, decode: { ...decode, ...changes.decode } },
    },
    benchmark: { type: "sa-bench", isl: 1024, osl: 8192, concurrencies: "256x512x1024x2048", ...changes.benchmark },
    ...changes.more,
  });
}

/** What the dispatch cap and the KV of 1k/8k leave of it: 512 requests per rank. */
export const servable: Changes = { decode: { "max-running-requests": 24576 } };

/** TensorRT-LLM for 8k/1k: ten context workers and decode of 16 (peers-and-kubernetes.md 13.4). */
export function trtllmRecipe(changes: Changes = {}): string {
  const shared = {
    enable_attention_dp: true,
    kv_cache_config: { dtype: "fp8", free_gpu_memory_fraction: 0.6 },
    cache_transceiver_config: { backend: "UCX", max_tokens_in_buffer: 16384 },
  };
  const prefill = {
    ...shared,
    tensor_parallel_size: 4,
    moe_expert_parallel_size: 4,
    max_batch_size: 2,
    max_num_tokens: 16640,
    max_seq_len: 8232,
  };
  const decode = {
    ...shared,
    tensor_parallel_size: 16,
    moe_expert_parallel_size: 16,
    max_batch_size: 256,
    max_num_tokens: 256,
    max_seq_len: 9256,
    cuda_graph_config: { enable_padding: true, batch_sizes: [1, 128, 256] },
    moe_config: { backend: "CUTEDSL", load_balancer: { num_slots: 256, layer_updates_per_iter: 1 } },
  };
  return stringify({
    name: "ctx10_gen1_dep16_batch256_eplb256_mtp0",
    model: { path: "dsr1", container: "dynamo-trtllm", precision: "fp4", ...changes.model },
    resources: { gpu_type: "gb200", gpus_per_node: 4, ...shape(10, 10, 4, 1), ...changes.resources },
    backend: {
      type: "trtllm",
      prefill_environment: { ...changes.prefillEnv },
      decode_environment: { ...changes.decodeEnv },
      trtllm_config: { prefill: { ...prefill, ...changes.prefill }, decode: { ...decode, ...changes.decode } },
    },
    benchmark: { type: "sa-bench", isl: 8192, osl: 1024, concurrencies: ["4096"], ...changes.benchmark },
    ...changes.more,
  });
}

export function shape(
  prefillNodes: number,
  prefillWorkers: number,
  decodeNodes: number,
  decodeWorkers: number,
): Settings {
  return {
    prefill_nodes: prefillNodes,
    prefill_workers: prefillWorkers,
    decode_nodes: decodeNodes,
    decode_workers: decodeWorkers,
  };
}
