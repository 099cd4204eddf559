import { capacityCurve, pinnedCurve, rateAt, type CapacityCurve } from "./capacity-curve";
import { allPools, decodeRules, poolOf, prefillRules, type Pool, type PoolRules } from "./pool";
import { weightOf, type AllocationRequest, type ClientDemand, type Role, type WorkerOption } from "./request";

/** What one client can do on t trays of one rack, for every t. */
export interface ClientPools {
  readonly demand: ClientDemand;
  /** Requests per second that one unit of the served share means. */
  readonly weight: number;
  readonly prefill: CapacityCurve;
  readonly decode: CapacityCurve;
  /** Requests per second of both pools together, by trays. */
  readonly rates: readonly number[];
}

export function clientPools(request: AllocationRequest, demand: ClientDemand, trays = request.trays): ClientPools {
  const prefill = roleCurve(request, demand, "prefill", trays);
  const decode = roleCurve(request, demand, "decode", trays);
  const rates = Array.from({ length: trays + 1 }, (_, t) => bestSplit(prefill, decode, t).requestsPerSecond);
  return { demand, weight: weightOf(demand, request.objective), prefill, decode, rates };
}

/** How a client's trays are best divided between its roles. */
export interface RoleSplit {
  readonly prefillTrays: number;
  readonly decodeTrays: number;
  readonly requestsPerSecond: number;
}

export function bestSplit(prefill: CapacityCurve, decode: CapacityCurve, trays: number): RoleSplit {
  let best: RoleSplit = { prefillTrays: 0, decodeTrays: 0, requestsPerSecond: 0 };
  for (let prefillTrays = 0; prefillTrays <= trays; prefillTrays++) {
    const decodeTrays = trays - prefillTrays;
    const requestsPerSecond = Math.min(rateAt(prefill, prefillTrays), rateAt(decode, decodeTrays));
    if (requestsPerSecond > best.requestsPerSecond) best = { prefillTrays, decodeTrays, requestsPerSecond };
  }
  return best;
}

/** Every pool that one role of a client may have on one rack: a single one where the operator has fixed it. */
export function poolChoices(request: AllocationRequest, demand: ClientDemand, role: Role): readonly Pool[] {
  const rules = rulesOf(request, role);
  const pinned = pinnedPool(demand, role, rules);
  return pinned === undefined ? allPools(demand[role], request.trays, rules) : [pinned];
}

/** The pool that the operator has fixed. Sizes without an option are refused before. */
export function pinnedPool(demand: ClientDemand, role: Role, rules: PoolRules): Pool | undefined {
  const sizes = demand.pinned?.[role];
  if (sizes === undefined) return undefined;
  return poolOfSizes(demand[role], sizes, rules);
}

/** A pool of workers of the given sizes in trays; sizes that no option has are left out. */
export function poolOfSizes(options: readonly WorkerOption[], sizes: readonly number[], rules: PoolRules): Pool {
  const groups = [...new Set(sizes)].flatMap((trays) => {
    const option = bestOfSize(options, trays);
    return option === undefined ? [] : [{ option, workers: sizes.filter((size) => size === trays).length }];
  });
  return poolOf(groups, rules);
}

export function bestOfSize(options: readonly WorkerOption[], trays: number): WorkerOption | undefined {
  return options
    .filter((option) => option.trays === trays && option.requestsPerSecond > 0)
    .reduce<WorkerOption | undefined>(
      (best, option) => (best === undefined || option.requestsPerSecond > best.requestsPerSecond ? option : best),
      undefined,
    );
}

export function rulesOf(request: AllocationRequest, role: Role): PoolRules {
  return role === "prefill" ? prefillRules(request.prefillCapacity) : decodeRules(request.mixedDecode);
}

/** The best pool of one role on t trays, for every t; the operator's where it is fixed. */
export function roleCurve(request: AllocationRequest, demand: ClientDemand, role: Role, trays: number): CapacityCurve {
  const rules = rulesOf(request, role);
  const pinned = pinnedPool(demand, role, rules);
  return pinned === undefined ? capacityCurve(demand[role], trays, rules) : pinnedCurve(pinned, trays);
}
