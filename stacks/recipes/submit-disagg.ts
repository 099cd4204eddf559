import type { Problem } from "../../src/problems";
import { findPreset } from "./checkpoint-name";
import { namedEngine } from "./engine-image";
import type { LeftOut, Reading, Recipe } from "./recipe";
import { splitArguments, type SubmitArguments } from "./submit-arguments";
import {
  checkEnvironment,
  contextTokensPerPass,
  lengths,
  warnAboutEnvironment,
  type Environment,
} from "./submit-environment";
import { checkSubmit, contextGpus, warnAboutLoad } from "./submit-rules";

/** A checkpoint where neither the environment nor the precision says one: what launch_gb200-nv.sh runs. */
const usualModel = "deepseek-ai/DeepSeek-R1-0528";

/**
 * Reads a command line of TensorRT-LLM's `submit_disagg.sh` (ai-dynamo/dynamo, performance_sweeps). It has eleven
 * arguments: `mtp_mode mode ctx_num gen_num gen_tp_size gen_batch_size gen_max_num_tokens gen_gpu_memory_fraction
 * gen_mtp_size gen_eplb_num_slots "concurrency list"`.
 *
 * @param words of the line without quotes, with or without the program's name
 */
export function readSubmitDisagg(words: readonly string[], environment: Environment): Reading {
  const { given, problems: split, notes } = splitArguments(words);
  const model = modelOf(environment);
  const image = namedEngine("IMAGE", "trtllm", environment.IMAGE);
  const problems: readonly Problem[] = [
    ...split,
    ...checkSubmit(given),
    ...checkEnvironment(environment),
    ...("problem" in model ? [model.problem] : []),
    ...image.problems,
  ];
  const recipe = "preset" in model ? recipeOf(given, environment, model.preset, image.engine) : undefined;
  return {
    ...(recipe === undefined || problems.length > 0 ? {} : { recipe }),
    problems,
    notes: [...notes, ...warnAboutLoad(given), ...warnAboutEnvironment(environment), ...image.notes],
    leftOut: leftOut(given, environment),
  };
}

/** By its path, or by the name it is served under; FP4 is what the script's caller runs when nobody says. */
function modelOf({ MODEL_PATH, SERVED_MODEL_NAME, PRECISION }: Environment): ReturnType<typeof findPreset> {
  const names = [MODEL_PATH, SERVED_MODEL_NAME].filter((name) => name !== undefined);
  const path = MODEL_PATH === undefined ? "SERVED_MODEL_NAME" : "MODEL_PATH";
  const precision = PRECISION ?? (MODEL_PATH === undefined ? "fp4" : undefined);
  return findPreset(path, names.length > 0 ? names : [usualModel], precision);
}

function recipeOf(
  { mode, numbers, concurrencies = [] }: SubmitArguments,
  environment: Environment,
  preset: Recipe["preset"],
  engine: Recipe["engine"],
): Recipe | undefined {
  const { ctx_num, gen_num, gen_tp_size, gen_batch_size, gen_mtp_size, gen_eplb_num_slots } = numbers;
  if (mode === undefined || ctx_num === undefined || gen_num === undefined || gen_tp_size === undefined)
    return undefined;
  if (gen_batch_size === undefined || gen_mtp_size === undefined || gen_eplb_num_slots === undefined) return undefined;
  const workload = lengths(environment);
  return {
    name: `ctx${ctx_num}_gen${gen_num}_${mode}${gen_tp_size}_batch${gen_batch_size}`,
    source: "a submit_disagg.sh command line",
    hardware: "gb200-nvl72",
    engine,
    preset,
    workload,
    prefill: {
      workers: ctx_num,
      gpusPerWorker: contextGpus,
      attention: "data",
      tokensPerForwardPerRank: contextTokensPerPass(workload.inputTokens),
    },
    decode: {
      workers: gen_num,
      gpusPerWorker: gen_tp_size,
      // dep: every GPU has requests of its own; tep and tp split each request over all of them.
      attention: mode === "dep" ? "data" : "tensor",
      batchPerRank: gen_batch_size,
    },
    // The generated worker files move experts while they serve (layer_updates_per_iter 1).
    experts:
      gen_eplb_num_slots === 0
        ? { mode: "off", redundant: 0 }
        : { mode: "dynamic", redundant: gen_eplb_num_slots - 256 },
    draftTokens: gen_mtp_size,
    concurrencies: concurrencies.map((value) => value * gen_num),
  };
}

function leftOut({ numbers }: SubmitArguments, environment: Environment): readonly LeftOut[] {
  const all: (LeftOut & { readonly given: boolean })[] = [
    {
      key: "gen_gpu_memory_fraction",
      reason: "a share of the memory that weights leave; the planner sizes KV in tokens instead",
      given: numbers.gen_gpu_memory_fraction !== undefined,
    },
    {
      key: "gen_max_num_tokens",
      reason: "derived: batch x (1 + drafts)",
      given: numbers.gen_max_num_tokens !== undefined,
    },
    {
      key: "CACHE_TRANSCEIVER_MAX_NUM_TOKENS",
      reason: "derived from the prompt",
      given: environment.CACHE_TRANSCEIVER_MAX_NUM_TOKENS !== undefined,
    },
    {
      key: "the four hours of its Slurm job",
      reason: "the script is a benchmark that ends; a stack serves until it is destroyed",
      given: true,
    },
  ];
  return all.filter(({ given }) => given).map(({ key, reason }) => ({ key, reason }));
}
