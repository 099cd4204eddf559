import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { derivedFlag, unknownFlag, unknownVersion } from "../flag-problems";
import { checkUnused, type Setting } from "../unused-settings";
import { checkRecording } from "../recording/check";
import { dialectOf, reportsBalance, sglangVersions, type Dialect } from "./dialect";
import { expertRunner, launchFlags } from "./launch-line";

export function checkSglangVersion(version: string): readonly Problem[] {
  return dialectOf(version) === undefined ? [unknownVersion("SGLang", version, sglangVersions, sglangVersions[1])] : [];
}

/** What SGLang would reject at start, or override in silence. Knows nothing to say of an unknown version. */
export function checkSglang(plan: PoolPlan): readonly Problem[] {
  const dialect = dialectOf(plan.intent.engineVersion);
  if (dialect === undefined) return [];
  return [
    ...checkUnused(plan.intent, "SGLang", unusedBy(plan)),
    ...checkExtraArgs(plan, dialect),
    ...checkExtraEnvironment(plan),
    ...checkSpeculation(plan),
    ...checkRecording(plan.intent.experts, `SGLang ${plan.intent.engineVersion}`, unable(plan, dialect)),
  ];
}

/** What keeps the recorder from counting, and steps from being reported. */
function unable(plan: PoolPlan, dialect: Dialect): { readonly record?: string; readonly watch?: string } {
  const record = whyUnrecordable(plan);
  const watch = whyUnwatched(plan, dialect);
  return { ...(record === undefined ? {} : { record }), ...(watch === undefined ? {} : { watch }) };
}

function whyUnrecordable({ intent, parallel }: PoolPlan): string | undefined {
  if (parallel.expert === 1) return "experts are sliced over all GPUs, so that none is fuller than another";
  if (expertRunner({ intent, parallel }) === "flashinfer_trtllm") {
    return "its flashinfer_trtllm runner chooses experts inside the kernel, where the recorder sees none (topk.py)";
  }
  const key = intent.extraArgs?.find((argument) => /^--(admin-)?api-key\b/.test(argument));
  if (key !== undefined)
    return `with ${key.split("=")[0] ?? ""} the recorder's calls are refused, and its Job has no key`;
  return undefined;
}

function whyUnwatched({ intent }: PoolPlan, dialect: Dialect): string | undefined {
  if (!reportsBalance(dialect)) return "versions before 0.5.8 report the balance of steps in their log alone";
  // eagle_worker.py 00559eac and eagle_worker_v2.py 006b0e3d hand on a result without it.
  if ((intent.speculation?.draftTokens ?? 0) > 0)
    return "steps with drafts report no balance, so the alert would never fire";
  return undefined;
}

function unusedBy({ parallel }: PoolPlan): Readonly<Partial<Record<Setting, string>>> {
  if (parallel.dispatch === "low-latency") return {};
  return { dispatchTokensPerRank: "only low-latency dispatch has a buffer of a fixed size" };
}

function checkExtraArgs(plan: PoolPlan, dialect: Dialect): readonly Problem[] {
  const ours = new Set(launchFlags(plan, dialect).map(({ name }) => name));
  const problems: Problem[] = [];
  for (const argument of plan.intent.extraArgs ?? []) {
    if (!argument.startsWith("--")) continue;
    const [name = argument] = argument.split("=");
    if (ours.has(name)) {
      problems.push(derivedFlag(name));
    } else if (!dialect.flags.has(name)) {
      problems.push(unknownFlag(name, `SGLang ${dialect.version}`, dialect.flags, "see the launcher's --help"));
    }
  }
  return problems;
}

/** Variables of the plan's own that a user must not turn under it. */
const derivedVariables: Readonly<Record<string, string>> = {
  SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: "dispatchTokensPerRank",
};

function checkExtraEnvironment(plan: PoolPlan): readonly Problem[] {
  return Object.keys(plan.intent.extraEnv ?? {}).flatMap((name) => {
    const setting = derivedVariables[name];
    if (setting === undefined) return [];
    return [
      {
        path: `extraEnv.${name}`,
        what: `it is derived from ${setting}`,
        rule: "the memory plan and the dispatch check count on it",
        fix: `set ${setting}`,
      },
    ];
  });
}

/** SGLang sizes the request pool for speculation itself unless told; TBO and mixed chunks exclude it (A.3-13). */
function checkSpeculation(plan: PoolPlan): readonly Problem[] {
  const draft = plan.intent.speculation?.draftTokens ?? 0;
  const overlap = plan.intent.extraArgs?.find((argument) => argument === "--enable-two-batch-overlap");
  if (draft === 0 || overlap === undefined) return [];
  return [
    {
      path: "extraArgs",
      what: `${overlap} with ${draft} drafted tokens`,
      rule: "two-batch overlap and speculative decoding exclude each other in SGLang",
      fix: "one of the two",
    },
  ];
}
