import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { derivedFlag, unknownFlag, unknownVersion } from "../flag-problems";
import { checkRecording } from "../recording/check";
import { checkUnused, type Setting } from "../unused-settings";
import { dialectOf, trtllmVersions, type Dialect } from "./dialect";
import { fitsItsShare, largestShare, neededShare } from "./kv-cache";
import { derivedFlags } from "./launch-line";
import { shapeName } from "./shapes";

export function checkTrtllmVersion(version: string): readonly Problem[] {
  return dialectOf(version) === undefined ? [unknownVersion("Dynamo", version, trtllmVersions, trtllmVersions[2])] : [];
}

/** What Dynamo or TensorRT-LLM would reject at start, or override in silence. Knows nothing to say of an unknown version. */
export function checkTrtllm(plan: PoolPlan): readonly Problem[] {
  const dialect = dialectOf(plan.intent.engineVersion);
  if (dialect === undefined) return [];
  return [
    ...checkOrchestrator(plan),
    ...checkUnused(plan.intent, "TensorRT-LLM", unusedSettings),
    ...checkExtraArgs(plan, dialect),
    ...checkExtraEnvironment(plan),
    ...checkBenchmarkSwitches(plan),
    ...checkPass(plan),
    ...checkExchange(plan),
    ...checkSlots(plan),
    ...checkShare(plan),
    ...checkRecording(plan.intent.experts, "TensorRT-LLM", unable(plan)),
  ];
}

function unable({ intent }: PoolPlan): { readonly record?: string; readonly watch: string } {
  const watch = "it has no metric of its experts' balance";
  if (intent.experts.balancing !== "dynamic") return { watch };
  return { watch, record: "while it moves experts it counts slots, and does not say whose they were" };
}

const unusedSettings: Readonly<Record<Setting, string>> = {
  dispatchTokensPerRank: "its exchange over NVLink is as large as max_num_tokens, which follows from the batch",
  prefillTokensPerRank: "one number admits and computes: tokensPerForwardPerRank (max_num_tokens)",
  reservedDecodeTokens: "its scheduler admits by what is free (kv_cache_config has no reserve)",
  staticMemoryFraction: "KV is bounded by its tokens: kvTokensPerRank (kv_cache_config.max_tokens)",
};

function checkOrchestrator({ intent }: PoolPlan): readonly Problem[] {
  if (intent.orchestrator === "dynamo") return [];
  return [
    {
      path: "engine.orchestrator",
      what: `${intent.orchestrator} with TensorRT-LLM`,
      rule: "its workers are started, found and spanned over trays by Dynamo",
      fix: "dynamo, or leave it out",
    },
  ];
}

function checkExtraArgs(plan: PoolPlan, dialect: Dialect): readonly Problem[] {
  const ours = derivedFlags(plan, dialect);
  const problems: Problem[] = [];
  for (const argument of plan.intent.extraArgs ?? []) {
    if (argument.includes("'")) {
      problems.push({
        path: "extraArgs",
        what: `${argument} has a quote`,
        rule: "the operator puts the whole line between single quotes for mpirun",
        fix: "a value without quotes, or a file",
      });
    }
    if (!argument.startsWith("--")) continue;
    const [name = argument] = argument.split("=");
    if (ours.has(name) || engineFlags.has(name)) {
      problems.push(derivedFlag(name));
    } else if (!dialect.flags.has(name)) {
      problems.push(
        unknownFlag(name, `Dynamo ${dialect.version}'s TensorRT-LLM worker`, dialect.flags, "see the worker's --help"),
      );
    }
  }
  return problems;
}

/** Flags for what the engine's own file says, which overrides them or is overridden by them. */
const engineFlags: ReadonlySet<string> = new Set([
  "--enable-attention-dp",
  "--expert-parallel-size",
  "--free-gpu-memory-fraction",
  "--kv-block-size",
  "--max-batch-size",
  "--max-num-tokens",
  "--max-seq-len",
  "--model",
  "--override-engine-args",
  "--pipeline-parallel-size",
  "--tensor-parallel-size",
]);

/** Variables of the plan's own that a user must not turn under it. */
const derivedVariables: Readonly<Record<string, string>> = {
  DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS: "drainSeconds",
  DYN_SYSTEM_PORT: "nothing: probes, metrics and the network policy count on 9090",
};

