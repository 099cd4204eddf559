import type { WeightFormat } from "../model-shape";
import { interpolate, linear, logarithmic } from "./grid";
import { opTables, type GridTable } from "./op-tables";

const axes = { outer: logarithmic, inner: linear };

/**
 * Dispatch and combine of one layer over NVLink. The NVL72's switch is flat: from 16 ranks to 64 the measured time
 * grows by less than a tenth, so sizes between and slightly above the measured ones lie on the line.
 */
export function exchangeMilliseconds(format: WeightFormat, ranks: number, tokensPerRank: number): number {
  return interpolate(exchangeTable("two-sided", format), ranks, tokensPerRank, axes);
}

/** A prefill pass may push instead of handshake, which is faster with thousands of tokens and few ranks. */
export function bulkExchangeMilliseconds(format: WeightFormat, ranks: number, tokensPerRank: number): number {
  const twoSided = exchangeMilliseconds(format, ranks, tokensPerRank);
  if (format !== "nvfp4" || ranks > 16) return twoSided;
  return Math.min(twoSided, interpolate(exchangeTable("one-sided", format), ranks, tokensPerRank, axes));
}

function exchangeTable(kernel: "one-sided" | "two-sided", format: WeightFormat): GridTable {
  const type = format === "bf16" ? "bfloat16" : format;
  const table = opTables().exchange[`${kernel}/${type}`];
  if (table === undefined) throw new RangeError(`no ${kernel} exchange was measured with ${type}`);
  return table;
}
