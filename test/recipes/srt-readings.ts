import { RefusedError } from "../../src/problems";
import type { Purpose, Reading } from "../../stacks/recipes/recipe";
import { readSrtSlurm } from "../../stacks/recipes/srt-slurm";

export function read(text: string, purpose: Purpose = "production"): Reading {
  return readSrtSlurm(text, { purpose });
}

/** `path: what`, the path without where both engines keep their flags. */
export function refusals(text: string, purpose?: Purpose): readonly string[] {
  return read(text, purpose).problems.map(
    ({ path, what }) => `${path.replace(/^backend\.(sglang|trtllm)_config\./, "")}: ${what}`,
  );
}

export function refusalOf(text: string, variant?: string): string {
  try {
    readSrtSlurm(text, { purpose: "production", ...(variant === undefined ? {} : { variant }) });
  } catch (error) {
    if (error instanceof RefusedError) return error.problems.map(({ path, what }) => `${path}: ${what}`).join("; ");
    throw error;
  }
  return "read";
}
