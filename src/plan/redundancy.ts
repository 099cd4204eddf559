import type { DecodeIntent } from "./intent";

/**
 * Replicas per routed expert that balance a decode pool: 24 for 256. Published pools have 32; on the public DeepSeek-R1
 * histogram 32 suffice for 0.97 balancedness at 32 ranks in every layer, and most layers need none.
 */
const replicasPerExpert = 24 / 256;

/**
 * Redundant experts for a worker of so many ranks: the fewest that balance it and let every rank hold the same number
 * of slots. So 40 ranks get 24 (280 slots), 32, 48 and 72 ranks get 32 (288 slots), 64 ranks get 64 (320 slots).
 */
export function usualRedundantExperts(routedExperts: number, ranks: number): number {
  const least = routedExperts * (1 + replicasPerExpert);
  return Math.ceil(least / ranks) * ranks - routedExperts;
}

/** The intent with the replicas that its worker size needs. Where experts are not balanced, replicas serve nobody. */
export function withUsualRedundancy(intent: DecodeIntent): DecodeIntent {
  const { experts, attention, checkpoint, gpusPerWorker } = intent;
  const balances = experts.balancing !== "off" && attention === "data";
  const redundantExperts = balances ? usualRedundantExperts(checkpoint.shape.routedExperts, gpusPerWorker) : 0;
  return { ...intent, experts: { ...experts, redundantExperts } };
}
