import type { GridTable, OpTables } from "../../src/plan/speed/op-tables";

/** A row of a published table: column name to value. */
export type Row = Readonly<Record<string, unknown>>;

/** Where the tables are in the wheel, below `aiconfigurator_core/systems/data/gb200`. */
export const sources = {
  decodeAttention: "mla/trtllm/1.3.0rc20/mla_generation_module_perf.parquet",
  prefillAttention: "mla/trtllm/1.3.0rc20/mla_context_module_perf.parquet",
  nvfp4Experts: "moe/trtllm/1.3.0rc10/wideep_moe_perf.parquet",
  fp8Experts: "moe/trtllm/1.3.0rc20/moe_perf.parquet",
  exchange: "comm/trtllm/1.3.0rc10/trtllm_alltoall_perf.parquet",
  products: "gemm/trtllm/1.3.0rc20/gemm_perf.parquet",
} as const;

export type SourceName = keyof typeof sources;

/** DeepSeek-V3 has 128 heads, Kimi-K2 has 64; data-parallel attention keeps all of them on one GPU. */
const heads = [128, 64];
/** Worker sizes the rack can hold, and one below so that slots per rank can be matched. */
const expertSizes = [2, 4, 8, 16, 32, 64];
/** Rows (m) that are kept of the 74 measured. */
const productRows = [1, 8, 16, 32, 64, 96, 128, 192, 256, 512, 768, 1024, 1536, 2048, 3072, 4096, 8192, 16384, 32768];
/** Weight matrices (n x k) outside attention and routed experts, or the measured one nearest to them. */
const productShapes = [
  [4096, 7168],
  [7168, 2048],
  [16384, 7168],
  [7168, 16384],
  [256, 7168],
  [65536, 7168],
];

/** Reduces the published tables to what the planner reads. */
export function reduceTables(rows: Readonly<Record<SourceName, readonly Row[]>>): OpTables {
  return {
    decodeAttention: attentionTables(rows.decodeAttention, "step"),
    prefillAttention: attentionTables(rows.prefillAttention, "isl"),
    experts: {
      nvfp4: expertTable(
        rows.nvfp4Experts.filter((row) => row.num_slots === 256 && row.distribution === "power_law_1.01_eplb"),
      ),
      fp8: expertTable(
        rows.fp8Experts.filter(
          (row) =>
            row.moe_dtype === "fp8_block" &&
            row.distribution === "balanced" &&
            row.moe_tp_size === 1 &&
            expertSizes.includes(Number(row.moe_ep_size)),
        ),
      ),
    },
    exchange: exchangeTables(rows.exchange),
    products: productTables(rows.products),
  };
}

function attentionTables(rows: readonly Row[], context: string): Record<string, GridTable> {
  const tables: Record<string, GridTable> = {};
  for (const weights of ["bfloat16", "fp8_block", "nvfp4"]) {
    for (const kv of ["bfloat16", "fp8"]) {
      for (const count of heads) {
        const chosen = rows.filter(
          (row) => row.gemm_type === weights && row.kv_cache_dtype === kv && row.num_heads === count,
        );
        tables[`${weights}/${kv}/${count}`] = grid(chosen, "batch_size", context);
      }
    }
  }
  return tables;
}

function expertTable(rows: readonly Row[]): GridTable {
  const deepSeek = rows.filter(
    (row) =>
      row.hidden_size === 7168 &&
      row.inter_size === 2048 &&
      row.num_experts === 256 &&
      row.topk === 8 &&
      expertSizes.includes(Number(row.moe_ep_size)),
  );
  return grid(deepSeek, "moe_ep_size", "num_tokens");
}

function exchangeTables(rows: readonly Row[]): Record<string, GridTable> {
  const tables: Record<string, GridTable> = {};
  const add = (kernel: string, types: readonly string[], ops: readonly string[], sizes: readonly number[]): void => {
    for (const type of types) {
      const parts = ops.map((op) =>
        grid(
          rows.filter(
            (row) =>
              row.kernel_source === kernel &&
              row.moe_dtype === type &&
              row.op_name === `alltoall_${op}` &&
              sizes.includes(Number(row.moe_ep_size)),
          ),
          "moe_ep_size",
          "num_tokens",
        ),
      );
      tables[`${kernel === "NVLinkOneSided" ? "one-sided" : "two-sided"}/${type}`] = withoutSpikes(sumOf(parts));
    }
  };
  add("NVLinkTwoSided", ["bfloat16", "fp8", "nvfp4"], ["prepare", "dispatch", "combine"], expertSizes);
  add("NVLinkOneSided", ["nvfp4"], ["dispatch", "combine"], [2, 4, 8, 16]);
  return tables;
}

function productTables(rows: readonly Row[]): Record<string, GridTable> {
  const tables: Record<string, GridTable> = {};
  for (const weights of ["bfloat16", "fp8_block", "nvfp4"]) {
    for (const [n, k] of productShapes) {
      const chosen = rows.filter(
        (row) => row.gemm_dtype === weights && row.n === n && row.k === k && productRows.includes(Number(row.m)),
      );
      tables[`${weights}/${n}x${k}`] = grid(chosen, "n", "m");
    }
  }
  return tables;
}

/** One latency per pair of axis values; where a pair was measured twice, the faster kernel, which an engine takes. */
function grid(rows: readonly Row[], outer: string, inner: string): GridTable {
  const outerAxis = axis(rows, outer);
  const innerAxis = axis(rows, inner);
  const milliseconds = outerAxis.map(() => innerAxis.map((): number | null => null));
  for (const row of rows) {
    const line = milliseconds[outerAxis.indexOf(Number(row[outer]))];
    const column = innerAxis.indexOf(Number(row[inner]));
    if (line === undefined) continue;
    const latency = significant(Number(row.latency));
    line[column] = Math.min(line[column] ?? latency, latency);
  }
  return { outer: outerAxis, inner: innerAxis, milliseconds };
}

function axis(rows: readonly Row[], column: string): readonly number[] {
  return [...new Set(rows.map((row) => Number(row[column])))].sort((a, b) => a - b);
}

function sumOf(parts: readonly GridTable[]): GridTable {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error("a sum of no tables");
  if (
    others.some(({ inner, outer }) => String(inner) !== String(first.inner) || String(outer) !== String(first.outer))
  ) {
    throw new Error("the parts of an exchange were measured on different grids");
  }
  const at = (table: GridTable, row: number, column: number): number => table.milliseconds[row]?.[column] ?? Number.NaN;
  return {
    ...first,
    milliseconds: first.milliseconds.map((line, row) =>
      line.map((_, column) => significant(parts.reduce((sum, part) => sum + at(part, row, column), 0))),
    ),
  };
}

/**
 * More tokens never travel faster, so a latency above one with more tokens is a spike of the measurement: single points
 * at 1 to 48 tokens are up to four times their neighbours.
 */
function withoutSpikes(table: GridTable): GridTable {
  const milliseconds = table.milliseconds.map((line) =>
    line.map((_, i) => Math.min(...line.slice(i).filter((value) => value !== null))),
  );
  return { ...table, milliseconds };
}

/** Four digits: the measurements repeat to about one per cent. */
function significant(value: number): number {
  return Number(value.toPrecision(4));
}
