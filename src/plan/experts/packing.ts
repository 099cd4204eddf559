/**
 * The expert placement heuristic of DeepSeek (deepseek-ai/EPLB eplb.py, MIT), for one layer at a time: replicate the
 * experts with the highest load per replica, then pack the replicas onto GPUs, heaviest first. Ties go to the lowest
 * index; the original leaves them to `torch.sort`, which promises no order.
 */

/** Which pack an item went to, and its place in there. */
export interface Packing {
  readonly pack: readonly number[];
  readonly place: readonly number[];
}

/** Physical experts of one layer before they have a place, and replicas per logical expert. */
export interface Replication {
  /** Logical expert of every physical one: the experts in order, then the added replicas. */
  readonly logical: readonly number[];
  readonly replicas: readonly number[];
}

/** Groups of experts that the router picks from, and the nodes they shall not leave. */
export interface ExpertGroups {
  readonly groups: number;
  readonly nodes: number;
}

/** Packs items so that packs hold equally many and weigh about the same. The count must divide by `packs`. */
export function packBalanced(weights: readonly number[], packs: number): Packing {
  const perPack = weights.length / packs;
  if (perPack === 1) return { pack: weights.map((_, i) => i), place: weights.map(() => 0) };
  // A full pack weighs more than any other.
  const load = new Float64Array(packs);
  const items = new Int32Array(packs);
  const pack = new Array<number>(weights.length).fill(0);
  const place = new Array<number>(weights.length).fill(0);
  for (const item of descending(weights)) {
    const chosen = indexOfLightest(load);
    const held = (items[chosen] ?? 0) + 1;
    pack[item] = chosen;
    place[item] = held - 1;
    items[chosen] = held;
    load[chosen] = held === perPack ? Infinity : (load[chosen] ?? 0) + (weights[item] ?? 0);
  }
  return { pack, place };
}

/** Gives every slot beyond the first round to the expert with the highest load per replica. */
export function replicate(weights: readonly number[], slots: number): Replication {
  const logical = weights.map((_, expert) => expert);
  const replicas = weights.map(() => 1);
  const perReplica = Float64Array.from(weights);
  for (let slot = weights.length; slot < slots; slot++) {
    const expert = indexOfLargest(perReplica);
    logical.push(expert);
    const count = (replicas[expert] ?? 0) + 1;
    replicas[expert] = count;
    perReplica[expert] = (weights[expert] ?? 0) / count;
  }
  return { logical, replicas };
}

/** Any expert on any GPU: for a worker inside one NVLink domain, where all GPUs are equally far. */
export function placeGlobally(weights: readonly number[], slots: number, ranks: number): number[] {
  return placeHierarchically(weights, slots, ranks, { groups: 1, nodes: 1 });
}

/**
 * Keeps the experts of a group on one node, as group-limited routing wants it. Falls back to the global policy where
 * the groups do not divide by the nodes.
 */
export function placeHierarchically(
  weights: readonly number[],
  slots: number,
  ranks: number,
  { groups, nodes }: ExpertGroups,
): number[] {
  if (groups % nodes !== 0) return placeGlobally(weights, slots, ranks);
  const order = orderByNode(weights, groups, nodes);
  const expertsPerNode = weights.length / nodes;
  return Array.from({ length: nodes }, (_, node) => {
    const experts = order.slice(node * expertsPerNode, (node + 1) * expertsPerNode);
    return placeWithinNode(experts, weights, slots / nodes, ranks / nodes);
  }).flat();
}

/** Logical experts in the order of the nodes that their groups went to. */
function orderByNode(weights: readonly number[], groups: number, nodes: number): number[] {
  const size = weights.length / groups;
  const groupWeights = Array.from({ length: groups }, (_, group) =>
    weights.slice(group * size, (group + 1) * size).reduce((sum, weight) => sum + weight, 0),
  );
  const { pack, place } = packBalanced(groupWeights, nodes);
  const order = new Array<number>(weights.length).fill(0);
  groupWeights.forEach((_, group) => {
    const first = ((pack[group] ?? 0) * (groups / nodes) + (place[group] ?? 0)) * size;
    for (let i = 0; i < size; i++) order[first + i] = group * size + i;
  });
  return order;
}

function placeWithinNode(
  experts: readonly number[],
  weights: readonly number[],
  slots: number,
  ranks: number,
): number[] {
  const local = experts.map((expert) => weights[expert] ?? 0);
  const { logical, replicas } = replicate(local, slots);
  const slotWeights = logical.map((i) => (local[i] ?? 0) / (replicas[i] ?? 1));
  const { pack, place } = packBalanced(slotWeights, ranks);
  const placed = new Array<number>(slots).fill(0);
  logical.forEach((i, item) => {
    placed[(pack[item] ?? 0) * (slots / ranks) + (place[item] ?? 0)] = experts[i] ?? 0;
  });
  return placed;
}

function descending(weights: readonly number[]): number[] {
  return weights.map((_, i) => i).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
}

function indexOfLightest(values: Float64Array): number {
  let lightest = 0;
  let least = values[0] ?? Infinity;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? Infinity;
    if (value < least) [lightest, least] = [i, value];
  }
  return lightest;
}

function indexOfLargest(values: Float64Array): number {
  let index = 0;
  let largest = values[0] ?? 0;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > largest) [index, largest] = [i, value];
  }
  return index;
}
