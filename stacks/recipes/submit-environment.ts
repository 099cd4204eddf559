import { checkpoints } from "../../src/plan/model-shape";
import type { Problem } from "../../src/problems";

/** Variables that are set where the script is called. */
export type Environment = Readonly<Partial<Record<string, string>>>;

/** Prompt and answer of the script where nobody sets them. */
const usualInputTokens = 8150;
const usualOutputTokens = 1024;

/** Variables that submit_disagg.sh reads; PRECISION is its caller's, and says which checkpoint is meant. */
const readVariables: ReadonlySet<string> = new Set([
  "ISL",
  "OSL",
  "MODEL_PATH",
  "SERVED_MODEL_NAME",
  "IMAGE",
  "CACHE_TRANSCEIVER_MAX_NUM_TOKENS",
  "NTASKS_PER_NODE",
  "SLURM_PARTITION",
  "SLURM_ACCOUNT",
  "SLURM_JOB_NAME",
  "PRECISION",
]);

/** Prompt tokens that one pass of a context worker computes in published recipes: two 8k prompts, or sixteen of 1k. */
export function contextTokensPerPass(inputTokens: number): number {
  return inputTokens > 4096 ? 16640 : 16384;
}

export function lengths(environment: Environment): { readonly inputTokens: number; readonly outputTokens: number } {
  return {
    inputTokens: Number(environment.ISL ?? usualInputTokens),
    outputTokens: Number(environment.OSL ?? usualOutputTokens),
  };
}

export function checkEnvironment(environment: Environment): readonly Problem[] {
  const { inputTokens, outputTokens } = lengths(environment);
  const problems: Problem[] = [];
  for (const [path, value] of [
    ["ISL", inputTokens],
    ["OSL", outputTokens],
  ] as const) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    problems.push({
      path,
      what: `"${environment[path] ?? ""}"`,
      rule: "lengths are whole numbers of tokens",
      fix: "1024",
    });
  }
  const buffer = environment.CACHE_TRANSCEIVER_MAX_NUM_TOKENS;
  if (buffer !== undefined && !(Number(buffer) >= inputTokens)) {
    problems.push({
      path: "CACHE_TRANSCEIVER_MAX_NUM_TOKENS",
      what: `${buffer} is less than the ${inputTokens} tokens of a prompt`,
      rule: "the transfer buffer holds a whole prompt (max_tokens_in_buffer >= ISL in 330 of 330 published worker files)",
      fix: `${inputTokens > 4096 ? 8448 : 4608}, as the script's caller sets it`,
    });
  }
  if (contextTokensPerPass(inputTokens) < inputTokens) {
    problems.push({
      path: "ISL",
      what: `${inputTokens} is more than the ${contextTokensPerPass(inputTokens)} tokens of a context worker's pass`,
      rule: "a prompt is computed in one pass (max_num_tokens >= ISL in 330 of 330 published worker files)",
      fix: "a shorter prompt",
    });
  }
  return problems;
}

/** What the script would stop at, or not look at, and an import survives. */
export function warnAboutEnvironment(environment: Environment): readonly Problem[] {
  const notes: Problem[] = [];
  const { inputTokens, outputTokens } = lengths(environment);
  if (environment.ISL === undefined || environment.OSL === undefined) {
    notes.push({
      path: "ISL, OSL",
      what: `not set, so ${inputTokens} in and ${outputTokens} out`,
      rule: "the script's own defaults",
      fix: "--env ISL=1024 --env OSL=8192",
    });
  } else if (outputTokens !== 1024 || (inputTokens !== 1024 && inputTokens !== 8192)) {
    notes.push({
      path: "ISL, OSL",
      what: `${inputTokens} in and ${outputTokens} out`,
      rule: "launch_gb200-nv.sh knows 1024/1024 and 8192/1024; for others it prints Unsupported ISL/OSL and exits 1",
      fix: "nothing here: the stack runs any lengths that fit",
    });
  }
  notes.push(...warnAboutLabels(environment));
  const unread = Object.keys(environment).filter((name) => !readVariables.has(name));
  if (unread.length > 0) {
    notes.push({
      path: "environment",
      what: `${unread.sort().join(", ")} ${unread.length === 1 ? "is" : "are"} not read by submit_disagg.sh`,
      rule: "some label results (process_result.py), none configures a worker",
      fix: "remove them",
    });
  }
  return notes;
}

/** Labels of results that contradict what is run. */
function warnAboutLabels({ MODEL, PRECISION, FRAMEWORK }: Environment): readonly Problem[] {
  const notes: Problem[] = [];
  const labelled = Object.values(checkpoints).find(({ repository }) => repository === MODEL);
  if (labelled?.expertFormat === "fp8" && PRECISION?.includes("fp4") === true) {
    notes.push({
      path: "MODEL",
      what: `${labelled.repository} is an FP8 checkpoint, PRECISION is ${PRECISION}`,
      rule: "the NVFP4 one has a repository of its own",
      fix: checkpoints["deepseek-r1-nvfp4"].repository,
    });
  }
  if (FRAMEWORK !== undefined && FRAMEWORK !== "dynamo-trt") {
    notes.push({
      path: "FRAMEWORK",
      what: `"${FRAMEWORK}"`,
      rule: "the name of this framework in InferenceX is dynamo-trt",
      fix: "dynamo-trt, where results are processed",
    });
  }
  return notes;
}

/** The script exits before it submits anything when one of these is missing. */
export function missingVariables(environment: Environment): readonly Problem[] {
  return ["MODEL_PATH", "SERVED_MODEL_NAME"]
    .filter((name) => environment[name] === undefined)
    .map((path) => ({
      path,
      what: "not set",
      rule: "submit_disagg.sh exits without it, before anything is submitted",
      fix: `export ${path}=...`,
    }));
}
