import { checkpoints, type Checkpoint, type CheckpointPreset } from "../../src/plan/model-shape";
import type { Problem } from "../../src/problems";

/** Spellings of the models that recipes use, and the presets by precision. Kimi-K2.5 is another model than K2. */
const spellings: readonly (readonly [RegExp, Readonly<Partial<Record<Precision, CheckpointPreset>>>])[] = [
  [/deepseek[-_ ]?v3\.2/, { fp8: "deepseek-v3.2-fp8" }],
  [/deepseek[-_ ]?r1|\bdsr1|\bdsfp[48]/, { nvfp4: "deepseek-r1-nvfp4", fp8: "deepseek-r1-fp8" }],
  [/kimi[-_]?k2(?![.\d])/, { nvfp4: "kimi-k2-nvfp4" }],
  [/qwen3-235b/, { fp8: "qwen3-235b-fp8" }],
];

type Precision = "nvfp4" | "fp8";

/**
 * The checkpoint that a recipe means by its own names for it.
 *
 * @param names path, alias and served name, in the order in which they count
 * @param precision `fp4`, `nvfp4` or `fp8`; left out, the names have to say it
 */
export function findPreset(
  path: string,
  names: readonly string[],
  precision: string | undefined,
): { readonly preset: CheckpointPreset } | { readonly problem: Problem } {
  const text = names.join(" ").toLowerCase();
  const found = spellings.find(([pattern]) => pattern.test(text));
  const wanted = precisionOf(precision ?? text);
  const preset = wanted === undefined ? undefined : found?.[1][wanted];
  if (preset !== undefined) return { preset };
  const what = `${names.join(", ")}${precision === undefined ? "" : ` in ${precision}`}`;
  return {
    problem: {
      path,
      what: `${what} is not a checkpoint that is known`,
      rule: "memory and flags follow from a checkpoint's shape",
      fix: `one of ${Object.keys(checkpoints).join(", ")}`,
    },
  };
}

/** Folder of a checkpoint's files, as its publisher names it. */
export function weightsFolder(preset: CheckpointPreset): string {
  const { repository }: Checkpoint = checkpoints[preset];
  return repository.slice(repository.lastIndexOf("/") + 1);
}

function precisionOf(text: string): Precision | undefined {
  if (text.includes("fp4")) return "nvfp4";
  return text.includes("fp8") ? "fp8" : undefined;
}
