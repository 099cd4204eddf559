import type { LendingAnswer } from "../plan/allocate/lending";
import type { RackProof } from "../plan/rack-proof";
import { rounded } from "./numbers";

/** How good a rack's plan is, as a stack output: plain and rounded, so that it changes when the plan does. */
export interface ProofSummary {
  /** Common share of what the clients ask for that the plan serves, headroom kept. */
  share: number;
  /** What no plan can beat. */
  bound: number;
  /** 1 - share / bound. */
  gap: number;
  /** What keeps the best plan from the bound. */
  explanation: string;
  /** Shares of other ways to use the rack. */
  others: { name: string; share: number; note: string }[];
  /** What one tray more would add to the share. */
  oneTrayMore?: number;
  /** Trays that change hands with the demand, beside the best fixed split. */
  lending?: LendingSummary;
}

export interface LendingSummary {
  pays: boolean;
  /** Of the best buffer. */
  bufferTrays?: number;
  gainedRequestsPerSecond: number;
  /** Peaks must last longer for lending to pay; absent when it never does. */
  breakEvenSeconds?: number;
}

export function summariseProof(proof: RackProof): ProofSummary {
  const { share, gap, bound, baselines, alternatives, shadowPrices, lending } = proof;
  return {
    share: rounded(share, 3),
    bound: rounded(bound.value, 3),
    gap: rounded(gap, 3),
    explanation: bound.explanation,
    others: [
      ...baselines.map((baseline) => ({
        name: baseline.name,
        share: baseline.missingTrays > 0 ? 0 : rounded(baseline.share, 3),
        note: baseline.missingTrays > 0 ? `does not fit, ${baseline.missingTrays} trays are missing` : "",
      })),
      ...alternatives.map(({ name, share: other, note }) => ({ name, share: rounded(other, 3), note })),
    ],
    ...(shadowPrices === undefined ? {} : { oneTrayMore: rounded(shadowPrices.gainedShare, 3) }),
    ...(lending === undefined ? {} : { lending: summariseLending(lending) }),
  };
}

function summariseLending({ pays, lending, gainedRequestsPerSecond, breakEvenSeconds }: LendingAnswer): LendingSummary {
  return {
    pays,
    ...(lending === undefined ? {} : { bufferTrays: lending.bufferTrays }),
    gainedRequestsPerSecond: rounded(gainedRequestsPerSecond, 2),
    ...(breakEvenSeconds === undefined ? {} : { breakEvenSeconds: Math.ceil(breakEvenSeconds) }),
  };
}
