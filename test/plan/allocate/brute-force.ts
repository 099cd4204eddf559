import type { AllocationRequest, ClientDemand, PrefillMode, WorkerOption } from "../../../src/plan/allocate/request";

/** One plan of one rack, found by trying everything. Written without any of the code under test. */
export interface BrutePlan {
  readonly share: number;
  readonly trays: number;
  readonly dollarsPerHour: number;
  readonly movedTrays: number;
  readonly changedWorkers: number;
}

interface BrutePool {
  readonly sizes: readonly number[];
  readonly trays: number;
  readonly gpus: number;
  readonly rate: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function brutePools(options: readonly WorkerOption[], trays: number, mixed: boolean): BrutePool[] {
  let pools: BrutePool[] = [{ sizes: [], trays: 0, gpus: 0, rate: 0 }];
  for (const option of options) {
    pools = pools.flatMap((pool) => {
      const grown: BrutePool[] = [];
      for (let n = 0; pool.trays + n * option.trays <= trays; n++) {
        if (n > 0 && !mixed && pool.sizes.length > 0) break;
        grown.push({
          sizes: [...pool.sizes, ...Array.from({ length: n }, () => option.trays)],
          trays: pool.trays + n * option.trays,
          gpus: pool.gpus + n * option.gpus,
          rate: pool.rate + n * option.requestsPerSecond,
        });
      }
      return grown;
    });
  }
  return pools;
}

function rolePools(request: AllocationRequest, client: ClientDemand, role: "prefill" | "decode"): BrutePool[] {
  const pins = client.pinned?.[role];
  const pools = brutePools(
    client[role],
    request.trays,
    pins !== undefined || (role === "decode" && request.mixedDecode),
  );
  if (pins === undefined) return pools;
  const key = (sizes: readonly number[]): string => [...sizes].sort((a, b) => a - b).join();
  return pools.filter((pool) => key(pool.sizes) === key(pins));
}

/** All plans of one rack: a list of pools (shared prefill first), and the rates of the clients per unit of share. */
export function brutePlans(request: AllocationRequest, mode: PrefillMode): BrutePlan[] {
  const weight = (client: ClientDemand): number =>
    request.objective === "share" ? client.weight : (client.requestsPerSecond ?? 0);
  const plans: BrutePlan[] = [];
  const measure = (pools: readonly BrutePool[], share: number): void => {
    const today = [
      request.todaySharedPrefill ?? [],
      ...request.clients.flatMap((client) => [client.today?.prefill ?? [], client.today?.decode ?? []]),
    ];
    const known =
      request.todaySharedPrefill !== undefined || request.clients.some((client) => client.today !== undefined);
    const trays = sum(pools.map((pool) => pool.trays));
    const free = request.trays - trays;
    const freeToday = request.trays - sum(today.flat());
    const gains = pools.map((pool, i) => Math.max(0, pool.trays - sum(today[i] ?? [])));
    plans.push({
      share,
      trays,
      dollarsPerHour: bill(request, trays, sum(pools.map((pool) => pool.gpus))),
      movedTrays: known ? sum(gains) + Math.max(0, free - freeToday) : 0,
      changedWorkers: known ? sum(pools.map((pool, i) => changes(pool.sizes, today[i] ?? []))) : 0,
    });
  };
  const none: BrutePool = { sizes: [], trays: 0, gpus: 0, rate: 0 };
  const visit = (k: number, pools: readonly BrutePool[], share: number, busyPerShare: number, shared?: SharedBrute) => {
    const client = request.clients[k];
    const used = sum(pools.map((pool) => pool.trays));
    if (used > request.trays || share <= 0) return;
    if (client === undefined) {
      measure(pools, Math.min(share, busyPerShare > 0 ? 1 / busyPerShare : Infinity));
      return;
    }
    const alone = shared?.alone[k] ?? 0;
    for (const prefill of shared === undefined ? rolePools(request, client, "prefill") : [none]) {
      for (const decode of rolePools(request, client, "decode")) {
        const rate = shared === undefined ? Math.min(prefill.rate, decode.rate) : decode.rate;
        const busy = shared === undefined ? 0 : weight(client) / alone;
        visit(k + 1, [...pools, prefill, decode], Math.min(share, rate / weight(client)), busyPerShare + busy, shared);
      }
    }
  };
  if (mode === "separate") visit(0, [none], Infinity, 0);
  else for (const shared of sharedBrute(request)) visit(0, [shared.pool], Infinity, 0, shared);
  return plans;
}

interface SharedBrute {
  readonly pool: BrutePool;
  readonly alone: readonly number[];
}

function sharedBrute(request: AllocationRequest): SharedBrute[] {
  return (request.clients[0]?.prefill ?? []).flatMap((size) => {
    const same = request.clients.map((client) =>
      client.prefill.find((option) => option.trays === size.trays && option.gpus === size.gpus),
    );
    if (same.includes(undefined)) return [];
    return Array.from({ length: Math.floor(request.trays / size.trays) }, (_, i) => ({
      pool: {
        sizes: Array.from({ length: i + 1 }, () => size.trays),
        trays: (i + 1) * size.trays,
        gpus: (i + 1) * size.gpus,
        rate: 0,
      },
      alone: same.map((option) => (i + 1) * (option?.requestsPerSecond ?? 0)),
    }));
  });
}

function changes(planned: readonly number[], today: readonly number[]): number {
  const left = [...today];
  const started = planned.filter((size) => {
    const at = left.indexOf(size);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return started.length + left.length;
}

export function bill(request: AllocationRequest, trays: number, workerGpus: number): number {
  const { price, gpusPerTray } = request;
  if (price === undefined) return 0;
  const paid = (price.billing === "rack" ? request.trays : trays) * gpusPerTray;
  const idle = (price.kilowattIdlePerGpu ?? 0) * (paid - workerGpus);
  const busy = (price.kilowattBusyPerGpu ?? price.kilowattIdlePerGpu ?? 0) * workerGpus;
  return paid * price.dollarsPerGpuHour + (idle + busy) * (price.dollarsPerKilowattHour ?? 0);
}

/** The best of the plans, by the documented order. Undefined when none serves the request. */
export function bruteBest(request: AllocationRequest, mode: PrefillMode): BrutePlan | undefined {
  const plans = brutePlans(request, mode);
  const most = plans.reduce((best, plan) => Math.max(best, plan.share), 0);
  const wanted = request.objective === "share" ? most : 1;
  const valid = plans.filter((plan) => plan.share > 0 && plan.share >= wanted * (1 - 1e-9));
  const cents = (plan: BrutePlan): number => Math.round(plan.dollarsPerHour * 1e6);
  const order = (plan: BrutePlan): number[] =>
    request.objective === "trays"
      ? [plan.trays, cents(plan), plan.movedTrays, plan.changedWorkers]
      : [cents(plan), plan.movedTrays, plan.changedWorkers, plan.trays];
  return valid.reduce<BrutePlan | undefined>((best, plan) => {
    if (best === undefined) return plan;
    const [a, b] = [order(plan), order(best)];
    const at = a.findIndex((value, i) => value !== b[i]);
    return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0) ? plan : best;
  }, undefined);
}
