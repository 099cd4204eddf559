import type { PoolPlan } from "../../plan/pool";
import type { EnvironmentVariable } from "../engine";
import type { Dialect } from "./dialect";
import { sideChannelPort } from "./ports";

/** Where compiled kernels and graphs go. An emptyDir: they are rebuilt on a fresh pod and never read-only. */
export const cacheDirectory = "/var/cache/nvl72";

/** Variables with an address in them, which only the kubelet knows. */
export function addressVariables(): readonly EnvironmentVariable[] {
  return [
    // The address that other ranks and the other role reach this one by; auto-detection may pick another interface's.
    { name: "VLLM_HOST_IP", fieldPath: "status.podIP" },
    // "localhost" by default (vllm/envs.py): a decode rank would look for the KV of a request in itself.
    { name: "VLLM_NIXL_SIDE_CHANNEL_HOST", fieldPath: "status.podIP" },
  ];
}

/** Environment of a pod in which `vllm serve` runs: addresses first, the rest by name, the user's own on top. */
export function environment(plan: PoolPlan, dialect: Dialect): readonly EnvironmentVariable[] {
  const values = {
    ...engineEnvironment(plan, dialect),
    VLLM_NIXL_SIDE_CHANNEL_PORT: String(sideChannelPort),
    ...plan.intent.extraEnv,
  };
  return [...addressVariables(), ...sortedVariables(values)];
}

function sortedVariables(values: Readonly<Record<string, string>>): readonly EnvironmentVariable[] {
  return Object.keys(values)
    .sort()
    .map((name) => ({ name, value: values[name] }));
}

/** What the engine needs whatever starts it. */
export function engineEnvironment(plan: PoolPlan, dialect: Dialect): Readonly<Record<string, string>> {
  return {
    ...fabricEnvironment(plan),
    ...processEnvironment(plan, dialect),
    ...dispatchEnvironment(plan, dialect),
    ...kernelEnvironment(plan, dialect),
  };
}

/** Multi-node NVLink for NCCL and for UCX, which carries NIXL's transfers (llm-d's GB200 manifests, 151bf8a7). */
function fabricEnvironment({ rack }: PoolPlan): Readonly<Record<string, string>> {
  return {
    ...(rack.nvlinkDomain ? { NCCL_CUMEM_ENABLE: "1", NCCL_MNNVL_ENABLE: "1", UCX_CUDA_IPC_ENABLE_MNNVL: "y" } : {}),
    // Cached memory types go stale when the allocator maps KV anew.
    UCX_MEMTYPE_CACHE: "n",
    // cuda_ipc is NVLink; rc is what remains without it, and a list that lacks it fell to TCP in silence: P50 time to first
    // token 4663 ms instead of 479 (Dynamo's recipe e). Neither carries UCX's own messages where a pod has no RDMA
    // device, so that no endpoint comes up at all without tcp (ai-dynamo/nixl#1413, on a GB200 host).
    UCX_TLS: "cuda_ipc,rc,cuda_copy,sm,self,tcp",
  };
}

function processEnvironment({ startup }: PoolPlan, dialect: Dialect): Readonly<Record<string, string>> {
  return {
    FLASHINFER_WORKSPACE_BASE: `${cacheDirectory}/flashinfer`,
    // Weights are mounted; a missing file should fail at once and not try to be downloaded.
    HF_HUB_OFFLINE: "1",
    PYTHONUNBUFFERED: "1",
    TRITON_CACHE_DIR: `${cacheDirectory}/triton`,
    VLLM_CACHE_ROOT: `${cacheDirectory}/vllm`,
    // API servers give up on an engine after 600 s (vllm/envs.py), while it still reads weights.
    ...(dialect.environment.has("VLLM_ENGINE_READY_TIMEOUT_S")
      ? { VLLM_ENGINE_READY_TIMEOUT_S: String(startup.budgetSeconds) }
      : {}),
    // The network policy lets no statistics out anyway.
    VLLM_NO_USAGE_STATS: "1",
  };
}

function dispatchEnvironment(plan: PoolPlan, dialect: Dialect): Readonly<Record<string, string>> {
  if (plan.parallel.dispatch !== "low-latency") return {};
  return {
    // Between trays the kernels would use RDMA (NVSHMEM IBGDA) although NVLink reaches there.
    ...(plan.rack.nvlinkDomain ? { VLLM_DEEPEP_LOW_LATENCY_USE_MNNVL: "1" } : {}),
    // The kernels' buffer; from 0.20 on it is max_num_batched_tokens.
    ...(dialect.environment.has("VLLM_MOE_DP_CHUNK_SIZE")
      ? { VLLM_MOE_DP_CHUNK_SIZE: String(plan.dispatchTokensPerRank) }
      : {}),
  };
}

/**
 * NVFP4 experts by FlashInfer, which later versions choose by themselves: its CUTLASS kernels take what an all-to-all
 * dispatch delivers, the default "latency" ones do not. Behind DeepEP the experts have kernels of their own.
 */
function kernelEnvironment({ intent, parallel }: PoolPlan, dialect: Dialect): Readonly<Record<string, string>> {
  const nvfp4 = intent.checkpoint.expertFormat === "nvfp4";
  if (!nvfp4 || !dialect.environment.has("VLLM_USE_FLASHINFER_MOE_FP4")) return {};
  const dispatched = parallel.data > 1 && parallel.dispatch !== "low-latency";
  return {
    VLLM_USE_FLASHINFER_MOE_FP4: "1",
    ...(dispatched ? { VLLM_FLASHINFER_MOE_BACKEND: "throughput" } : {}),
  };
}
