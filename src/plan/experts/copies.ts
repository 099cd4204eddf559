/**
 * The same placement with more slots per rank, for which nothing is fetched: each holds another copy of an expert that
 * its rank has already. A copy of an expert that no other rank holds changes no rank's load; where a rank has none,
 * the copy that adds least to it is taken.
 */
export function withCopies(row: readonly number[], weights: readonly number[], ranks: number, slots: number): number[] {
  const perRank = row.length / ranks;
  const replicas = weights.map(() => 0);
  for (const expert of row) replicas[expert] = (replicas[expert] ?? 0) + 1;
  return Array.from({ length: ranks }, (_, rank) => {
    const held = row.slice(rank * perRank, (rank + 1) * perRank);
    while (held.length < slots / ranks) {
      const expert = cheapestCopy(held, weights, replicas);
      held.push(expert);
      replicas[expert] = (replicas[expert] ?? 0) + 1;
    }
    return held;
  }).flat();
}

function cheapestCopy(held: readonly number[], weights: readonly number[], replicas: readonly number[]): number {
  let [cheapest, least] = [held[0] ?? 0, Infinity];
  for (const expert of held) {
    const here = held.reduce((count, other) => count + (other === expert ? 1 : 0), 0);
    const all = replicas[expert] ?? 1;
    const rise = (weights[expert] ?? 0) * ((here + 1) / (all + 1) - here / all);
    if (rise < least) [cheapest, least] = [expert, rise];
  }
  return cheapest;
}
