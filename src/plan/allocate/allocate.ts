import type { Problem } from "../../problems";
import { baselines, type Baseline } from "./baselines";
import { clientPools } from "./client-pools";
import { boundOf, type Bound } from "./gap";
import { refuse, type Relaxation } from "./infeasible";
import { planLending, type LendingAnswer } from "./lending";
import { loadSolver } from "./linear-program";
import type { ModePlan } from "./plan";
import { planModes } from "./plan-modes";
import { checkRequest } from "./request-rules";
import type { AllocationRequest } from "./request";
import { shadowPrices, type ShadowPrices } from "./shadow-price";

/** The best plan and its proof. Clients are in the order of their names. */
export interface Allocation {
  readonly plan: ModePlan;
  /** The best plan with the other way of prefilling, where the request allows both and both can serve it. */
  readonly alternative?: ModePlan;
  readonly bound?: Bound;
  /** Absent where rates are given for several racks: there the plan says how many racks they take. */
  readonly shadowPrices?: ShadowPrices;
  readonly baselines: readonly Baseline[];
  /** Present when the request has states of demand, and one rack. */
  readonly lending?: LendingAnswer;
}

export interface AllocationOutcome {
  /** Absent when no plan serves the request. */
  readonly allocation?: Allocation;
  readonly problems: readonly Problem[];
  /** Changes that, each alone, would make the request servable. */
  readonly relaxations: readonly Relaxation[];
}

/**
 * Gives the trays of one rack, or of many alike, to the clients. The plan is the best there is for the worker sizes in
 * the request, not an approximation; the bound says how far whole workers, trays and racks keep it from the ideal.
 */
export async function allocate(request: AllocationRequest): Promise<AllocationOutcome> {
  const problems = checkRequest(request);
  if (problems.length > 0) return { problems, relaxations: [] };
  const solve = await loadSolver();
  const canonical = inNameOrder(request);
  const [plan, alternative] = planModes(canonical, solve);
  if (plan === undefined) return refuse(canonical, solve);
  const clients = canonical.clients.map((demand) => clientPools(canonical, demand));
  return {
    allocation: {
      plan,
      ...(alternative === undefined ? {} : { alternative }),
      bound: boundOf(canonical, clients, plan, solve),
      ...(canonical.racks > 1 && canonical.objective !== "share"
        ? {}
        : { shadowPrices: shadowPrices(canonical, plan, solve) }),
      baselines: baselines(canonical, clients),
      ...(canonical.lending === undefined || canonical.racks > 1
        ? {}
        : { lending: planLending(canonical, canonical.lending) }),
    },
    problems: [],
    relaxations: [],
  };
}

/** The answer must not depend on the order of the clients. A running plan is known for one rack only. */
function inNameOrder(request: AllocationRequest): AllocationRequest {
  const clients = [...request.clients].sort((a, b) => (a.client < b.client ? -1 : 1));
  if (request.racks === 1) return { ...request, clients };
  return {
    ...request,
    clients: clients.map((client) => ({ ...client, today: undefined })),
    todaySharedPrefill: undefined,
  };
}
