import { below, type Problem } from "../problems";
import { planOneRack } from "./allocate/one-rack";
import type { Objective } from "./allocate/request";
import { checkRequest } from "./allocate/request-rules";
import {
  allocationRequest,
  clientDemand,
  sizesOf,
  withRedundancy,
  type ClientSizing,
  type DemandedClient,
  type PoolSizes,
} from "./choose-pools";
import type { DecodeIntent } from "./intent";
import type { ClientPlan, RackPlan } from "./client";
import { layOutRack, planClient } from "./plan-client";
import { gb200Nvl72, type RackShape } from "./rack";
import { proveRack, type RackProof } from "./rack-proof";

/** A rack planned as a whole, and how good that is. */
export interface PlannedRack {
  readonly plan: RackPlan;
  readonly proof: RackProof;
}

export interface RackTerms {
  /** Default: one GB200 NVL72. */
  readonly rack?: RackShape;
  /** `share` (default): the largest common share of what the clients ask for; `trays`: the fewest that serve it. */
  readonly objective?: Exclude<Objective, "cost">;
}

/**
 * The best split of one rack for clients with different workloads: trays, worker sizes and batches of every pool, what
 * they are predicted to serve, and how far that is from what no plan could beat. Pools are the clients' own, decode
 * workers of a client are of one size: what the stacks deploy.
 *
 * @example
 * const outcome = await planRack([chat, documents]);
 * if ("problems" in outcome) throw new RefusedError("the rack", outcome.problems);
 * console.log(outcome.proof.share, outcome.plan.clients.map(({ decode }) => decode.gpusPerWorker));
 */
export async function planRack(
  clients: readonly ClientSizing[],
  { rack = gb200Nvl72, objective = "share" }: RackTerms = {},
): Promise<PlannedRack | { readonly problems: readonly Problem[] }> {
  const demanded: DemandedClient[] = [];
  for (const sizing of clients) {
    const demand = clientDemand(sizing, rack);
    if ("problems" in demand) return { problems: below(sizing.client, demand.problems) };
    demanded.push(demand);
  }
  const request = allocationRequest(demanded, { trays: rack.trays, rack, objective });
  const problems = checkRequest(request);
  if (problems.length > 0) return { problems };
  const best = planOneRack(request, "separate");
  if (best === undefined) return { problems: [noPlan(rack)] };
  const plans: ClientPlan[] = [];
  for (const sizing of clients) {
    const { plan, problems: refused } = planSized(sizing, withRedundancy(sizesOf(best, sizing.client), sizing), rack);
    if (plan === undefined || refused.length > 0) return { problems: below(sizing.client, refused) };
    plans.push(plan);
  }
  const proved = await proveRack(clients, plans, rack);
  return "problems" in proved ? proved : { plan: layOutRack(plans, rack), proof: proved.proof };
}

function planSized(
  { client, workload, slo, prefill, decode }: ClientSizing,
  sizes: PoolSizes,
  rack: RackShape,
): ReturnType<typeof planClient> {
  return planClient(
    {
      client,
      workload,
      slo,
      prefill: { ...prefill, ...sizes.prefill },
      decode: sizedDecode(decode, sizes.decode),
      grantedTrays: rack.trays,
    },
    rack,
  );
}

function sizedDecode(decode: DecodeIntent, { redundantExperts, ...sizes }: PoolSizes["decode"]): DecodeIntent {
  const sized = { ...decode, ...sizes };
  return redundantExperts === undefined ? sized : { ...sized, experts: { ...decode.experts, redundantExperts } };
}

function noPlan({ trays }: RackShape): Problem {
  return {
    path: "trays",
    what: `${trays} trays do not serve what is asked for`,
    rule: "every client needs a prefill and a decode worker on whole trays, within its promises",
    fix: "lower rates, fewer clients, or the objective share",
  };
}
