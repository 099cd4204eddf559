import { poolChoices, type ClientPools } from "./client-pools";
import { comparePools, emptyPool, type Pool } from "./pool";
import type { RackPrice } from "./price";
import type { AllocationRequest } from "./request";
import { noSharedPool, sharedPools, type SharedPrefillPool } from "./shared-prefill";

/** One client's pools on one rack; both empty when the rack does not serve the client. */
export interface PatternPools {
  readonly prefill: Pool;
  readonly decode: Pool;
  /** The most that the client gets from them. */
  readonly requestsPerSecond: number;
}

/** One way of filling a rack. */
export interface RackPattern {
  readonly trays: number;
  readonly gpus: number;
  readonly clients: readonly PatternPools[];
  readonly shared?: SharedPrefillPool;
}

/** What makes a pattern worth keeping: its rates alone, or its rates for its trays and GPUs. */
export interface PatternCost {
  readonly trays: boolean;
  readonly gpus: boolean;
}

export const costBlind: PatternCost = { trays: false, gpus: false };

export function costOf(price: RackPrice | undefined): PatternCost {
  return { trays: true, gpus: (price?.dollarsPerWorkerGpuHour ?? 0) > 0 };
}

const unserved: PatternPools = { prefill: emptyPool, decode: emptyPool, requestsPerSecond: 0 };

/** Patterns with a prefill pool per client of which no other gives every client as much for as little. */
export function separatePatterns(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  cost: PatternCost,
): readonly RackPattern[] {
  const points = clients.map((client) => clientPoints(request, client, { ...cost, trays: true }));
  return undominated(combine(points, request.trays), cost, ratesDominate);
}

/** Patterns with one prefill pool. Their rates trade against each other, so they are compared as whole regions. */
export function sharedPatterns(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  cost: PatternCost,
): readonly RackPattern[] {
  const points = clients.map((client) => decodePoints(request, client, { ...cost, trays: true }));
  const found = sharedPools(request).flatMap((shared) =>
    combine(points, request.trays - shared.trays).map((pattern) => ({
      trays: pattern.trays + shared.trays,
      gpus: pattern.gpus + shared.gpus,
      clients: pattern.clients,
      shared,
    })),
  );
  return undominated(found, cost, regionDominates);
}

/** The pools of one client that no others beat with as many trays (and GPUs, where they are priced), and none at all. */
function clientPoints(request: AllocationRequest, client: ClientPools, cost: PatternCost): readonly PatternPools[] {
  const prefill = leanPools(poolChoices(request, client.demand, "prefill"), cost);
  const decode = leanPools(poolChoices(request, client.demand, "decode"), cost);
  const pairs = prefill.flatMap((p) =>
    decode.map((d) => ({
      prefill: p,
      decode: d,
      requestsPerSecond: Math.min(p.requestsPerSecond, d.requestsPerSecond),
    })),
  );
  return leanPoints(pairs, cost);
}

function decodePoints(request: AllocationRequest, client: ClientPools, cost: PatternCost): readonly PatternPools[] {
  const pools = leanPools(poolChoices(request, client.demand, "decode"), cost);
  return leanPoints(
    pools.map((decode) => ({ prefill: emptyPool, decode, requestsPerSecond: decode.requestsPerSecond })),
    cost,
  );
}

function leanPools(pools: readonly Pool[], cost: PatternCost): readonly Pool[] {
  return keepLean(pools.filter((pool) => pool.requestsPerSecond > 0).sort(comparePools), cost, (pool) => pool);
}

function leanPoints(pairs: readonly PatternPools[], cost: PatternCost): readonly PatternPools[] {
  const served = pairs.filter((pair) => pair.requestsPerSecond > 0);
  const size = ({ prefill, decode, requestsPerSecond }: PatternPools) => ({
    trays: prefill.trays + decode.trays,
    gpus: prefill.gpus + decode.gpus,
    requestsPerSecond,
  });
  return [unserved, ...keepLean(served, cost, size)];
}

