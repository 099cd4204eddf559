import type { Problem } from "../../problems";
import type { ExpertPlacement } from "./placement";
import { placementRowProblems } from "./placement-rows";

/** Tokens that each logical expert received while a pool was recorded. */
export interface ExpertRecording {
  readonly model: string;
  /** Layers of the model, dense ones included. */
  readonly layers: number;
  readonly experts: number;
  /** [layer][logical expert]; a row of zeros is a dense layer or one that was not recorded. */
  readonly counts: readonly (readonly number[])[];
  /** Where the experts sat while they were recorded; absent for a pool that had them in the model's order. */
  readonly placement?: ExpertPlacement;
}

export type ParsedRecording = { readonly recording: ExpertRecording } | { readonly problems: readonly Problem[] };

const rule = 'a recording is {"model": string, "layers": number, "experts": number, "counts": [layer][expert]}';
const fix = "dump the recording again, or point to the right file";
const placementRule =
  'a placement is {"ranks": number, "physicalToLogical": [layer][slot]}: as many slots for every layer, divisible by the ranks, every expert in one of them';
/** A damaged file breaks the same rule in every row: a few examples say as much as all of them. */
const examples = 3;

/** Reads a recording from parsed JSON. Paths of problems are relative to the recording. */
export function parseRecording(value: unknown): ParsedRecording {
  if (!isRecord(value)) return { problems: [problem("", `a ${typeOf(value)}, not an object`)] };
  const { model, layers, experts, counts, placement } = value;
  const problems: Problem[] = [];
  if (typeof model !== "string" || model === "") problems.push(problem("model", `${show(model)} is not a model name`));
  if (!isCount(layers)) problems.push(problem("layers", `${show(layers)} is not a positive whole number`));
  if (!isCount(experts)) problems.push(problem("experts", `${show(experts)} is not a positive whole number`));
  if (!Array.isArray(counts)) problems.push(problem("counts", `${show(counts)} is not a list of rows`));
  if (typeof model !== "string" || !isCount(layers) || !isCount(experts) || !Array.isArray(counts)) return { problems };
  problems.push(...checkCounts(counts, layers, experts));
  if (placement !== undefined) problems.push(...checkPlacement(placement, layers, experts));
  if (problems.length > 0) return { problems };
  const recording = { model, layers, experts, counts: counts as number[][] };
  return { recording: placement === undefined ? recording : { ...recording, placement: placed(placement) } };
}

/** The file of a recording: a line for every layer, the same bytes for the same recording. */
export function recordingJson({ model, layers, experts, counts, placement }: ExpertRecording): string {
  const head = `{"model":${JSON.stringify(model)},"layers":${layers},"experts":${experts},"counts":${rowsJson(counts)}`;
  if (placement === undefined) return `${head}}\n`;
  return `${head},"placement":{"ranks":${placement.ranks},"physicalToLogical":${rowsJson(placement.physicalToLogical)}}}\n`;
}

function rowsJson(rows: readonly (readonly number[])[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
}

function checkPlacement(placement: unknown, layers: number, experts: number): readonly Problem[] {
  const words = { rule: placementRule, fix: "the placement that the pool had, or none if it had the model's order" };
  if (!isRecord(placement)) return [{ path: "placement", what: `a ${typeOf(placement)}, not an object`, ...words }];
  const { ranks, physicalToLogical } = placement;
  if (!isCount(ranks)) {
    return [{ path: "placement.ranks", what: `${show(ranks)} is not a positive whole number`, ...words }];
  }
  const path = "placement.physicalToLogical";
  return placementRowProblems(physicalToLogical, { layers, experts, ranks }, { path, ...words });
}

/** What is no part of a placement stays behind. */
function placed(placement: unknown): ExpertPlacement {
  const { ranks, physicalToLogical } = placement as ExpertPlacement;
  return { ranks, physicalToLogical };
}

function checkCounts(counts: readonly unknown[], layers: number, experts: number): Problem[] {
  const problems: Problem[] = [];
  if (counts.length !== layers) problems.push(problem("counts", `${counts.length} rows for ${layers} layers`));
  const damaged = counts.flatMap((row, layer) => checkRow(row, layer, experts));
  problems.push(...damaged.slice(0, examples));
  if (damaged.length > examples) {
    problems.push(problem("counts", `${damaged.length - examples} more rows are damaged`));
  }
  if (problems.length === 0 && counts.every((row) => (row as number[]).every((count) => count === 0))) {
    problems.push({
      path: "counts",
      what: "every count is zero",
      rule: "a placement follows the recorded load",
      fix: "record while the pool serves requests",
    });
  }
  return problems;
}

function checkRow(row: unknown, layer: number, experts: number): Problem[] {
  const path = `counts[${layer}]`;
  if (!Array.isArray(row)) return [problem(path, `${show(row)} is not a list of counts`)];
  if (row.length !== experts) return [problem(path, `${row.length} counts for ${experts} experts`)];
  const wrong = row.findIndex((count) => typeof count !== "number" || !Number.isFinite(count) || count < 0);
  return wrong < 0 ? [] : [problem(`${path}[${wrong}]`, `${show(row[wrong])} is not a number of tokens`)];
}

function problem(path: string, what: string): Problem {
  return { path, what, rule, fix };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}

/** Short enough for one line, whatever the file holds. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
