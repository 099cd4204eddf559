/** Loads of one layer's placement. A replicated expert's tokens are shared equally by its replicas. */

export function replicaCounts(physicalToLogical: readonly number[], experts: number): number[] {
  const counts = new Array<number>(experts).fill(0);
  for (const expert of physicalToLogical) counts[expert] = (counts[expert] ?? 0) + 1;
  return counts;
}

/** Load of every slot. */
export function slotLoads(physicalToLogical: readonly number[], weights: readonly number[]): number[] {
  const counts = replicaCounts(physicalToLogical, weights.length);
  return physicalToLogical.map((expert) => (weights[expert] ?? 0) / (counts[expert] ?? 1));
}

/** Load of every rank; slot s sits on rank floor(s / (slots / ranks)). */
export function rankLoads(loads: readonly number[], ranks: number): number[] {
  const perRank = loads.length / ranks;
  return Array.from({ length: ranks }, (_, rank) =>
    loads.slice(rank * perRank, (rank + 1) * perRank).reduce((sum, load) => sum + load, 0),
  );
}

/**
 * Mean load / highest load over the ranks, from 1 / ranks to 1: the number that SGLang and vLLM log. All ranks wait
 * for the fullest one in every layer, so this is the share of expert time that is not waiting.
 */
export function balancedness(ranks: readonly number[]): number {
  const fullest = Math.max(...ranks);
  if (fullest <= 0) return 1;
  return ranks.reduce((sum, load) => sum + load, 0) / ranks.length / fullest;
}

/** Load of the fullest rank. */
export function fullestRank(row: readonly number[], weights: readonly number[], ranks: number): number {
  return Math.max(...rankLoads(slotLoads(row, weights), ranks));
}
