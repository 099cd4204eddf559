/**
 * The published vLLM command of source 002 (decode of DeepSeek-V3 over 32 H200, vLLM 0.11.1rc5) as facts: flags with
 * their values, nested configurations as data, and the variables that are exported before it.
 */
export const publishedFlags: Readonly<Record<string, string>> = {
  "--data-parallel-hybrid-lb": "",
  "--api-server-count": "8",
  "--data-parallel-address": "$COORDINATOR_IP",
  "--data-parallel-rpc-port": "$COORDINATOR_RPC_PORT",
  "--tensor-parallel-size": "1",
  "--data-parallel-size": "32",
  "--data-parallel-size-local": "8",
  "--data-parallel-start-rank": "$START_RANK",
  "--enable-expert-parallel": "",
  "--no-enable-prefix-caching": "",
  "--max-model-len": "16384",
  "--enable-dbo": "",
  "--dbo-decode-token-threshold": "32",
  "--async-scheduling": "",
  "--enable-eplb": "",
  "--eplb-config":
    '{"window_size":"1000","step_interval":"3000","num_redundant_experts":"32","log_balancedness":"False"}',
  "--max-num-seqs": "512",
  "--compilation-config":
    '{"pass_config":{"enable_fusion":true,"enable_attn_fusion":true,"enable_noop":true},"custom_ops":["+rms_norm"],"cudagraph_mode":"FULL_DECODE_ONLY"}',
  "--kv-transfer-config": '{"kv_connector":"NixlConnector","kv_role":"kv_both"}',
};

export const publishedVariables: Readonly<Record<string, string>> = {
  VLLM_USE_DEEP_GEMM: "1",
  VLLM_ALL2ALL_BACKEND: "deepep_low_latency",
  VLLM_MOE_DP_CHUNK_SIZE: "512",
  VLLM_SKIP_P2P_CHECK: "1",
  VLLM_RANDOMIZE_DP_DUMMY_INPUTS: "1",
  NVIDIA_GDRCOPY: "enabled",
  PYTORCH_CUDA_ALLOC_CONF: "expandable_segments:True",
  VLLM_MOE_ROUTING_SIMULATION_STRATEGY: "uniform_random",
  NVSHMEM_QP_DEPTH: "1512",
  GLOO_SOCKET_IFNAME: "eth0",
};
