import type { PoolPlan } from "../../plan/pool";
import type { EnvironmentVariable } from "../engine";
import type { Dialect } from "./dialect";
import { systemPort } from "./ports";
import { recordingEnvironment } from "./recorder";

/** Where compiled kernels go. An emptyDir: they are rebuilt on a fresh pod. */
export const cacheDirectory = "/var/cache/nvl72";

/** Environment of one engine pod, sorted by name; the user's own variables last and on top. */
export function environment(plan: PoolPlan, dialect: Dialect): readonly EnvironmentVariable[] {
  const values: Record<string, string> = {
    ...fabricEnvironment,
    ...transferEnvironment,
    ...engineEnvironment,
    ...dynamoEnvironment(plan, dialect),
    ...recordingEnvironment(plan),
    ...plan.intent.extraEnv,
  };
  return Object.keys(values)
    .sort()
    .map((name) => ({ name, value: values[name] }));
}

/** Multi-node NVLink for NCCL (Dynamo's GB200 recipe, 09783f64). */
const fabricEnvironment: Readonly<Record<string, string>> = {
  NCCL_CUMEM_ENABLE: "1",
  NCCL_MNNVL_ENABLE: "1",
};

/**
 * KV over UCX. `cuda_ipc` moves it over NVLink and `y` makes UCX insist on the fabric; without `rc` transfers fell to
 * TCP in silence, at ten times the latency (Dynamo's DeepSeek-V4 recipe, 831bbfd3). The list is that of NVIDIA's own
 * TensorRT-LLM recipes (srt-slurm kimi-k25-nvfp4, 7f33d12f); `tcp` carries the handshake.
 */
const transferEnvironment: Readonly<Record<string, string>> = {
  UCX_CUDA_IPC_ENABLE_MNNVL: "y",
  UCX_TLS: "rc,cuda_ipc,cuda_copy,sm,self,tcp",
};

/** As in every published GB200 worker (srt-slurm c88ef731): no pauses for Python's collector, dependent launches. */
const engineEnvironment: Readonly<Record<string, string>> = {
  // Weights are mounted; a missing file should fail at once and not try to be downloaded.
  HF_HUB_OFFLINE: "1",
  NCCL_GRAPH_MIXING_SUPPORT: "0",
  PYTHONUNBUFFERED: "1",
  TLLM_LOG_LEVEL: "INFO",
  TRITON_CACHE_DIR: `${cacheDirectory}/triton`,
  TRTLLM_ENABLE_PDL: "1",
  TRTLLM_SERVER_DISABLE_GC: "1",
  TRTLLM_WORKER_DISABLE_GC: "1",
};

/**
 * A stopped worker leaves the registry, goes on for the grace period and then ends; the default of 5 seconds cuts
 * answers off (dynamo#13559). Versions that do not know it are left to their own way.
 */
function dynamoEnvironment({ drainSeconds }: PoolPlan, { environment: known }: Dialect): Record<string, string> {
  const grace = "DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS";
  return {
    DYN_SYSTEM_PORT: String(systemPort),
    ...(known.has(grace) ? { [grace]: String(drainSeconds) } : {}),
  };
}
