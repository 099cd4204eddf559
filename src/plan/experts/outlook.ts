import type { PlacedExperts } from "../intent";
import type { PoolPlan } from "../pool";
import { decodeStep } from "../speed/decode-step";
import { stepImbalance } from "../speed/expert-imbalance";
import { decodeSpeed } from "../speed/pool-speed";
import { meanContextTokens, type Workload } from "../workload";

/** What a placement is worth to the pool that loads it. */
export interface ExpertOutlook extends PlacedExperts {
  /** A decode step with a full batch, with the placement before and with this one; absent where nothing is predicted. */
  readonly stepMilliseconds?: { readonly before: number; readonly after: number };
}

/** Nothing where no placement is loaded. */
export function expertOutlook(decode: PoolPlan, workload: Workload): ExpertOutlook | undefined {
  const { placed } = decode.intent.experts;
  if (placed === undefined) return undefined;
  const speed = decodeSpeed(decode);
  if ("unpredicted" in speed) return placed;
  const contextTokens = meanContextTokens(workload);
  const batch = speed.batchPerRank(contextTokens);
  const stepWith = (balance: number): number =>
    decodeStep({ ...speed.worker, expertImbalance: stepImbalance(balance) }, batch, contextTokens).total;
  return { ...placed, stepMilliseconds: { before: stepWith(placed.before), after: stepWith(placed.after) } };
}