interface Size {
  readonly trays: number;
  readonly gpus: number;
  readonly requestsPerSecond: number;
}

/** Fewest trays first; each one kept must serve more than all that take no more. */
function keepLean<T>(items: readonly T[], cost: PatternCost, sizeOf: (item: T) => Size): readonly T[] {
  const sized = items.map((item) => ({ item, size: sizeOf(item) }));
  sized.sort(
    ({ size: a }, { size: b }) =>
      a.trays - b.trays || (cost.gpus ? a.gpus - b.gpus : 0) || b.requestsPerSecond - a.requestsPerSecond,
  );
  const kept: typeof sized = [];
  for (const one of sized) {
    const beaten = kept.some(
      ({ size }) => size.requestsPerSecond >= one.size.requestsPerSecond && (!cost.gpus || size.gpus <= one.size.gpus),
    );
    if (!beaten) kept.push(one);
  }
  return kept.map(({ item }) => item);
}

/** Every choice of one point per client that fits the rack. */
function combine(points: readonly (readonly PatternPools[])[], trays: number): readonly RackPattern[] {
  let patterns: readonly RackPattern[] = [{ trays: 0, gpus: 0, clients: [] }];
  for (const ofClient of points) {
    patterns = patterns.flatMap((pattern) =>
      ofClient
        .map((point) => ({
          trays: pattern.trays + point.prefill.trays + point.decode.trays,
          gpus: pattern.gpus + point.prefill.gpus + point.decode.gpus,
          clients: [...pattern.clients, point],
        }))
        .filter((extended) => extended.trays <= trays),
    );
  }
  return patterns;
}

type Dominates = (a: RackPattern, b: RackPattern) => boolean;

function undominated(
  patterns: readonly RackPattern[],
  cost: PatternCost,
  dominates: Dominates,
): readonly RackPattern[] {
  const asCheap = (a: RackPattern, b: RackPattern): boolean =>
    (!cost.trays || a.trays <= b.trays) && (!cost.gpus || a.gpus <= b.gpus);
  const kept: RackPattern[] = [];
  for (const pattern of patterns) {
    if (pattern.clients.every((client) => client.requestsPerSecond === 0)) continue;
    if (kept.some((other) => asCheap(other, pattern) && dominates(other, pattern))) continue;
    const rest = kept.filter((other) => !(asCheap(pattern, other) && dominates(pattern, other)));
    kept.length = 0;
    kept.push(...rest, pattern);
  }
  return kept;
}

function ratesDominate(a: RackPattern, b: RackPattern): boolean {
  return a.clients.every((client, i) => client.requestsPerSecond >= (b.clients[i]?.requestsPerSecond ?? 0));
}

/**
 * Whether every division of prefill time that `b` allows is one that `a` allows: `a` has the rates, and the most that
 * `b` can load `a`'s prefill pool with is no more than all of it. The latter is a fractional knapsack.
 */
function regionDominates(a: RackPattern, b: RackPattern): boolean {
  const { shared: poolA = noSharedPool } = a;
  const { shared: poolB = noSharedPool } = b;
  const loads = b.clients.map((client, i) => {
    const aloneB = poolB.requestsPerSecondAlone[i] ?? 0;
    const most = Math.min(client.requestsPerSecond, aloneB);
    return { most, aloneB, aloneA: poolA.requestsPerSecondAlone[i] ?? 0, has: a.clients[i]?.requestsPerSecond ?? 0 };
  });
  if (loads.some((load) => load.has < load.most)) return false;
  let timeB = 1;
  let timeA = 0;
  for (const { most, aloneA, aloneB } of loads.sort((x, y) => y.aloneB / y.aloneA - x.aloneB / x.aloneA)) {
    const rate = Math.min(most, timeB * aloneB);
    timeB -= rate / aloneB;
    timeA += rate / aloneA;
  }
  return timeA <= 1;
}
