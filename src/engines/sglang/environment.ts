import type { PoolPlan } from "../../plan/pool";
import type { EnvironmentVariable } from "../engine";
import { recordingsDirectory } from "../expert-files";
import { balanceMetricVariable, balanceReportFlag, type Dialect } from "./dialect";

/** Where compiled kernels go. An emptyDir: they are rebuilt on a fresh pod and never read-only. */
export const cacheDirectory = "/var/cache/nvl72";

/** A lost peer is noticed after ten minutes; the published benchmarks wait 100000 seconds, which is for ever. */
const peerTimeoutSeconds = 600;
const benchmarkTimeoutSeconds = 100000;

/** Environment of one engine pod, sorted by name; the user's own variables last and on top. */
export function environment(plan: PoolPlan, dialect: Dialect): readonly EnvironmentVariable[] {
  const values: Record<string, string> = {
    ...fabricEnvironment(dialect),
    ...transferEnvironment(plan),
    ...processEnvironment(dialect),
    ...quantizationEnvironment(plan, dialect),
    ...(plan.parallel.dispatch === "low-latency"
      ? { SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: String(plan.dispatchTokensPerRank) }
      : {}),
    ...(plan.intent.experts.watched === true && !dialect.flags.has(balanceReportFlag)
      ? { [balanceMetricVariable]: "1" }
      : {}),
    ...plan.intent.extraEnv,
  };
  return [
    // The address other ranks reach this one by; auto-detection may pick another interface's.
    { name: "SGLANG_HOST_IP", fieldPath: "status.podIP" },
    ...Object.keys(values)
      .sort()
      .map((name) => ({ name, value: values[name] })),
  ];
}

/** Multi-node NVLink for NCCL and for Mooncake, whose KV pool must be memory that the fabric can export. */
function fabricEnvironment(dialect: Dialect): Record<string, string> {
  return {
    MC_FORCE_MNNVL: "1",
    NCCL_CUMEM_ENABLE: "1",
    NCCL_MNNVL_ENABLE: "1",
    // A switch in 0.5.5, the kind of pool since.
    SGLANG_MOONCAKE_CUSTOM_MEM_POOL: dialect.version === "0.5.5" ? "True" : "NVLINK",
  };
}

function transferEnvironment(plan: PoolPlan): Record<string, string> {
  const benchmark = plan.intent.purpose === "benchmark";
  const timeout = String(benchmark ? benchmarkTimeoutSeconds : peerTimeoutSeconds);
  return {
    MC_TE_METRIC: "true",
    SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT: timeout,
    SGLANG_DISAGGREGATION_WAITING_TIMEOUT: timeout,
    ...(benchmark ? { SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE: timeout } : {}),
  };
}

function processEnvironment(dialect: Dialect): Record<string, string> {
  return {
    ...memoryBalanceCheckOff(dialect),
    FLASHINFER_WORKSPACE_BASE: `${cacheDirectory}/flashinfer`,
    // Weights are mounted; a missing file should fail at once and not try to be downloaded.
    HF_HUB_OFFLINE: "1",
    PYTHONUNBUFFERED: "1",
    SGLANG_DG_CACHE_DIR: `${cacheDirectory}/deep_gemm`,
    SGLANG_EXPERT_DISTRIBUTION_RECORDER_DIR: recordingsDirectory,
    // The shared-memory broadcaster assumes that a group's ranks share a host.
    SGLANG_USE_MESSAGE_QUEUE_BROADCASTER: "0",
    TORCH_DISTRIBUTED_DEFAULT_TIMEOUT: "1800",
    TRITON_CACHE_DIR: `${cacheDirectory}/triton`,
  };
}

/** Ranks legitimately differ in free memory while experts load; the check was renamed twice (spelling as in SGLang). */
function memoryBalanceCheckOff(dialect: Dialect): Record<string, string> {
  return dialect.version === "0.5.5"
    ? { SGL_DISABLE_TP_MEMORY_INBALANCE_CHECK: "1" }
    : { SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK: "0" };
}

function quantizationEnvironment(plan: PoolPlan, dialect: Dialect): Record<string, string> {
  if (plan.intent.checkpoint.expertFormat !== "nvfp4") return {};
  const dispatchInFp4 = dialect.environment.has("SGLANG_MOE_NVFP4_DISPATCH")
    ? "SGLANG_MOE_NVFP4_DISPATCH"
    : "SGLANG_CUTEDSL_MOE_NVFP4_DISPATCH";
  return {
    SGLANG_NVFP4_CKPT_FP8_GEMM_IN_ATTN: "1",
    ...(dialect.environment.has("SGLANG_PER_TOKEN_GROUP_QUANT_8BIT_V2")
      ? { SGLANG_PER_TOKEN_GROUP_QUANT_8BIT_V2: "1" }
      : {}),
    ...(plan.parallel.dispatch === "low-latency" ? { [dispatchInFp4]: "1" } : {}),
    ...(dialect.flags.has("--fp4-gemm-backend") ? {} : { SGLANG_FLASHINFER_FP4_GEMM_BACKEND: "cutlass" }),
  };
}
