import { headroomGib, planMemory } from "../../src/plan/memory";
import { checkpoints } from "../../src/plan/model-shape";
import type { KvCacheType } from "../../src/plan/intent";
import { gb200Nvl72 } from "../../src/plan/rack";

/** A worker size, and how many requests of a context one rank's memory holds. */
export interface BatchRow {
  readonly precision: "NVFP4" | "FP8";
  readonly ranks: number;
  readonly slots: number;
  readonly weightsGib: number;
  readonly referenceWeightsGib: number;
  readonly batches: readonly { readonly ours: number; readonly reference: number }[];
}

/** Tokens that a request holds, and the type of its KV. */
const columns: readonly (readonly [contextTokens: number, kv: KvCacheType])[] = [
  [2048, "fp8"],
  [5120, "fp8"],
  [9216, "fp8"],
  [9216, "bf16"],
];

/**
 * Computed before, with a coarser memory model, from the shapes of DeepSeek-R1 and the decode log of source 001
 * (179.7 GiB usable, 6 kept free, graphs and buffers of 4 + 1.15 x slots x batch x 84 kB).
 */
const reference: readonly (readonly ["NVFP4" | "FP8", number, number, number, readonly number[]])[] = [
  ["NVFP4", 4, 256, 112.5, [634, 299, 176, 91]],
  ["NVFP4", 8, 256, 69.7, [1109, 524, 307, 159]],
  ["NVFP4", 16, 288, 51.0, [1276, 613, 362, 188]],
  ["NVFP4", 32, 288, 38.9, [1405, 675, 399, 207]],
  ["NVFP4", 48, 288, 34.9, [1448, 696, 411, 214]],
  ["NVFP4", 64, 320, 33.6, [1418, 692, 411, 215]],
  ["NVFP4", 72, 288, 32.2, [1477, 710, 419, 218]],
  ["FP8", 4, 256, 170.0, [0, 0, 0, 0]],
  ["FP8", 8, 256, 93.9, [840, 397, 233, 121]],
  ["FP8", 16, 288, 60.6, [1172, 563, 333, 173]],
  ["FP8", 32, 288, 39.2, [1402, 674, 398, 207]],
  ["FP8", 48, 288, 32.0, [1479, 711, 420, 218]],
  ["FP8", 72, 288, 27.3, [1530, 735, 434, 226]],
];

export function largestBatches(): readonly BatchRow[] {
  return reference.map(([precision, ranks, slots, referenceWeightsGib, batches]) => ({
    precision,
    ranks,
    slots,
    weightsGib: memory(precision, ranks, slots, "fp8", 1, 2048).weightsGib,
    referenceWeightsGib,
    batches: columns.map(([contextTokens, kv], i) => ({
      ours: largestBatch(precision, ranks, slots, kv, contextTokens),
      reference: batches[i] ?? 0,
    })),
  }));
}

/** By memory alone: that a dispatch takes no more than 1024 tokens is another rule. */
function largestBatch(
  precision: "NVFP4" | "FP8",
  ranks: number,
  slots: number,
  kv: KvCacheType,
  tokens: number,
): number {
  let low = 0;
  let high = 4096;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (memory(precision, ranks, slots, kv, middle, tokens).freeGib >= headroomGib) low = middle;
    else high = middle - 1;
  }
  return low;
}

function memory(
  precision: "NVFP4" | "FP8",
  ranks: number,
  slots: number,
  kvCacheType: KvCacheType,
  batch: number,
  tokens: number,
) {
  return planMemory({
    rack: gb200Nvl72,
    role: "decode",
    checkpoint: checkpoints[precision === "NVFP4" ? "deepseek-r1-nvfp4" : "deepseek-r1-fp8"],
    parallel: { tensor: ranks, data: ranks, expert: ranks, nodes: ranks / 4, denseTensor: 1, dispatch: "low-latency" },
    physicalExperts: slots,
    kvCacheType,
    kvTokensPerRank: batch * tokens,
    tokensPerForwardPerRank: 0,
    dispatchTokensPerRank: batch,
    largestGraphBatch: batch,
    speculates: false,
  });
}
