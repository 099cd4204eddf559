import type { Dialect } from "./dialect";

/** What an old name is called now. */
interface Rename {
  readonly old: string;
  /** A flag, a variable, a key of a nested configuration, or a setting of this library. */
  readonly current: string;
  /** What a current vLLM does with the old name. */
  readonly consequence: string;
}

const ignored = "vLLM no longer reads it and says nothing";
const ends = "an unknown name ends the server at start";

/** Variables and flags that published commands still set. In 0.11.2 and gone by 0.20.0, unless a comment says else. */
const renames: readonly Rename[] = [
  { old: "VLLM_ALL2ALL_BACKEND", current: "the setting `dispatch` (--all2all-backend)", consequence: ignored },
  { old: "VLLM_ATTENTION_BACKEND", current: "--attention-backend", consequence: ignored },
  { old: "VLLM_MOE_DP_CHUNK_SIZE", current: "the setting `dispatchTokensPerRank`", consequence: ignored },
  { old: "VLLM_FLASH_ATTN_VERSION", current: "--attention-config.flash_attn_version", consequence: ignored },
  { old: "VLLM_TORCH_PROFILER_DIR", current: "--profiler-config", consequence: ignored },
  // Gone by 0.25.1.
  { old: "VLLM_USE_FLASHINFER_MOE_FP4", current: "--moe-backend", consequence: ignored },
  { old: "VLLM_USE_FLASHINFER_MOE_FP8", current: "--moe-backend", consequence: ignored },
  { old: "VLLM_FLASHINFER_MOE_BACKEND", current: "--moe-backend", consequence: ignored },
  { old: "--cuda-graph-sizes", current: "the setting `graphBatchSizes`", consequence: ends },
  { old: "--disable-log-requests", current: "--no-enable-log-requests", consequence: ends },
  { old: "--num-redundant-experts", current: "the setting `experts.redundantExperts`", consequence: ends },
  { old: "--eplb-window-size", current: "--eplb-config", consequence: ends },
  { old: "--eplb-step-interval", current: "--eplb-config", consequence: ends },
  { old: "--eplb-log-balancedness", current: "--eplb-config", consequence: ends },
  { old: "--swap-space", current: "nothing: preempted requests are computed again", consequence: ends },
  { old: "--task", current: "--runner", consequence: ends },
];

/** The rename of a flag or variable that the dialect does not have. */
export function renameOf(old: string, { flags, environment }: Dialect): Rename | undefined {
  return flags.has(old) || environment.has(old) ? undefined : renames.find((rename) => rename.old === old);
}

/** Switches of `pass_config` by their names until 0.11 and since 0.20, where PassConfig forbids unknown ones. */
const passes: Readonly<Record<string, readonly string[]>> = {
  enable_fusion: ["fuse_norm_quant", "fuse_act_quant"],
  enable_attn_fusion: ["fuse_attn_quant"],
  enable_noop: ["eliminate_noops"],
  enable_sequence_parallelism: ["enable_sp"],
  enable_async_tp: ["fuse_gemm_comms"],
  enable_fi_allreduce_fusion: ["fuse_allreduce_rms"],
};

/** `enable_noop is called eliminate_noops`: switches of a published `pass_config` that the dialect calls otherwise. */
export function renamedPasses(published: readonly string[], { fields }: Dialect): readonly string[] {
  const known = fields.PassConfig;
  return published
    .filter((name) => !known.has(name))
    .map((name) => {
      const current = (passes[name] ?? []).filter((candidate) => known.has(candidate));
      return current.length > 0 ? `${name} is called ${current.join(" and ")}` : `${name} is gone`;
    });
}
