import type { Problem } from "../problems";
import type { PoolIntent } from "./intent";
import { checkpoints, type Checkpoint } from "./model-shape";
import type { PoolPlan } from "./pool";

/** Where the weights are, and whether they are those of the checkpoint. */
export function checkWeights({ intent }: PoolPlan): readonly Problem[] {
  const { claim, hostPath, readGibPerSecond } = intent.weights;
  const problems: Problem[] = [];
  if ((claim === undefined) === (hostPath === undefined)) {
    problems.push({
      path: "model.weights",
      what: claim === undefined ? "neither a claim nor a host path" : "both a claim and a host path",
      rule: "weights are read from one place that is filled beforehand; nothing is downloaded at start",
      fix: "claim: <PersistentVolumeClaim>, or hostPath: <directory on every tray>",
    });
  }
  if (readGibPerSecond <= 0) {
    problems.push({
      path: "model.weights.readGibPerSecond",
      what: `${readGibPerSecond} GiB/s`,
      rule: "the start-up budget is derived from the time to read the checkpoint",
      fix: "what the store delivers to one tray, for example 5",
    });
  }
  return [...problems, ...checkFormat(intent)];
}

/** Kernels are chosen for the preset's format; other files fail at load, or worse, load as what they are not. */
function checkFormat({ checkpoint, weights, extraArgs = [] }: PoolIntent): readonly Problem[] {
  const problems: Problem[] = [];
  const named = checkpointNamed(weights.path);
  if (named !== undefined && named.preset !== checkpoint.preset) {
    problems.push({
      path: "model.weights.path",
      what: `${weights.path} are the files of ${named.preset}, the preset is ${checkpoint.preset}`,
      rule: "kernels, memory and KV follow from the checkpoint that is really loaded",
      fix: `preset ${named.preset}, or the files of ${checkpoint.repository}`,
    });
  } else if (/fp4/i.test(weights.path) && checkpoint.expertFormat !== "nvfp4") {
    problems.push({
      path: "model.weights.path",
      what: `${weights.path} names FP4 weights, ${checkpoint.preset} has ${checkpoint.expertFormat}`,
      rule: "kernels, memory and KV follow from the checkpoint that is really loaded",
      fix: `the files of ${checkpoint.repository}`,
    });
  }
  const quantization = quantizationOf(extraArgs);
  if (quantization !== undefined && !quantizations[checkpoint.expertFormat].includes(quantization)) {
    problems.push({
      path: "extraArgs",
      what: `--quantization ${quantization} with ${checkpoint.preset}`,
      rule: `its weights are ${checkpoint.expertFormat}, and an engine reads them as what it is told`,
      fix: "leave it out: what the checkpoint needs is rendered",
    });
  }
  return problems;
}

/** Names of the same format in the engines' own words. */
const quantizations: Readonly<Record<Checkpoint["expertFormat"], readonly string[]>> = {
  nvfp4: ["modelopt_fp4", "modelopt", "nvfp4"],
  fp8: ["fp8"],
  bf16: [],
};

function quantizationOf(extraArgs: readonly string[]): string | undefined {
  const at = extraArgs.findIndex((argument) => /^--quantization(=|$)/.test(argument));
  if (at < 0) return undefined;
  return extraArgs[at]?.split("=")[1] ?? extraArgs[at + 1];
}

/** `DeepSeek-R1-0528` is what `deepseek-ai/DeepSeek-R1-0528` is usually kept as. */
function checkpointNamed(path: string): Checkpoint | undefined {
  const folder = path.split("/").filter(Boolean).at(-1)?.toLowerCase();
  return Object.values(checkpoints).find(({ repository }) => repository.split("/").at(-1)?.toLowerCase() === folder);
}
