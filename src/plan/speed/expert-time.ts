import type { ModelShape, WeightFormat } from "../model-shape";
import { interpolate, linear, logarithmic } from "./grid";
import { opTables } from "./op-tables";

/** Slots and chosen experts of the measured model, DeepSeek-V3. */
const measured = { slots: 256, expertsPerToken: 8 } as const;

/**
 * Load of the fullest rank over the mean that is already in a table: the NVFP4 tables were measured with balanced
 * placement of a power-law load, which leaves (max - mean) / mean = 0.109 (TensorRT-LLM blog 4, EP32 with 288 slots);
 * the FP8 tables with a uniform load.
 */
export const imbalanceInTable = { nvfp4: 1.109, fp8: 1 } as const;

/** The experts of one rank and the tokens that all ranks send to them in one step. */
export interface ExpertWork {
  readonly shape: ModelShape;
  readonly format: WeightFormat;
  readonly ranks: number;
  /** Experts with their replicas over all ranks. */
  readonly slots: number;
  readonly tokensPerRank: number;
  /** Load of the fullest rank over the mean load: 1 is perfect balance. */
  readonly imbalance: number;
}

/**
 * One layer of routed experts on the fullest rank.
 *
 * A rank with n slots does what a rank of a 256-slot worker with 256 / n ranks does, with the same tokens on it. So
 * redundant experts, EP24, EP48 and EP72 and models with other expert counts need no tables of their own, and the one
 * column that is measured with 288 slots at EP32, 70 % above its neighbours, decides nothing.
 */
export function expertMilliseconds(work: ExpertWork): number {
  const { ranks, slots } = work;
  const table = opTables().experts[tableFormat(work.format)];
  return interpolate(table, (ranks * measured.slots) / slots, tokensInTable(work), {
    outer: logarithmic,
    inner: linear,
  });
}

/** Tokens of the measured model that put the same work on every slot. */
export function tokensInTable({ shape, format, ranks, slots, tokensPerRank, imbalance }: ExpertWork): number {
  const choices = shape.expertsPerToken / measured.expertsPerToken;
  const tokens = (tokensPerRank * ranks * choices * measured.slots) / slots;
  return (tokens * imbalance) / imbalanceInTable[tableFormat(format)];
}

/** Work on the fullest rank by arithmetic: two matrices up and one down for every token it gets. */
export function expertFlops({ shape, tokensPerRank, imbalance }: ExpertWork): number {
  return 6 * shape.hidden * shape.expertIntermediate * shape.expertsPerToken * tokensPerRank * imbalance;
}

export function tableFormat(format: WeightFormat): "nvfp4" | "fp8" {
  return format === "nvfp4" ? "nvfp4" : "fp8";
}
