import type { PoolFootprint } from "./pool";
import { additiveCapacity, rateTolerance, type AllocationRequest, type WorkerOption } from "./request";

/** One prefill pool for all clients: equal workers of a size that every client has an option for. */
export interface SharedPrefillPool extends PoolFootprint {
  readonly workers: number;
  readonly gpusPerWorker: number;
  readonly traysPerWorker: number;
  /** Requests per second that each client alone would get, in the order of the clients. */
  readonly requestsPerSecondAlone: readonly number[];
}

export const noSharedPool: SharedPrefillPool = {
  workers: 0,
  gpusPerWorker: 0,
  traysPerWorker: 0,
  trays: 0,
  gpus: 0,
  workerTrays: [],
  requestsPerSecondAlone: [],
};

/** Every shared pool on at most `trays` trays of one rack. */
export function sharedPools(request: AllocationRequest, trays = request.trays): readonly SharedPrefillPool[] {
  const capacity = request.prefillCapacity ?? additiveCapacity;
  return commonSizes(request).flatMap((options) => {
    const [first] = options;
    if (first === undefined) return [];
    return Array.from({ length: Math.floor(trays / first.trays) }, (_, i) =>
      sharedPool(options, first, i + 1, capacity),
    );
  });
}

function sharedPool(
  options: readonly WorkerOption[],
  size: WorkerOption,
  workers: number,
  capacity: (option: WorkerOption, workers: number) => number,
): SharedPrefillPool {
  return {
    workers,
    gpusPerWorker: size.gpus,
    traysPerWorker: size.trays,
    trays: workers * size.trays,
    gpus: workers * size.gpus,
    workerTrays: Array.from({ length: workers }, () => size.trays),
    requestsPerSecondAlone: options.map((option) => capacity(option, workers)),
  };
}

/** Share of the pool's time that the clients' rates take: a request takes the part that it would take alone. */
export function busyShare(pool: SharedPrefillPool, ratesPerSecond: readonly number[]): number {
  return ratesPerSecond.reduce((busy, rate, i) => busy + rate / (pool.requestsPerSecondAlone[i] ?? 0), 0);
}

export function sustains(pool: SharedPrefillPool, ratesPerSecond: readonly number[]): boolean {
  return busyShare(pool, ratesPerSecond) <= 1 + rateTolerance;
}

/** For every size that all clients can have: their options, in the order of the clients. */
function commonSizes(request: AllocationRequest): readonly (readonly WorkerOption[])[] {
  const [first, ...others] = request.clients;
  if (first === undefined) return [];
  const seen = new Set<string>();
  return first.prefill.flatMap((option) => {
    const size = `${option.trays}/${option.gpus}`;
    if (seen.has(size)) return [];
    seen.add(size);
    const same = [first, ...others].map((client) => fastest(client.prefill, option));
    return same.every((one) => one !== undefined) ? [same] : [];
  });
}

function fastest(options: readonly WorkerOption[], size: WorkerOption): WorkerOption | undefined {
  return options
    .filter((one) => one.trays === size.trays && one.gpus === size.gpus && one.requestsPerSecond > 0)
    .sort((a, b) => b.requestsPerSecond - a.requestsPerSecond)[0];
}
