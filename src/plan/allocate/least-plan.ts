import { compareLists, type PoolFootprint } from "./pool";
import { dollarsPerHour, type RackPrice } from "./price";

/** One pool to choose, out of those that are large enough. */
export interface PoolSlot<P extends PoolFootprint = PoolFootprint> {
  /** In order of preference where nothing else tells two apart. */
  readonly choices: readonly P[];
  /** Worker sizes running today, in trays. */
  readonly today: readonly number[];
}

/** How a plan compares with others. Smaller is better in every part. */
export interface PlanMeasure {
  readonly trays: number;
  readonly dollarsPerHour: number;
  /** Trays whose pool is another one than today, free trays included. */
  readonly movedTrays: number;
  /** Workers started or stopped. */
  readonly changedWorkers: number;
}

/** Which measures decide, first to last. */
export type PlanOrder = readonly (keyof PlanMeasure)[];

export interface LeastPlan {
  readonly measure: PlanMeasure;
  /** Index of the chosen pool, per slot. */
  readonly picks: readonly number[];
}

export interface PlanLimits {
  readonly trays: number;
  readonly price: RackPrice | undefined;
  /** Whether there is a running plan to stay near to. */
  readonly nearToday: boolean;
}

interface Prefix {
  readonly gpus: number;
  /** Sum over pools of the trays they gain or lose. */
  readonly shiftedTrays: number;
  readonly changedWorkers: number;
  readonly picks: readonly number[];
}

interface Candidate extends Omit<Prefix, "picks"> {
  readonly trays: number;
  readonly pick: number;
}

/**
 * The least plan in the given order. Exact: all measures are sums over pools once the number of trays is known, so the
 * best prefix per number of trays is enough. Undefined when the slots do not fit.
 */
export function leastPlan(slots: readonly PoolSlot[], order: PlanOrder, limits: PlanLimits): LeastPlan | undefined {
  let prefixes = new Map<number, Prefix>([[0, { gpus: 0, shiftedTrays: 0, changedWorkers: 0, picks: [] }]]);
  for (const slot of slots) prefixes = extend(prefixes, candidates(slot, limits), limits.trays);
  const plans = [...prefixes].map(([trays, prefix]) => ({
    measure: measureOf(trays, prefix, slots, limits),
    picks: prefix.picks,
  }));
  return plans.sort((a, b) => compareMeasures(a.measure, b.measure, order) || compareLists(a.picks, b.picks))[0];
}

/** Dollars and moves are exact functions of whole numbers here, so equal plans have equal measures. */
export function compareMeasures(a: PlanMeasure, b: PlanMeasure, order: PlanOrder): number {
  for (const key of order) if (a[key] !== b[key]) return a[key] - b[key];
  return 0;
}

/** The best pool of a slot for each number of trays. */
function candidates(slot: PoolSlot, { price, nearToday }: PlanLimits): readonly Candidate[] {
  const best = new Map<number, Candidate>();
  const todayTrays = slot.today.reduce((sum, trays) => sum + trays, 0);
  slot.choices.forEach((pool, pick) => {
    const candidate = {
      trays: pool.trays,
      gpus: price === undefined || price.dollarsPerWorkerGpuHour === 0 ? 0 : pool.gpus,
      shiftedTrays: nearToday ? Math.abs(pool.trays - todayTrays) : 0,
      changedWorkers: nearToday ? countChanges(pool.workerTrays, slot.today) : 0,
      pick,
    };
    const rival = best.get(pool.trays);
    if (rival === undefined || compareParts(candidate, rival) < 0) best.set(pool.trays, candidate);
  });
  return [...best.values()];
}

function extend(prefixes: Map<number, Prefix>, choices: readonly Candidate[], trays: number): Map<number, Prefix> {
  const extended = new Map<number, Prefix>();
  for (const [used, prefix] of prefixes) {
    for (const choice of choices) {
      const total = used + choice.trays;
      if (total > trays) continue;
      const next = {
        gpus: prefix.gpus + choice.gpus,
        shiftedTrays: prefix.shiftedTrays + choice.shiftedTrays,
        changedWorkers: prefix.changedWorkers + choice.changedWorkers,
        picks: [...prefix.picks, choice.pick],
      };
      const rival = extended.get(total);
      const difference = rival === undefined ? -1 : compareParts(next, rival) || compareLists(next.picks, rival.picks);
      if (difference < 0) extended.set(total, next);
    }
  }
  return extended;
}

function compareParts(a: Omit<Prefix, "picks">, b: Omit<Prefix, "picks">): number {
  return a.gpus - b.gpus || a.shiftedTrays - b.shiftedTrays || a.changedWorkers - b.changedWorkers;
}

function measureOf(trays: number, prefix: Prefix, slots: readonly PoolSlot[], limits: PlanLimits): PlanMeasure {
  const todayTrays = slots.reduce((sum, slot) => sum + slot.today.reduce((total, size) => total + size, 0), 0);
  // A tray that changes its pool is gained by one and lost by another, the free trays counting as a pool.
  const moved = limits.nearToday ? (prefix.shiftedTrays + Math.abs(trays - todayTrays)) / 2 : 0;
  return {
    trays,
    dollarsPerHour: limits.price === undefined ? 0 : dollarsPerHour(limits.price, { trays, gpus: prefix.gpus }),
    movedTrays: moved,
    changedWorkers: prefix.changedWorkers,
  };
}

/** Workers to stop plus workers to start. */
function countChanges(planned: readonly number[], today: readonly number[]): number {
  const sizes = new Set([...planned, ...today]);
  const count = (list: readonly number[], size: number): number => list.filter((one) => one === size).length;
  return [...sizes].reduce((sum, size) => sum + Math.abs(count(planned, size) - count(today, size)), 0);
}
