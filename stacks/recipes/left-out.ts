import type { SrtRole } from "./srt-document";
import type { LeftOut } from "./recipe";

/** Reasons why settings are not carried over, each with the settings that it is said of. */
export type Reasons = readonly (readonly [string, readonly string[]])[];

const unknown = "no setting of a pool says it";

/** Every key that nobody used, with why; no key is dropped in silence. */
export function leftOutOf(
  path: string,
  keys: readonly string[],
  used: ReadonlySet<string>,
  reasons: Reasons,
): LeftOut[] {
  return keys
    .filter((key) => !used.has(key))
    .map((key) => ({
      key: `${path}.${key}`,
      reason: reasons.find(([, known]) => known.includes(key))?.[0] ?? unknown,
    }));
}

const dynamo = "of Dynamo or Slurm, which do not run here";
const rendered = "rendered by the library";
const purpose = "rendered by purpose: 600 s in production, 100000 s in a benchmark";

const variableReasons: Reasons = [
  [
    rendered,
    [
      "FLASHINFER_WORKSPACE_BASE",
      "MC_FORCE_MNNVL",
      "MC_TE_METRIC",
      "NCCL_CUMEM_ENABLE",
      "NCCL_MNNVL_ENABLE",
      "PYTHONUNBUFFERED",
      "SGLANG_CUTEDSL_MOE_NVFP4_DISPATCH",
      "SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK",
      "SGLANG_DG_CACHE_DIR",
      "SGLANG_DISABLE_TP_MEMORY_INBALANCE_CHECK",
      "SGLANG_FLASHINFER_FP4_GEMM_BACKEND",
      "SGLANG_MOE_NVFP4_DISPATCH",
      "SGLANG_MOONCAKE_CUSTOM_MEM_POOL",
      "SGLANG_NVFP4_CKPT_FP8_GEMM_IN_ATTN",
      "SGLANG_PER_TOKEN_GROUP_QUANT_8BIT_V2",
      "SGLANG_USE_MESSAGE_QUEUE_BROADCASTER",
      "TORCH_DISTRIBUTED_DEFAULT_TIMEOUT",
      "NCCL_GRAPH_MIXING_SUPPORT",
      "TLLM_LOG_LEVEL",
      "TRTLLM_ENABLE_PDL",
      "TRTLLM_SERVER_DISABLE_GC",
      "TRTLLM_WORKER_DISABLE_GC",
    ],
  ],
  [
    purpose,
    [
      "SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT",
      "SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE",
      "SGLANG_DISAGGREGATION_WAITING_TIMEOUT",
    ],
  ],
  [dynamo, ["DYN_SKIP_SGLANG_LOG_FORMATTING", "ENROOT_ALLOW_DEV"]],
];

/** Variables that tune the engine and mean the same anywhere: carried as they are. */
const carriedVariables: ReadonlySet<string> = new Set([
  "ENABLE_CONFIGURABLE_MOE",
  "SGLANG_BLACKWELL_OVERLAP_SHARED_EXPERTS_OUTSIDE_SBO",
  "SGLANG_DECODE_BOOTSTRAP_TIMEOUT",
  "SGLANG_ENABLE_FLASHINFER_GEMM",
  "SGLANG_ENABLE_JIT_DEEPGEMM",
  "SGLANG_ENABLE_SPEC_V2",
  "SGLANG_HACK_SEQ_BOOTSTRAP_ROOM",
  "SGLANG_JIT_DEEPGEMM_FAST_WARMUP",
  "SGLANG_NCCL_ALL_GATHER_IN_OVERLAP_SCHEDULER_SYNC_BATCH",
  "SGLANG_NVFP4_CKPT_FP8_NEXTN_MOE",
  "TRTLLM_FORCE_COMM_METHOD",
]);

/** The role's environment: what goes into the pool, and what does not. */
export function variablesOf({ env, envPath }: SrtRole): {
  readonly extraEnv?: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
} {
  const carried = Object.keys(env)
    .filter((name) => carriedVariables.has(name))
    .sort();
  const leftOut = leftOutOf(envPath, Object.keys(env), new Set(carried), variableReasons);
  if (carried.length === 0) return { leftOut };
  return { extraEnv: Object.fromEntries(carried.map((name) => [name, String(env[name])])), leftOut };
}

/** `reason: keys`, each key once: by its last name, with the role where only one has it. */
export function leftOutByReason(leftOut: readonly LeftOut[]): readonly string[] {
  const byReason = new Map<string, Map<string, Set<string>>>();
  for (const { key, reason } of leftOut) {
    const names = byReason.get(reason) ?? new Map<string, Set<string>>();
    const { name, role } = shortKey(key);
    names.set(name, (names.get(name) ?? new Set()).add(role));
    byReason.set(reason, names);
  }
  return [...byReason].map(([reason, names]) => {
    const keys = [...names].map(([name, roles]) => (roles.size === 1 ? [...roles, name].join(" ").trim() : name));
    return `${keys.join(", ")} (${reason})`;
  });
}

function shortKey(key: string): { readonly name: string; readonly role: string } {
  const role = /[._ ](prefill|decode)[._]|\b(prefill|decode)_/.exec(key);
  return { name: role === null ? key : key.slice(key.lastIndexOf(".") + 1), role: role?.[1] ?? role?.[2] ?? "" };
}
