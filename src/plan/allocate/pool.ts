import { additiveCapacity, type PrefillCapacity, type WorkerOption } from "./request";

/** Equal workers of a pool. */
export interface WorkerGroup {
  readonly option: WorkerOption;
  readonly workers: number;
}

/** What a pool takes of a rack, whatever it serves. */
export interface PoolFootprint {
  readonly trays: number;
  readonly gpus: number;
  /** One entry per worker, in trays, largest first. */
  readonly workerTrays: readonly number[];
}

/** One pool of one client. */
export interface Pool extends PoolFootprint {
  /** Largest workers first. */
  readonly groups: readonly WorkerGroup[];
  readonly requestsPerSecond: number;
}

export interface PoolRules {
  /** Whether workers of different sizes may stand in one pool. */
  readonly mixed: boolean;
  readonly capacity: PrefillCapacity;
}

export const decodeRules = (mixed: boolean): PoolRules => ({ mixed, capacity: additiveCapacity });

export const prefillRules = (capacity: PrefillCapacity = additiveCapacity): PoolRules => ({ mixed: false, capacity });

export const emptyPool: Pool = { groups: [], trays: 0, gpus: 0, workerTrays: [], requestsPerSecond: 0 };

export function poolOf(groups: readonly WorkerGroup[], rules: PoolRules): Pool {
  const used = groups.filter((group) => group.workers > 0).sort((a, b) => largerFirst(a.option, b.option));
  return {
    groups: used,
    trays: sum(used.map((group) => group.workers * group.option.trays)),
    gpus: sum(used.map((group) => group.workers * group.option.gpus)),
    workerTrays: used.flatMap((group) => Array.from({ length: group.workers }, () => group.option.trays)),
    requestsPerSecond: sum(used.map((group) => rules.capacity(group.option, group.workers))),
  };
}

/**
 * Every pool on at most `trays` trays, the empty one first. The count is that of the partitions of the trays into
 * worker sizes: 339 for sizes of 1, 2, 4, 8 and 16 trays on a rack of 18.
 */
export function allPools(options: readonly WorkerOption[], trays: number, rules: PoolRules): readonly Pool[] {
  const candidates = worthwhile(options);
  if (!rules.mixed) return [emptyPool, ...candidates.flatMap((option) => uniformPools(option, trays, rules))];
  const found: Pool[] = [];
  const visit = (index: number, free: number, groups: readonly WorkerGroup[]): void => {
    const option = candidates[index];
    if (option === undefined) {
      found.push(poolOf(groups, rules));
      return;
    }
    for (let workers = 0; workers * option.trays <= free; workers++) {
      visit(index + 1, free - workers * option.trays, [...groups, { option, workers }]);
    }
  };
  visit(0, trays, []);
  return found;
}

export function uniformPools(option: WorkerOption, trays: number, rules: PoolRules): readonly Pool[] {
  return Array.from({ length: Math.floor(trays / option.trays) }, (_, i) =>
    poolOf([{ option, workers: i + 1 }], rules),
  );
}

/** Options in a fixed order, without those that another on as many trays makes needless. */
export function worthwhile(options: readonly WorkerOption[]): readonly WorkerOption[] {
  const usable = options.filter((option) => option.requestsPerSecond > 0).sort(largerFirst);
  return usable.filter((option, i) => !usable.some((other, j) => replaces(other, j, option, i)));
}

function replaces(other: WorkerOption, otherIndex: number, option: WorkerOption, index: number): boolean {
  if (other.trays !== option.trays || other.gpus > option.gpus) return false;
  if (other.requestsPerSecond !== option.requestsPerSecond) return other.requestsPerSecond > option.requestsPerSecond;
  return other.gpus < option.gpus || otherIndex < index;
}

/** Negative when `a` is preferred on equal trays: more requests per second, then fewer workers, then larger ones. */
export function comparePools(a: Pool, b: Pool): number {
  const rate = compareRates(b.requestsPerSecond, a.requestsPerSecond);
  if (rate !== 0) return rate;
  return a.workerTrays.length - b.workerTrays.length || compareLists(b.workerTrays, a.workerTrays) || a.gpus - b.gpus;
}

/** 0 for rates that differ by rounding only: 3 x 1.1 and 1.1 + 2.2 are one rate. */
export function compareRates(a: number, b: number): number {
  return Math.abs(a - b) <= 1e-12 * Math.max(a, b) ? 0 : a - b;
}

export function compareLists(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function largerFirst(a: WorkerOption, b: WorkerOption): number {
  return b.trays - a.trays || b.gpus - a.gpus || b.requestsPerSecond - a.requestsPerSecond;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
