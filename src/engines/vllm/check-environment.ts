import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { closest } from "../closest";
import type { Dialect } from "./dialect";
import { renameOf } from "./renames";

/** Variables of the plan's own that a user must not turn under it. */
const derivedVariables: Readonly<Record<string, string>> = {
  VLLM_ALL2ALL_BACKEND: "dispatch",
  VLLM_MOE_DP_CHUNK_SIZE: "dispatchTokensPerRank",
  VLLM_DEEPEP_LOW_LATENCY_USE_MNNVL: "dispatch",
  VLLM_HOST_IP: "the pod's address",
  VLLM_NIXL_SIDE_CHANNEL_HOST: "the pod's address",
  VLLM_NIXL_SIDE_CHANNEL_PORT: "the port that the network policy opens",
  VLLM_DP_RANK: "the tray's index",
  VLLM_DP_RANK_LOCAL: "the tray's index",
  VLLM_DP_SIZE: "gpusPerWorker",
  VLLM_DP_MASTER_IP: "the leader's address",
  VLLM_DP_MASTER_PORT: "the leader's address",
};

export function checkEnvironment(plan: PoolPlan, dialect: Dialect): readonly Problem[] {
  const variables = plan.intent.extraEnv ?? {};
  return [
    ...Object.keys(variables).flatMap((name) => checkVariable(name, dialect)),
    ...checkAllocator(variables.PYTORCH_CUDA_ALLOC_CONF ?? variables.PYTORCH_ALLOC_CONF, dialect),
  ];
}

function checkVariable(name: string, dialect: Dialect): readonly Problem[] {
  const path = `extraEnv.${name}`;
  const rename = renameOf(name, dialect);
  if (rename !== undefined) {
    return [
      {
        path,
        what: `a variable of an older vLLM than ${dialect.version}`,
        rule: rename.consequence,
        fix: rename.current,
      },
    ];
  }
  const setting = derivedVariables[name];
  if (setting !== undefined) {
    return [
      { path, what: `it is derived from ${setting}`, rule: "the plan counts on it", fix: `leave it to ${setting}` },
    ];
  }
  if (!name.startsWith("VLLM_") || dialect.environment.has(name)) return [];
  return [
    {
      path,
      what: `not a variable of vLLM ${dialect.version}`,
      rule: "vLLM ignores what it does not know",
      fix: closest(name, ownVariables(dialect), "see vllm/envs.py"),
    },
  ];
}

function ownVariables({ environment }: Dialect): ReadonlySet<string> {
  return new Set([...environment].filter((name) => name.startsWith("VLLM_")));
}

/** Newer versions refuse it themselves, unless their own allocator keeps KV apart (vllm/config/vllm.py). */
function checkAllocator(configuration: string | undefined, dialect: Dialect): readonly Problem[] {
  const remaps = configuration?.includes("expandable_segments:True") === true;
  if (!remaps || dialect.engineArguments.has("enable_cumem_allocator")) return [];
  return [
    {
      path: "extraEnv.PYTORCH_CUDA_ALLOC_CONF",
      what: `expandable segments with vLLM ${dialect.version}`,
      rule: "the allocator may move KV that is registered with NIXL, and a transfer then fails or reads other memory",
      fix: "remove it, or vLLM 0.25.1 or newer, which keeps KV apart",
    },
  ];
}
