import type { ExpertPlacement } from "../../plan/experts/placement";
import { parseRecording, type ExpertRecording, type ParsedRecording } from "../../plan/experts/recording";
import type { Problem } from "../../problems";
import { readIntegerTensors, SafetensorsError, type IntegerTensors } from "./safetensors";

/** A folder that `EXPERT_STATISTIC_PATH` named: `meta_info.json`, and a file for every rank. */
export interface StatisticsFolder {
  readonly metaInfo: unknown;
  readonly ranks: readonly { readonly file: string; readonly bytes: Uint8Array }[];
}

const rule =
  "rank<n>.safetensors hold counts by <iteration>_<layer>, meta_info.json their length (TensorRT-LLM _torch/expert_statistic.py)";
const fix = "the folder as EXPERT_STATISTIC_PATH wrote it, with every rank's file";

/** The ranks' files of a folder. `rank0_raw.safetensors` and the like hold single tokens, not counts. */
export function isStatisticsFile(name: string): boolean {
  return /^rank\d+\.safetensors$/.test(name);
}

/**
 * Statistics of all ranks and iterations as one recording (TensorRT-LLM _torch/expert_statistic.py, 0fccc5b9).
 *
 * Every rank counts before tokens travel (fused_moe/moe_scheduler.py, step 3 of 9, 0150f78e), so with attention data parallelism
 * each counts its own tokens, and the sum over ranks is the load: TensorRT-LLM's own reader sums too
 * (examples/wide_ep/ep_load_balancer/utils.py, 7ce477f3). Without it every rank routes all tokens, and all count the
 * same: files that agree in every number are counted once.
 *
 * With a load balancer the counts are of slots, not of experts ("collected from expert slot IDs"), and `num_experts` of
 * the meta file is the number of slots; `expertsOfSlots` turns them back.
 */
export function readExpertStatistics({ metaInfo, ranks }: StatisticsFolder, model: string): ParsedRecording {
  const experts = (metaInfo as { readonly num_experts?: unknown } | null | undefined)?.num_experts;
  const problems: Problem[] = [];
  if (typeof experts !== "number" || !Number.isInteger(experts) || experts <= 0) {
    problems.push({ path: "meta_info.json", what: "no number of experts", rule, fix });
  }
  if (ranks.length === 0) problems.push({ path: "", what: "no rank's file", rule, fix });
  const read = ranks.flatMap(({ file, bytes }) => {
    const tensors = tensorsOf(file, bytes, experts);
    if (!("problems" in tensors)) return [tensors.tensors];
    problems.push(...tensors.problems);
    return [];
  });
  if (problems.length > 0) return { problems };
  const counted = read.length > 1 && read.every((tensors) => isSame(tensors, read[0])) ? read.slice(0, 1) : read;
  const counts = summed(counted, experts as number);
  return parseRecording({ model, layers: counts.length, experts, counts });
}

/** Counts by slot as counts by expert, recorded under that placement. */
export function expertsOfSlots(slots: ExpertRecording, placement: ExpertPlacement): ExpertRecording {
  const experts = Math.max(...placement.physicalToLogical.map((row) => Math.max(...row))) + 1;
  const counts = slots.counts.map((row, layer) => {
    const sums = new Array<number>(experts).fill(0);
    placement.physicalToLogical[layer]?.forEach((expert, slot) => {
      sums[expert] = (sums[expert] ?? 0) + (row[slot] ?? 0);
    });
    return sums;
  });
  return { ...slots, experts, counts, placement };
}

type Tensors = { readonly tensors: IntegerTensors } | { readonly problems: readonly Problem[] };

function tensorsOf(file: string, bytes: Uint8Array, experts: unknown): Tensors {
  try {
    const tensors = readIntegerTensors(bytes);
    const wrong = [...tensors].find(([key, counts]) => !isKey(key) || counts.length !== experts);
    if (wrong === undefined) return { tensors };
    const [key, counts] = wrong;
    const what = isKey(key) ? `${key} has ${counts.length} counts for ${String(experts)} experts` : `the name ${key}`;
    return { problems: [{ path: file, what, rule, fix }] };
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    return { problems: [{ path: file, what: error.message, rule: "a safetensors file of integers", fix }] };
  }
}

/** No model has a thousand layers: a damaged name shall not ask for rows without end. */
function isKey(key: string): boolean {
  return /^\d+_\d{1,3}$/.test(key);
}

function isSame(tensors: IntegerTensors, others: IntegerTensors | undefined): boolean {
  if (tensors.size !== others?.size) return false;
  return [...tensors].every(([key, counts]) => {
    const other = others.get(key);
    return other !== undefined && counts.every((count, expert) => count === other[expert]);
  });
}

/** A row for every layer up to the last that was recorded; dense ones have no key, and zeros. */
function summed(ranks: readonly IntegerTensors[], experts: number): readonly (readonly number[])[] {
  const rows: number[][] = [];
  for (const tensors of ranks) {
    for (const [key, counts] of tensors) {
      const layer = Number(key.split("_")[1]);
      while (rows.length <= layer) rows.push(new Array<number>(experts).fill(0));
      counts.forEach((count, expert) => {
        const row = rows[layer];
        if (row !== undefined) row[expert] = (row[expert] ?? 0) + count;
      });
    }
  }
  return rows;
}
