import { replicate } from "./packing";

/**
 * Load that no placement's fullest rank is below. It carries at least the mean. And whatever the numbers of replicas,
 * some replica is as heavy as the heaviest one after giving each slot to the expert that needs it most; the rank that
 * holds it holds others beside it, at the least the lightest that there can be.
 */
export function leastFullestRank(weights: readonly number[], slots: number, ranks: number): number {
  const { replicas } = replicate(weights, slots);
  const heaviest = Math.max(...weights.map((weight, expert) => weight / (replicas[expert] ?? 1)));
  return Math.max(sum(weights) / ranks, heaviest + lightestSlots(weights, slots, slots / ranks - 1)) || 1;
}

/** No placement of these loads is more balanced: mean load / load that no fullest rank is below. */
export function balanceBound(weights: readonly number[], slots: number, ranks: number): number {
  return sum(weights) / ranks / leastFullestRank(weights, slots, ranks);
}

/** Least load of so many slots: an expert has at most a replica in every spare slot beside its first. */
function lightestSlots(weights: readonly number[], slots: number, count: number): number {
  const most = slots - weights.length + 1;
  const lightest = Float64Array.from(weights).sort();
  let load = 0;
  for (let filled = 0, next = 0; filled < count; filled += most, next++) {
    load += ((lightest[next] ?? 0) / most) * Math.min(most, count - filled);
  }
  return load;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
