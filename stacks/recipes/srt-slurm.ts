import type { Problem } from "../../src/problems";
import { findPreset } from "./checkpoint-name";
import { namedEngine, type NamedEngine } from "./engine-image";
import type { LeftOut, ReadOptions, Reading, Recipe } from "./recipe";
import { checkBenchmarkVariable, checkHardware, checkRackSum } from "./recipe-rules";
import { asSettings, concurrenciesOf, numberOf, readSrtDocument, textOf, type SrtDocument } from "./srt-document";
import { readSglang, type EngineReading } from "./srt-sglang";
import { readTrtllm } from "./srt-trtllm";
import type { Environment } from "./submit-environment";

export interface SrtOptions extends ReadOptions {
  /** Which recipe of a file with a `base` and variants. */
  readonly variant?: string;
  /** ISL and OSL for recipes whose benchmark hides them in a script, IMAGE for containers that are aliases. */
  readonly environment?: Environment;
}

/**
 * Reads a recipe of srt-slurm (NVIDIA/srt-slurm, SemiAnalysisAI/InferenceX), of SGLang or TensorRT-LLM, in its first or
 * second schema.
 *
 * @throws {RefusedError} when the text is no recipe, or which of its variants is meant is not said
 */
export function readSrtSlurm(text: string, options: SrtOptions): Reading {
  const document = readSrtDocument(text, options.variant);
  const engineName = document.engine;
  if (engineName !== "sglang" && engineName !== "trtllm") return refusedEngine(document);
  const { environment = {} } = options;
  const model = modelOf(document);
  const image = namedEngine("model.container", engineName, environment.IMAGE ?? textOf(document.model.container));
  const workload = workloadOf(document, environment);
  const general = [
    ...checkHardware("resources.gpu_type", document.gpuType),
    ...("problem" in model ? [model.problem] : []),
    ...image.problems,
    ...workload.problems,
  ];
  const variables = checkVariables(document, options);
  if ("problem" in model) return { problems: [...general, ...variables], notes: image.notes, leftOut: [] };
  const read =
    engineName === "sglang" ? readSglang(document, model.preset) : readTrtllm(document, model.preset, workload);
  const grave = [...general, ...read.problems, ...checkSum(read)];
  const problems = [...grave, ...variables, ...read.limits];
  const draft = recipeOf(document, model.preset, workload, image, read);
  return {
    ...(problems.length === 0 ? { recipe: draft } : {}),
    ...(grave.length === 0 ? { draft } : {}),
    problems,
    notes: [...image.notes, ...read.notes],
    leftOut: [...read.leftOut, ...surroundings(document)],
  };
}

function refusedEngine({ engine, prefill }: SrtDocument): Reading {
  const what = engine === "" ? "no engine" : engine;
  return {
    problems: [
      {
        path: prefill.argsPath.startsWith("roles") ? "engine" : "backend.type",
        what,
        rule: "recipes of SGLang and TensorRT-LLM are read",
        fix: "backend.sglang_config or backend.trtllm_config with prefill and decode",
      },
    ],
    notes: [],
    leftOut: [],
  };
}

function modelOf({ model, prefill }: SrtDocument): ReturnType<typeof findPreset> {
  const served = textOf(prefill.args["served-model-name"]);
  const repository = textOf(asSettings(asSettings(model.identity).model).repo);
  const names = [textOf(model.path), served, repository].filter((name) => name !== undefined);
  return findPreset("model.path", names, textOf(model.precision));
}

interface RecipeWorkload {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly problems: readonly Problem[];
}

function workloadOf({ benchmark }: SrtDocument, environment: Environment): RecipeWorkload {
  const inputTokens = numberOf(benchmark.isl) ?? numberOf(environment.ISL);
  const outputTokens = numberOf(benchmark.osl) ?? numberOf(environment.OSL);
  const problems: Problem[] = [];
  for (const [key, value] of [
    ["isl", inputTokens],
    ["osl", outputTokens],
  ] as const) {
    if (value !== undefined) continue;
    problems.push({
      path: `benchmark.${key}`,
      what: "not said",
      rule: "contexts, KV and buffers follow from the lengths of prompt and answer",
      fix: `benchmark.${key}, or --env ${key.toUpperCase()}=1024`,
    });
  }
  return { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, problems };
}

/** A variable that both roles set alike is told of once. */
function checkVariables({ prefill, decode }: SrtDocument, { purpose }: ReadOptions): readonly Problem[] {
  const names = [...new Set([...Object.keys(prefill.env), ...Object.keys(decode.env)])];
  return names.flatMap((name) => {
    const roles = [prefill, decode].filter(({ env }) => Object.hasOwn(env, name));
    const value =
      roles
        .map(({ env }) => String(env[name]))
        .sort((a, b) => Number(b) - Number(a))
        .at(0) ?? "";
    const path = `${roles.map(({ envPath }) => envPath).join(" and ")}: ${name}`;
    return checkBenchmarkVariable(path, name, value, purpose);
  });
}

function checkSum({ prefill, decode }: EngineReading): readonly Problem[] {
  return checkRackSum("resources", [
    { name: "prefill", workers: prefill.workers, gpusPerWorker: prefill.gpusPerWorker },
    { name: "decode", workers: decode.workers, gpusPerWorker: decode.gpusPerWorker },
  ]);
}

function recipeOf(
  document: SrtDocument,
  preset: Recipe["preset"],
  { inputTokens, outputTokens }: RecipeWorkload,
  { engine }: NamedEngine,
  { prefill, decode, experts, draftTokens }: EngineReading,
): Recipe {
  return {
    name: document.name,
    source: `srt-slurm recipe ${document.name}`,
    hardware: "gb200-nvl72",
    engine,
    preset,
    workload: { inputTokens, outputTokens },
    prefill,
    decode,
    experts,
    draftTokens,
    concurrencies: concurrenciesOf(document.benchmark.concurrencies),
  };
}

function surroundings({ surroundings: sections, benchmark }: SrtDocument): readonly LeftOut[] {
  return [
    ...sections.map((key) => ({ key, reason: "of Dynamo or Slurm, which do not run here" })),
    ...Object.keys(benchmark)
      .filter((key) => !["isl", "osl", "concurrencies"].includes(key))
      .map((key) => ({ key: `benchmark.${key}`, reason: "how load is made; a service has its own" })),
  ];
}
