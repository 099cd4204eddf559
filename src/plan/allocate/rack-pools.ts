import { poolChoices } from "./client-pools";
import { leastPlan, type PlanLimits, type PlanMeasure, type PlanOrder, type PoolSlot } from "./least-plan";
import { comparePools, emptyPool, type Pool } from "./pool";
import { rackPrice } from "./price";
import {
  covers,
  type AllocationRequest,
  type ClientDemand,
  type Objective,
  type PrefillMode,
  type Role,
} from "./request";
import { noSharedPool, sharedPools, sustains, type SharedPrefillPool } from "./shared-prefill";

/**
 * Which of two plans is the better one. A plan is never kept for its nearness to today's at a higher bill, and idle
 * trays have no bill of their own unless the price says so.
 */
export const planOrders: Readonly<Record<Objective, PlanOrder>> = {
  share: ["dollarsPerHour", "movedTrays", "changedWorkers", "trays"],
  trays: ["trays", "dollarsPerHour", "movedTrays", "changedWorkers"],
  cost: ["dollarsPerHour", "movedTrays", "changedWorkers", "trays"],
};

/** The pools of all clients on one rack, in the order of the clients. */
export interface RackPools {
  readonly shared: SharedPrefillPool;
  readonly pools: readonly PoolPair[];
  readonly measure: PlanMeasure;
}

export interface PoolPair {
  readonly prefill: Pool;
  readonly decode: Pool;
}

/** The least pools of one rack that give every client the rate it needs; a client that needs none gets none. */
export function leastRackPools(
  request: AllocationRequest,
  mode: PrefillMode,
  needed: readonly number[],
): RackPools | undefined {
  const { shared, prefill, decode } =
    mode === "separate" ? separateSlots(request, needed) : sharedSlots(request, needed);
  const least = leastPlan([shared, ...prefill, ...decode], planOrders[request.objective], limitsOf(request));
  if (least === undefined) return undefined;
  const { picks, measure } = least;
  return {
    shared: shared.choices[picks[0] ?? 0] ?? noSharedPool,
    pools: request.clients.map((_, i) => ({
      prefill: prefill[i]?.choices[picks[1 + i] ?? 0] ?? emptyPool,
      decode: decode[i]?.choices[picks[1 + request.clients.length + i] ?? 0] ?? emptyPool,
    })),
    measure,
  };
}

interface RackSlots {
  readonly shared: PoolSlot<SharedPrefillPool>;
  readonly prefill: readonly PoolSlot<Pool>[];
  readonly decode: readonly PoolSlot<Pool>[];
}

function separateSlots(request: AllocationRequest, needed: readonly number[]): RackSlots {
  return {
    shared: { choices: [noSharedPool], today: request.todaySharedPrefill ?? [] },
    prefill: request.clients.map((client, i) => roleSlot(request, client, "prefill", needed[i] ?? 0)),
    decode: request.clients.map((client, i) => roleSlot(request, client, "decode", needed[i] ?? 0)),
  };
}

function sharedSlots(request: AllocationRequest, needed: readonly number[]): RackSlots {
  return {
    shared: {
      choices: sharedPools(request).filter((pool) => sustains(pool, needed)),
      today: request.todaySharedPrefill ?? [],
    },
    prefill: request.clients.map((client) => ({ choices: [emptyPool], today: client.today?.prefill ?? [] })),
    decode: request.clients.map((client, i) => roleSlot(request, client, "decode", needed[i] ?? 0)),
  };
}

function roleSlot(request: AllocationRequest, client: ClientDemand, role: Role, needed: number): PoolSlot<Pool> {
  if (needed <= 0) return { choices: [emptyPool], today: client.today?.[role] ?? [] };
  const enough = poolChoices(request, client, role).filter((pool) => covers(pool.requestsPerSecond, needed));
  return { choices: [...enough].sort(comparePools), today: client.today?.[role] ?? [] };
}

function limitsOf(request: AllocationRequest): PlanLimits {
  return {
    trays: request.trays,
    price: request.price === undefined ? undefined : rackPrice(request.price, request),
    nearToday: request.todaySharedPrefill !== undefined || request.clients.some((client) => client.today !== undefined),
  };
}
