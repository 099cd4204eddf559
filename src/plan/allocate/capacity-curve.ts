import type { WorkerOption } from "./request";
import { comparePools, compareRates, emptyPool, poolOf, uniformPools, worthwhile } from "./pool";
import type { Pool, PoolRules, WorkerGroup } from "./pool";

/** The best pool on at most t trays, for every t from 0 on. Never falls with t. */
export type CapacityCurve = readonly Pool[];

/** The curve of a pool whose workers may be chosen freely. */
export function capacityCurve(options: readonly WorkerOption[], trays: number, rules: PoolRules): CapacityCurve {
  return rules.mixed ? mixedCurve(options, trays, rules) : uniformCurve(options, trays, rules);
}

/** The curve of a pool that the operator has fixed: nothing below its trays, never more above them. */
export function pinnedCurve(pool: Pool, trays: number): CapacityCurve {
  return Array.from({ length: trays + 1 }, (_, t) => (t < pool.trays ? emptyPool : pool));
}

/** Requests per second on at most `trays` trays. */
export function rateAt(curve: CapacityCurve, trays: number): number {
  return poolAt(curve, trays).requestsPerSecond;
}

export function poolAt(curve: CapacityCurve, trays: number): Pool {
  return curve[Math.min(trays, curve.length - 1)] ?? emptyPool;
}

/** Requests per second and tray of the best pool: no pool of the curve has more. */
export function bestRatePerTray(curve: CapacityCurve): number {
  return curve.reduce((best, pool) => (pool.trays > 0 ? Math.max(best, pool.requestsPerSecond / pool.trays) : best), 0);
}

export function ratesOf(curve: CapacityCurve): readonly number[] {
  return curve.map((pool) => pool.requestsPerSecond);
}

/** Requests per second of the best pools of one role on t trays of many racks, each pool within one rack. */
export function ratesOverRacks(curve: CapacityCurve, rackTrays: number, trays: number): readonly number[] {
  const sizes = Array.from({ length: rackTrays }, (_, i) => i + 1);
  const rises = sizes.filter((t) => rateAt(curve, t) > rateAt(curve, t - 1));
  const best = [0];
  for (let t = 1; t <= trays; t++) {
    let rate = best[t - 1] ?? 0;
    for (const size of rises) if (size <= t) rate = Math.max(rate, (best[t - size] ?? 0) + rateAt(curve, size));
    best.push(rate);
  }
  return best;
}

/** Unbounded knapsack: the best pool on t trays is one worker more than the best on fewer. */
function mixedCurve(options: readonly WorkerOption[], trays: number, rules: PoolRules): CapacityCurve {
  const candidates = worthwhile(options);
  const curve: Pool[] = [emptyPool];
  for (let t = 1; t <= trays; t++) {
    let best = curve[t - 1] ?? emptyPool;
    for (const option of candidates) {
      const rest = t >= option.trays ? curve[t - option.trays] : undefined;
      if (rest === undefined) continue;
      const rate = rest.requestsPerSecond + option.requestsPerSecond;
      if (compareRates(rate, best.requestsPerSecond) < 0) continue;
      best = better(best, poolOf(withWorker(rest.groups, option), rules));
    }
    curve.push(best);
  }
  return curve;
}

function uniformCurve(options: readonly WorkerOption[], trays: number, rules: PoolRules): CapacityCurve {
  const exact = Array.from({ length: trays + 1 }, () => emptyPool);
  for (const pool of worthwhile(options).flatMap((option) => uniformPools(option, trays, rules))) {
    exact[pool.trays] = better(exact[pool.trays] ?? emptyPool, pool);
  }
  let best = emptyPool;
  return exact.map((pool) => (best = better(best, pool)));
}

function withWorker(groups: readonly WorkerGroup[], option: WorkerOption): readonly WorkerGroup[] {
  if (!groups.some((group) => group.option === option)) return [...groups, { option, workers: 1 }];
  return groups.map((group) => (group.option === option ? { option, workers: group.workers + 1 } : group));
}

/** At one rate the pool on fewer trays stays, so that a curve never takes trays for nothing. */
function better(current: Pool, other: Pool): Pool {
  const rate = compareRates(other.requestsPerSecond, current.requestsPerSecond);
  if (rate !== 0) return rate > 0 ? other : current;
  if (other.trays !== current.trays) return other.trays < current.trays ? other : current;
  return comparePools(other, current) < 0 ? other : current;
}
