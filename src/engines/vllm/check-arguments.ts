import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { derivedFlag, unknownFlag } from "../flag-problems";
import type { Dialect } from "./dialect";
import { all2allBackend, engineArguments } from "./engine-arguments";
import { readExtraArguments, type ExtraArgument } from "./extra-arguments";
import { renameOf, renamedPasses } from "./renames";

/** Fields that follow from settings even where this plan does not render them, and the setting that says each. */
const settingOf: Readonly<Record<string, string>> = {
  model: "model.weights",
  served_model_name: "model",
  host: "the pool",
  port: "the pool",
  tensor_parallel_size: "gpusPerWorker and attention",
  data_parallel_size: "gpusPerWorker and attention",
  data_parallel_size_local: "gpusPerWorker and attention",
  data_parallel_start_rank: "the tray's index",
  data_parallel_rank: "the tray's index",
  data_parallel_address: "the leader",
  data_parallel_rpc_port: "the leader",
  data_parallel_hybrid_lb: "gpusPerWorker and attention",
  data_parallel_external_lb: "gpusPerWorker and attention",
  data_parallel_backend: "orchestrator",
  distributed_executor_backend: "orchestrator",
  nnodes: "gpusPerWorker",
  node_rank: "the tray's index",
  master_addr: "the leader",
  master_port: "the leader",
  headless: "the tray's index",
  api_server_count: "gpusPerWorker",
  pipeline_parallel_size: "gpusPerWorker",
  enable_expert_parallel: "attention",
  all2all_backend: "dispatch",
  enable_eplb: "experts.mode",
  eplb_config: "experts",
  gpu_memory_utilization: "staticMemoryFraction",
  kv_cache_memory_bytes: "kvTokensPerRank",
  num_gpu_blocks_override: "kvTokensPerRank",
  kv_cache_dtype: "kvCacheType",
  max_model_len: "contextTokens",
  max_num_seqs: "batchPerRank (decode) or runningRequestsPerRank (prefill)",
  max_num_batched_tokens: "tokensPerForwardPerRank (prefill) or batchPerRank (decode)",
  cudagraph_capture_sizes: "graphBatchSizes",
  max_cudagraph_capture_size: "graphBatchSizes",
  speculative_config: "speculation",
  kv_transfer_config: "the role",
};

export function checkExtraArguments(plan: PoolPlan, dialect: Dialect): readonly Problem[] {
  const rendered = new Set(Object.keys(engineArguments(plan, dialect)));
  return [
    ...checkShort(plan.intent.extraArgs ?? []),
    ...readExtraArguments(plan.intent.extraArgs ?? []).flatMap((argument) => {
      if (argument.field === "enable_dbo" || argument.field === "dbo_decode_token_threshold") {
        return checkDualBatch(argument, plan, dialect, rendered);
      }
      if (argument.field === "compilation_config") return [checkCompilation(argument, dialect)];
      const setting = settingOf[argument.field] ?? (rendered.has(argument.field) ? "the role and purpose" : undefined);
      return setting === undefined ? checkKnown(argument, plan, dialect) : [derived(argument, setting)];
    }),
  ];
}

/** vLLM has short forms for a few flags (`-dp`, `-tp`), which would slip past every rule here. */
function checkShort(words: readonly string[]): readonly Problem[] {
  return words
    .filter((word) => /^-[a-z]/i.test(word))
    .map((word) => ({
      path: "extraArgs",
      what: `${word} is a short form`,
      rule: "extra arguments are held against the plan by their full names",
      fix: "write the long form, for example --data-parallel-size",
    }));
}

function derived({ name }: ExtraArgument, setting: string): Problem {
  return derivedFlag(name, `what it comes from: ${setting}`);
}

/**
 * Graph sizes are planned, and a second `--compilation-config` would replace the first. Published commands say it for
 * the fusion passes, which vLLM's optimization level turns on by itself, under names that have changed.
 */
function checkCompilation(argument: ExtraArgument, dialect: Dialect): Problem {
  const said = renamedPasses(passNames(argument), dialect);
  const problem = derived(argument, "graphBatchSizes; the optimization level turns fusion passes on");
  return said.length === 0
    ? problem
    : { ...problem, what: `${problem.what}; in ${dialect.version} ${said.join(", ")}` };
}

function passNames({ key, value }: ExtraArgument): readonly string[] {
  if (key?.startsWith("pass_config.") === true) return [key.slice("pass_config.".length)];
  const whole = key === "pass_config" ? value : (value as { pass_config?: unknown } | null)?.pass_config;
  return typeof whole === "object" && whole !== null ? Object.keys(whole) : [];
}

/** Behind anything but DeepEP the engine asserts at start (vllm/config/vllm.py, use_ubatching). */
function checkDualBatch(
  argument: ExtraArgument,
  { parallel }: PoolPlan,
  dialect: Dialect,
  rendered: ReadonlySet<string>,
): readonly Problem[] {
  if (rendered.has(argument.field)) return [derived(argument, "dispatch, which turns dual batch overlap on")];
  if (argument.value === false) return [];
  return [
    {
      path: "extraArgs",
      what: `${argument.name} with ${all2allBackend(parallel.dispatch, dialect)}`,
      rule: "dual batch overlap works with DeepEP's dispatch and without drafts; vLLM asserts it at start",
      fix: 'dispatch "low-latency" for decode or "normal" for prefill, or remove it',
    },
  ];
}

function checkKnown({ name, field }: ExtraArgument, { intent }: PoolPlan, dialect: Dialect): readonly Problem[] {
  const onRay = intent.orchestrator === "ray-serve";
  if (onRay ? dialect.engineArguments.has(field) : dialect.flags.has(name)) return [];
  const rename = renameOf(name, dialect);
  if (rename !== undefined) {
    return [
      {
        path: "extraArgs",
        what: `${name} is a flag of an older vLLM than ${dialect.version}`,
        rule: rename.consequence,
        fix: rename.current,
      },
    ];
  }
  const unknown = unknownFlag(name, `vLLM ${dialect.version}`, dialect.flags, "see `vllm serve --help=all`");
  if (!onRay) return [unknown];
  return [
    {
      ...unknown,
      what: `${name} is not an engine argument of vLLM ${dialect.version}`,
      rule: "Ray Serve raises at an unknown engine argument, in every replica",
    },
  ];
}
