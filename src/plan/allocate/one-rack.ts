import { clientPools, type ClientPools } from "./client-pools";
import { compareMeasures } from "./least-plan";
import { limitingPools } from "./limits";
import type { ClientOnRack, ModePlan } from "./plan";
import { compareRates, emptyPool, type Pool } from "./pool";
import { dollarsPerHour, rackPrice } from "./price";
import { leastRackPools, planOrders, type PoolPair, type RackPools } from "./rack-pools";
import { covers, type AllocationRequest, type Objective, type PrefillMode } from "./request";
import { largestSeparateShare, largestSharedShare } from "./share";
import { busyShare, sharedPools, type SharedPrefillPool } from "./shared-prefill";

/** The best plan for one rack, exactly. Undefined when a client cannot be served at all, or not at the given rates. */
export function planOneRack(request: AllocationRequest, mode: PrefillMode): ModePlan | undefined {
  const clients = request.clients.map((demand) => clientPools(request, demand));
  const share = request.objective === "share" ? oneRackShare(request, clients, mode) : 1;
  if (share <= 0) return undefined;
  const needed = clients.map((client) => share * client.weight);
  const chosen = leastRackPools(request, mode, needed);
  return chosen === undefined ? undefined : modePlan(request, mode, clients, chosen);
}

/** The largest common share on one rack of `trays` trays. */
export function oneRackShare(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  trays = request.trays,
): number {
  if (mode === "separate") return largestSeparateShare(clients, trays);
  return largestSharedShare(clients, sharedPools(request, trays), trays);
}

/** Negative when `a` is better: by value first, then as plans of one mode are compared, then separate pools. */
export function compareModes(a: ModePlan, b: ModePlan, objective: Objective): number {
  const share = objective === "share" && !covers(Math.min(a.share, b.share), Math.max(a.share, b.share));
  if (share) return b.share - a.share;
  // Two sums of the same dollars may differ in their last digit.
  const rounded = (dollars = 0): number => Math.round(dollars * 1e6) / 1e6;
  const measure = (plan: ModePlan) => ({ ...plan, dollarsPerHour: rounded(plan.dollarsPerHour) });
  const difference = compareMeasures(measure(a), measure(b), planOrders[objective]);
  return difference !== 0 ? difference : a.mode.localeCompare(b.mode, "en");
}

function modePlan(
  request: AllocationRequest,
  mode: PrefillMode,
  clients: readonly ClientPools[],
  { shared, pools, measure }: RackPools,
): ModePlan {
  const share = shareOf(clients, pools, mode === "shared" ? shared : undefined);
  const onRack = clients.map((client, i) => clientOnRack(client, pools[i], mode, share));
  const gpus = shared.gpus + onRack.reduce((sum, one) => sum + one.prefill.gpus + one.decode.gpus, 0);
  const freeTrays = request.trays - measure.trays;
  return {
    mode,
    share,
    racks: [
      {
        racks: 1,
        clients: onRack,
        ...(mode === "shared" ? { sharedPrefill: shared } : {}),
        trays: measure.trays,
        gpus,
        freeTrays,
      },
    ],
    clients: onRack.map((one, i) => ({
      client: one.client,
      trays: one.trays,
      requestsPerSecond: one.requestsPerSecond,
      neededRequestsPerSecond: (request.objective === "share" ? share : 1) * (clients[i]?.weight ?? 0),
    })),
    trays: measure.trays,
    freeTrays,
    racksUsed: 1,
    ...(request.price === undefined
      ? {}
      : { dollarsPerHour: dollarsPerHour(rackPrice(request.price, request), { trays: measure.trays, gpus }) }),
    movedTrays: measure.movedTrays,
    changedWorkers: measure.changedWorkers,
    limitedBy: limitingPools(onRack, clients, share, mode === "shared" ? shared : undefined),
  };
}

/** The share that the chosen pools serve; above the wanted one by what whole workers have left over. */
function shareOf(
  clients: readonly ClientPools[],
  pools: readonly PoolPair[],
  shared: SharedPrefillPool | undefined,
): number {
  const weights = clients.map((client) => client.weight);
  const prefillShare = shared === undefined ? Infinity : 1 / busyShare(shared, weights);
  return pools.reduce((least, { prefill, decode }, i) => {
    const rate =
      shared === undefined ? Math.min(prefill.requestsPerSecond, decode.requestsPerSecond) : decode.requestsPerSecond;
    return Math.min(least, rate / (weights[i] ?? 0));
  }, prefillShare);
}

function clientOnRack(
  { demand, weight }: ClientPools,
  pools: PoolPair | undefined,
  mode: PrefillMode,
  share: number,
): ClientOnRack {
  const { prefill, decode } = pools ?? { prefill: emptyPool, decode: emptyPool };
  return {
    client: demand.client,
    prefill,
    decode,
    trays: prefill.trays + decode.trays,
    requestsPerSecond: mode === "shared" ? share * weight : lesser(prefill, decode),
  };
}

function lesser(a: Pool, b: Pool): number {
  return compareRates(a.requestsPerSecond, b.requestsPerSecond) <= 0 ? a.requestsPerSecond : b.requestsPerSecond;
}
