import type { WeightFormat } from "../model-shape";

/** Latencies of one operation over two axes, milliseconds; `null` where nothing was measured (it ran out of memory). */
export interface GridTable {
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  /** One line per outer value. */
  readonly milliseconds: readonly (readonly (number | null)[])[];
}

/** Measured operations of one layer of DeepSeek-V3's architecture on one GB200 GPU; see `measured-operations.json`, provenance. */
export interface OpTables {
  /** By weights/KV/heads, over batch and cached tokens. */
  readonly decodeAttention: Readonly<Record<string, GridTable>>;
  /** By weights/KV/heads, over prompts and tokens per prompt. */
  readonly prefillAttention: Readonly<Record<string, GridTable>>;
  /** Routed experts with 256 slots, over ranks and the tokens of all ranks. */
  readonly experts: Readonly<Record<"nvfp4" | "fp8", GridTable>>;
  /** Dispatch and combine by kernel/type, over ranks and tokens per rank. */
  readonly exchange: Readonly<Record<string, GridTable>>;
  /** Other matrix products by weights/shape, over tokens. */
  readonly products: Readonly<Record<string, GridTable>>;
}

/** Weights by the names of the measured tables; block-scaled FP8 is what FP8 checkpoints carry. */
export const weightNames: Readonly<Record<WeightFormat, string>> = {
  nvfp4: "nvfp4",
  fp8: "fp8_block",
  bf16: "bfloat16",
};

let loaded: OpTables | undefined;

/** Read at the first prediction and not with the library: most imports never predict. */
export function opTables(): OpTables {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be read with the library
  loaded ??= require("./measured-operations.json") as OpTables;
  return loaded;
}
