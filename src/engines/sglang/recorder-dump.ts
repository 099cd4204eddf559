import { parseRecording, type ParsedRecording } from "../../plan/experts/recording";
import type { Problem } from "../../problems";

const rule =
  'the recorder\'s dump is {"logical_count": [layer][expert]} or [step][layer][expert] (SGLang eplb/expert_distribution.py)';

/**
 * What `/dump_expert_distribution_record` writes in the modes `stat` and `stat_approx`, as JSON: counts by logical
 * expert, of every step in the buffer, already summed over ranks (expert_distribution.py _StatAccumulator.dump, 02295fe5;
 * rank 0 alone writes). `--init-expert-location` takes the same field (expert_location.py init_by_eplb, 01fec5c2).
 * Steps are summed; those that the ring buffer has not reached are zero.
 */
export function parseRecorderDump(value: unknown, model: string): ParsedRecording {
  const dump = (value ?? {}) as { readonly logical_count?: unknown; readonly records?: unknown };
  if (dump.records !== undefined) return { problems: [singlePasses] };
  const counts = dump.logical_count;
  if (!Array.isArray(counts) || !Array.isArray(counts[0])) {
    return { problems: [{ path: "logical_count", what: "no rows of counts", rule, fix: otherDump }] };
  }
  const steps = (Array.isArray(counts[0][0]) ? counts : [counts]) as readonly (readonly (readonly number[])[])[];
  const [first] = steps;
  const uneven = steps.findIndex((step) => !isLike(step, first ?? []));
  if (uneven >= 0) {
    const what = "not as many layers and experts as in the first step";
    return { problems: [{ path: `logical_count[${uneven}]`, what, rule, fix: otherDump }] };
  }
  const parsed = parseRecording({ model, layers: first?.length, experts: first?.[0]?.length, counts: summed(steps) });
  if ("recording" in parsed) return parsed;
  return { problems: parsed.problems.map(asDumped) };
}

const otherDump = "the dump of a server with --expert-distribution-recorder-mode stat";

const singlePasses: Problem = {
  path: "records",
  what: "counts of single passes of one rank",
  rule: `${rule}; the modes per_pass and per_token write another file for every rank`,
  fix: otherDump,
};

/** Files of torch.save are zip archives (PyTorch 1.6 and later) whose tensors are read by pickle. */
export function isTorchFile(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

export const torchFileProblem: Problem = {
  path: "",
  what: "a file of torch.save (.pt)",
  rule: "such a file is read by PyTorch alone, which only the engine's image has",
  fix: "convert it there: torch.load(file, weights_only=True), then the fields' tolist() as JSON",
};

function isLike(step: readonly (readonly number[])[], first: readonly (readonly number[])[]): boolean {
  if (!Array.isArray(step) || step.length !== first.length) return false;
  return step.every((row, layer) => Array.isArray(row) && row.length === first[layer]?.length);
}

/** A damaged count makes its sum NaN, which the recording's own check finds. */
function summed(steps: readonly (readonly (readonly unknown[])[])[]): readonly (readonly number[])[] {
  const [first = []] = steps;
  return first.map((row, layer) =>
    row.map((_, expert) => steps.reduce((sum, step) => sum + tokens(step[layer]?.[expert]), 0)),
  );
}

function tokens(count: unknown): number {
  return typeof count === "number" && count >= 0 ? count : Number.NaN;
}

/** `counts[3][1]` of the sums is expert 1 of layer 3 in some step. */
function asDumped({ path, what }: Problem): Problem {
  const damaged = path.includes("]");
  return {
    path: `logical_count${path.replace("counts", "")}`,
    what: damaged ? "not a number of tokens, in some step" : what,
    rule,
    fix: otherDump,
  };
}
