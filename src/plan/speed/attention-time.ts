import type { KvCacheType } from "../intent";
import type { Checkpoint } from "../model-shape";
import { along, interpolate, linear, squareRoot } from "./grid";
import { opTables, weightNames, type GridTable } from "./op-tables";

/**
 * Arithmetic of the attention kernel relative to its memory traffic: 61 % of the FP8 peak at 78 % of the bandwidth in
 * the published trace of source 001 (EP48, batch 1024). Drafted tokens share the reads and pay the arithmetic.
 */
const arithmeticPerTraffic = 0.61 / 0.78;

/** One layer of decode attention with its projections: `batch` requests, each with `contextTokens` cached. */
export function decodeAttentionMilliseconds(
  model: { readonly checkpoint: Checkpoint; readonly kvCacheType: KvCacheType },
  batch: number,
  contextTokens: number,
  draftTokens: number,
): number {
  const table = attentionTable(opTables().decodeAttention, model.checkpoint, model.kvCacheType);
  const axes = { outer: linear, inner: linear };
  // At two cached tokens nothing but the projections is left.
  const projections = (rows: number): number => interpolate(table, rows, 2, axes);
  const readsAndArithmetic = interpolate(table, batch, contextTokens, axes) - projections(batch);
  const queries = 1 + draftTokens;
  return projections(batch * queries) + readsAndArithmetic * Math.max(1, arithmeticPerTraffic * queries);
}

/** One layer of prefill attention with its projections over `tokens` new tokens of prompts of `promptTokens`. */
export function prefillAttentionMilliseconds(
  model: { readonly checkpoint: Checkpoint; readonly kvCacheType: KvCacheType },
  tokens: number,
  promptTokens: number,
): number {
  const table = attentionTable(opTables().prefillAttention, model.checkpoint, model.kvCacheType);
  const prompts = tokens / promptTokens;
  const lines = table.milliseconds.map((line, i) => ({
    prompts: table.outer[i] ?? 0,
    milliseconds: promptMilliseconds(table.inner, line, promptTokens),
  }));
  const measured = lines.filter(({ milliseconds }) => milliseconds !== undefined);
  const first = measured[0];
  // Chunks of a longer prompt together cost what the prompt costs.
  if (first?.milliseconds !== undefined && prompts < first.prompts) return first.milliseconds * prompts;
  return along(
    measured.map((line) => line.prompts),
    measured.map((line) => line.milliseconds ?? null),
    prompts,
  );
}

/** `undefined` where a batch of prompts this long was not measured; single prompts go on with their square. */
function promptMilliseconds(
  lengths: readonly number[],
  line: readonly (number | null)[],
  promptTokens: number,
): number | undefined {
  const longest = lengths.reduce((last, _, i) => (typeof line[i] === "number" ? i : last), -1);
  const end = lengths[longest] ?? 0;
  if (promptTokens <= end) return along(lengths, line, promptTokens, squareRoot);
  if (longest !== lengths.length - 1) return undefined;
  // a x + b x^2 through the last two points: projections and the triangle of attention.
  const half = lengths[longest - 1] ?? 0;
  const perTokenAtEnd = (line[longest] ?? 0) / end;
  const perTokenAtHalf = (line[longest - 1] ?? 0) / half;
  const square = (perTokenAtEnd - perTokenAtHalf) / (end - half);
  return promptTokens * (perTokenAtEnd + square * (promptTokens - end));
}

function attentionTable(
  tables: Readonly<Record<string, GridTable>>,
  { shape, attentionFormat }: Checkpoint,
  kvCacheType: KvCacheType,
): GridTable {
  const kv = kvCacheType === "bf16" ? "bfloat16" : "fp8";
  const key = `${weightNames[attentionFormat]}/${kv}/${shape.attention.heads}`;
  const table = tables[key];
  if (table === undefined) throw new RangeError(`no attention was measured with ${key}`);
  return table;
}
