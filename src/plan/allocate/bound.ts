import { bestRatePerTray } from "./capacity-curve";
import { pinnedPool, rulesOf, type ClientPools } from "./client-pools";
import type { LinearSolver, Row, Term } from "./linear-program";
import { uniformPools, worthwhile } from "./pool";
import { rackPrice, type RackPrice } from "./price";
import type { AllocationRequest, Role } from "./request";

/** A constraint that holds the bound where it is. */
export interface BindingConstraint {
  /** "trays", or the pool: "client2 prefill". */
  readonly constraint: string;
  /** Change of the bound per unit: per tray, or per request/s that the pool would have to sustain less. */
  readonly dual: number;
}

/** What no plan can beat, be its pools separate or shared. */
export interface RelaxedOptimum {
  /** Share, trays or dollars per hour, as the objective is. */
  readonly value: number;
  readonly binding: readonly BindingConstraint[];
}

/** Something a pool may hold any part of. */
interface Divisible {
  readonly name: string;
  readonly trays: number;
  readonly gpus: number;
  readonly requestsPerSecond: number;
}

interface RelaxedPool {
  readonly name: string;
  readonly role: Role;
  readonly weight: number;
  readonly columns: readonly Divisible[];
  readonly pinned: boolean;
}

/**
 * The linear relaxation: any part of a worker of every size, any part of a tray, no walls between racks. Every plan is
 * a solution of it, so its optimum bounds them all. A shared prefill pool is one too: its time divides like workers.
 */
export function relaxedOptimum(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  solve: LinearSolver,
): RelaxedOptimum | undefined {
  const pools = clients.flatMap((client, k) =>
    (["prefill", "decode"] as const).map((role) => relaxedPool(request, client, k, role)),
  );
  const isShare = request.objective === "share";
  const rows = [
    ...pools.map((pool) => poolRow(pool, isShare)),
    ...pools.flatMap((pool) => (pool.pinned && request.racks === 1 ? [pinRow(pool)] : [])),
    traysRow(request, pools),
    ...(request.objective === "cost" ? rackRows(request, pools) : []),
  ];
  if (pools.some((pool) => pool.columns.length === 0)) return undefined;
  const solution = solve({ sense: isShare ? "maximise" : "minimise", objective: objective(request, pools), rows });
  if (solution === undefined) return undefined;
  const binding = pools.map((pool) => ({ constraint: pool.name, dual: solution.dualOf(rowName(pool)) }));
  return {
    value: solution.objective,
    binding: [{ constraint: "trays", dual: solution.dualOf("trays") }, ...binding]
      .filter(({ dual }) => Math.abs(dual) > 1e-9)
      .map(({ constraint, dual }) => ({ constraint, dual: Math.abs(dual) })),
  };
}

/** Requests per second of one tray at its best: what a pool costs when nothing has to be whole. */
export function bestPerTray(request: AllocationRequest, client: ClientPools, role: Role): number {
  return bestRatePerTray(client[role].slice(0, request.trays + 1));
}

function relaxedPool(request: AllocationRequest, client: ClientPools, k: number, role: Role): RelaxedPool {
  const { demand, weight } = client;
  const rules = rulesOf(request, role);
  const pinned = pinnedPool(demand, role, rules);
  const column = (index: number): string => `${role.charAt(0)}${k}_${index}`;
  const columns =
    pinned === undefined
      ? worthwhile(demand[role]).flatMap((option, index) => {
          // A pool of several workers may sustain more per worker than one alone, so the best count stands for all.
          const perWorker = uniformPools(option, request.trays, rules).map(
            (pool) => pool.requestsPerSecond / pool.workerTrays.length,
          );
          if (perWorker.length === 0) return [];
          return [{ ...option, name: column(index), requestsPerSecond: Math.max(...perWorker) }];
        })
      : [{ ...pinned, name: column(0) }];
  return { name: `${demand.client} ${role}`, role, weight, columns, pinned: pinned !== undefined };
}

function rowName(pool: RelaxedPool): string {
  return `pool_${pool.columns[0]?.name ?? ""}`;
}

function poolRow(pool: RelaxedPool, isShare: boolean): Row {
  const served = pool.columns.map((column): Term => [column.requestsPerSecond, column.name]);
  return {
    name: rowName(pool),
    terms: isShare ? [...served, [-pool.weight, "share"]] : served,
    relation: ">=",
    limit: isShare ? 0 : pool.weight,
  };
}

function pinRow(pool: RelaxedPool): Row {
  return {
    name: `pin_${pool.columns[0]?.name ?? ""}`,
    terms: pool.columns.map((column) => [1, column.name]),
    relation: "=",
    limit: 1,
  };
}

function trayTerms(pools: readonly RelaxedPool[]): readonly Term[] {
  return pools.flatMap((pool) => pool.columns.map((column): Term => [column.trays, column.name]));
}

function traysRow(request: AllocationRequest, pools: readonly RelaxedPool[]): Row {
  return { name: "trays", terms: trayTerms(pools), relation: "<=", limit: request.trays * request.racks };
}

/** Any part of a rack may be in use, but one rack at least. */
function rackRows(request: AllocationRequest, pools: readonly RelaxedPool[]): readonly Row[] {
  const used = trayTerms(pools).map(([trays, name]): Term => [-trays, name]);
  return [
    { name: "racks", terms: [[request.trays, "racks"], ...used], relation: ">=", limit: 0 },
    { name: "one_rack", terms: [[1, "racks"]], relation: ">=", limit: 1 },
  ];
}

function objective(request: AllocationRequest, pools: readonly RelaxedPool[]): readonly Term[] {
  if (request.objective === "share") return [[1, "share"]];
  if (request.objective === "trays" || request.price === undefined) return trayTerms(pools);
  const price = rackPrice(request.price, request);
  return [[price.dollarsPerRackHour, "racks"], ...dollarTerms(pools, price)];
}

function dollarTerms(pools: readonly RelaxedPool[], price: RackPrice): readonly Term[] {
  return pools.flatMap((pool) =>
    pool.columns.map((column): Term => [
      column.trays * price.dollarsPerTrayHour + column.gpus * price.dollarsPerWorkerGpuHour,
      column.name,
    ]),
  );
}
