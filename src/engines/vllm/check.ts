import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { checkEnvironment } from "./check-environment";
import { unknownVersion } from "../flag-problems";
import { checkRecording } from "../recording/check";
import { checkUnused, type Setting } from "../unused-settings";
import { checkExtraArguments } from "./check-arguments";
import { dialectOf, vllmVersions, type Dialect } from "./dialect";
import { rayPairs, rayVersionOf, startsDataParallelRoles } from "./ray-version";

export function checkVllmVersion(version: string): readonly Problem[] {
  return dialectOf(version) === undefined ? [unknownVersion("vLLM", version, vllmVersions, vllmVersions[3])] : [];
}

/** What vLLM would reject at start, or ignore in silence. Knows nothing to say of an unknown version. */
export function checkVllm(plan: PoolPlan): readonly Problem[] {
  const dialect = dialectOf(plan.intent.engineVersion);
  if (dialect === undefined) return [];
  return [
    ...checkRay(plan),
    ...checkUnused(plan.intent, "vLLM", unusedBy(plan)),
    ...checkExperts(plan, dialect),
    ...checkScheduling(plan),
    ...checkExtraArguments(plan, dialect),
    ...checkEnvironment(plan, dialect),
  ];
}

function unusedBy({ parallel }: PoolPlan): Readonly<Partial<Record<Setting, string>>> {
  return {
    prefillTokensPerRank: "one number admits and computes: tokensPerForwardPerRank (max_num_batched_tokens)",
    reservedDecodeTokens: "it preempts and computes again where KV runs out, and reserves nothing",
    ...(parallel.dispatch === "low-latency"
      ? {}
      : { dispatchTokensPerRank: "only low-latency dispatch has a buffer of a fixed size" }),
  };
}

function checkRay({ intent, parallel }: PoolPlan): readonly Problem[] {
  if (intent.orchestrator !== "ray-serve") return [];
  const ray = rayVersionOf(intent.engineVersion);
  if (ray === undefined) {
    return [
      {
        path: "engine.version",
        what: `no known Ray is built for vLLM ${intent.engineVersion}`,
        rule: "Ray Serve imports vLLM's classes from where one version keeps them; with another its replicas do not start",
        fix: `${rayPairs().join(", ")}, or orchestrator "leader-worker-set"`,
      },
    ];
  }
  if (parallel.data === 1 || startsDataParallelRoles(ray)) return [];
  return [
    {
      path: "attention",
      what: `data attention on Ray ${ray}`,
      rule: "its build_pd_openai_app starts each data-parallel engine without a rank; source 002 used a builder of its own",
      fix: `${rayPairs().at(-1) ?? ""}, or orchestrator "leader-worker-set"`,
    },
  ];
}

function checkExperts({ intent }: PoolPlan, dialect: Dialect): readonly Problem[] {
  const { balancing, redundantExperts } = intent.experts;
  const problems: Problem[] = [];
  if (balancing === "static") {
    problems.push({
      path: "experts",
      what: "a static placement",
      rule: "vLLM has no way to load one: its EPLBConfig knows policies and intervals alone (0.11.2 to 0.33.0)",
      fix: 'mode "dynamic", or SGLang',
    });
  }
  if (balancing === "off" && redundantExperts > 0) {
    problems.push({
      path: "experts.redundantExperts",
      what: `${redundantExperts} with balancing off`,
      rule: "vLLM ends at num_redundant_experts without EPLB (vllm/config/parallel.py)",
      fix: '0, or mode "dynamic"',
    });
  }
  if (balancing === "dynamic" && dialect.version === "0.11.2" && intent.checkpoint.expertFormat === "nvfp4") {
    problems.push({
      path: "experts.mode",
      what: `dynamic balancing of NVFP4 experts with vLLM ${intent.engineVersion}`,
      rule: "it raises NotImplementedError at the first step: EPLB not supported for ModelOptNvFp4FusedMoE",
      fix: "vLLM 0.20.0 or newer, or mode off",
    });
  }
  problems.push(
    ...checkRecording(intent.experts, "vLLM", {
      record: "it keeps to itself which experts it uses: no endpoint, no file (0.11.2 to 0.33.0)",
      watch: "it writes the balance of a step to its log alone (EPLBConfig.log_balancedness)",
    }),
  );
  return problems;
}

/** SchedulerConfig demands it (vllm/config/scheduler.py): a step must be able to run a token of every request. */
function checkScheduling(plan: PoolPlan): readonly Problem[] {
  const { role, runningRequestsPerRank: requests, tokensPerForwardPerRank: tokens } = plan;
  if (role === "decode" || requests <= tokens) return [];
  return [
    {
      path: "runningRequestsPerRank",
      what: `${requests} requests with ${tokens} tokens per pass`,
      rule: "vLLM ends at max_num_batched_tokens below max_num_seqs",
      fix: `at most ${tokens}`,
    },
  ];
}