function checkExtraEnvironment({ intent }: PoolPlan): readonly Problem[] {
  return Object.keys(intent.extraEnv ?? {}).flatMap((name) => {
    const setting = derivedVariables[name];
    if (setting === undefined) return [];
    return [
      {
        path: `extraEnv.${name}`,
        what: "it is derived",
        rule: "probes, the network policy and the pod's grace period count on it",
        fix: `set ${setting}`,
      },
    ];
  });
}

/** Variables for people who measure kernels; each makes answers wrong or steps slow. */
const benchmarkVariables: Readonly<Record<string, string>> = {
  ENABLE_PERFECT_ROUTER: "routes tokens evenly instead of by the model, so answers are garbage",
  EXPERT_STATISTIC_ITER_RANGE: "counts experts in every step, which costs speed",
  TLLM_OVERRIDE_LAYER_NUM: "leaves layers of the model out",
};

function checkBenchmarkSwitches({ intent }: PoolPlan): readonly Problem[] {
  if (intent.purpose === "benchmark") return [];
  return Object.entries(benchmarkVariables)
    .filter(([name]) => name in (intent.extraEnv ?? {}))
    .map(([name, why]) => ({
      path: `extraEnv.${name}`,
      what: "set in a pool for production",
      rule: `a benchmark switch: it ${why}`,
      fix: 'remove it, or say purpose "benchmark"',
    }));
}

/** A prompt is computed in one pass: the published disaggregated workers do not cut it. */
function checkPass({ intent, role, tokensPerForwardPerRank }: PoolPlan): readonly Problem[] {
  if (role !== "prefill" || tokensPerForwardPerRank >= intent.inputTokens) return [];
  return [
    {
      path: "tokensPerForwardPerRank",
      what: `${tokensPerForwardPerRank} is less than a prompt of ${intent.inputTokens}`,
      rule: "max_num_tokens of a prefill worker holds a whole prompt (0 of 330 published workers break this)",
      fix: `${intent.inputTokens} or more`,
    },
  ];
}

/** Ranks of one all-to-all group (moeAlltoAllKernels.h kMaxRanks; a later header has 128). */
const largestExchange = 64;

function checkExchange({ parallel }: PoolPlan): readonly Problem[] {
  if (parallel.dispatch !== "nvlink" || parallel.expert <= largestExchange) return [];
  return [
    {
      path: "gpusPerWorker",
      what: `${shapeName(parallel)} exchanges tokens between ${parallel.expert} ranks`,
      rule: `TensorRT-LLM's kernels over NVLink know ${largestExchange} ranks, and fall back to gathering everything everywhere`,
      fix: "32, the largest that is published for GB200",
    },
  ];
}

/** As `setup` of MoeLoadBalancerConfig asks (llm_args.py); the balancer itself needs a slot for every expert. */
function checkSlots({ intent, parallel, physicalExperts }: PoolPlan): readonly Problem[] {
  const { routedExperts } = intent.checkpoint.shape;
  if (parallel.expert === 1 || (physicalExperts % parallel.expert === 0 && physicalExperts >= routedExperts)) return [];
  const slots = Math.ceil(Math.max(physicalExperts, routedExperts) / parallel.expert) * parallel.expert;
  return [
    {
      path: "experts.redundantExperts",
      what: `${physicalExperts} slots for ${routedExperts} experts on ${parallel.expert} ranks`,
      rule: "num_slots is at least the number of experts and a multiple of the ranks",
      fix: `${slots - routedExperts}`,
    },
  ];
}

function checkShare(plan: PoolPlan): readonly Problem[] {
  if (fitsItsShare(plan)) return [];
  return [
    {
      path: "kvTokensPerRank",
      what: `${plan.kvTokensPerRank} tokens need ${neededShare(plan)} of what weights and workspaces leave`,
      rule: `free_gpu_memory_fraction of more than ${largestShare} leaves nothing for CUDA graphs; the engine would make a smaller pool`,
      fix: `${Math.floor((plan.memory.largestKvTokens * largestShare) / 64) * 64} or fewer`,
    },
  ];
}
