import type { Problem } from "../problems";
import { allocate } from "./allocate/allocate";
import type { Baseline } from "./allocate/baselines";
import type { Bound } from "./allocate/gap";
import type { LendingAnswer } from "./allocate/lending";
import type { Scenario } from "./allocate/request";
import { planOneRack } from "./allocate/one-rack";
import type { ModePlan } from "./allocate/plan";
import type { AllocationRequest } from "./allocate/request";
import type { ShadowPrices } from "./allocate/shadow-price";
import { allocationRequest, clientDemand, type ClientSizing, type DemandedClient } from "./choose-pools";
import type { ClientPlan } from "./client";
import type { RackShape } from "./rack";
import { decodeSpeed, prefillSpeed } from "./speed/pool-speed";
import { largestRate, prefillQueue } from "./ttft";
import { promisedPrefillSeconds } from "./worker-options";
import { answersPerSecond, meanContextTokens } from "./workload";

/** What another way of using the rack would serve. */
export interface Alternative {
  readonly name: string;
  /** Common share of what the clients ask for; 1 serves exactly that. */
  readonly share: number;
  /** Why it is not the plan. */
  readonly note: string;
}

/** How good a rack's plan is, and how that is known. */
export interface RackProof {
  /** Common share of what the clients ask for that the plan serves, headroom kept. */
  readonly share: number;
  /** The best plan of the kind that the stacks deploy: separate pools, decode workers of one size. */
  readonly best: ModePlan;
  /** 1 - share / bound. */
  readonly gap: number;
  /** Of the best plan: what no plan can beat, and what keeps whole workers from it. */
  readonly bound: Bound;
  /** The splits of the source design, with the same workers. */
  readonly baselines: readonly Baseline[];
  readonly alternatives: readonly Alternative[];
  /** Whether trays that change hands with the demand would serve more; see `alternatingPeaks`. */
  readonly lending?: LendingAnswer;
  /** What a tray more and less would do. */
  readonly shadowPrices?: ShadowPrices;
}

export type Proved = { readonly proof: RackProof } | { readonly problems: readonly Problem[] };

/** Sizes of the flexible buffer in the source design: 8 to 16 GPUs. */
const bufferTrays = [2, 3, 4];
/** Peak over base in the source design: 48 GPUs instead of 36. */
const peak = 48 / 36;
const hourSeconds = 3600;

/**
 * What the source design has its flexible buffer for: the clients peak in turn, an hour at a time, and while one asks for
 * a third more the others ask for as much less.
 */
export function alternatingPeaks(sizings: readonly ClientSizing[]): readonly Scenario[] {
  const rate = ({ workload }: ClientSizing): number => workload.requestsPerSecond ?? 1;
  return sizings.map((peaking) => ({
    name: `${peaking.client} at its peak`,
    probability: 1 / sizings.length,
    durationSeconds: hourSeconds,
    requestsPerSecond: Object.fromEntries(
      sizings.map((sizing) => [sizing.client, rate(sizing) * (sizing === peaking ? peak : 2 - peak)]),
    ),
  }));
}

/** From taking a tray away until it serves: weights, compilation and graphs of the slower pool. */
function slowestStart(plans: readonly ClientPlan[]): number {
  return Math.max(
    0,
    ...plans.flatMap(({ prefill, decode }) => [prefill, decode].map((pool) => pool.startup.expectedSeconds)),
  );
}

/** Holds the plans of a rack's clients against the best there are and against what no plan can beat. */
export async function proveRack(
  sizings: readonly ClientSizing[],
  plans: readonly ClientPlan[],
  rack: RackShape,
  scenarios: readonly Scenario[] = alternatingPeaks(sizings),
): Promise<Proved> {
  const clients: DemandedClient[] = [];
  for (const sizing of sizings) {
    // Sizes that an operator has fixed are part of the plan that is judged, not of what could be.
    const demanded = clientDemand({ ...sizing, wanted: { prefill: {}, decode: {} } }, rack);
    if ("problems" in demanded) return demanded;
    clients.push(demanded);
  }
  const request: AllocationRequest = {
    ...allocationRequest(clients, { trays: rack.trays, rack, objective: "share" }),
    ...(clients.length < 2 ? {} : { lending: { scenarios, bufferTrays, switchSeconds: slowestStart(plans) } }),
  };
  const { allocation, problems } = await allocate(request);
  if (allocation?.bound === undefined) return { problems };
  const { plan: best, bound, baselines, shadowPrices, lending } = allocation;
  const share = deployedShare(sizings, plans);
  return {
    proof: {
      share,
      best,
      gap: 1 - share / bound.value,
      bound,
      baselines,
      alternatives: [
        alternative(
          "mixed decode worker sizes",
          planOneRack({ ...request, mixedDecode: true }, "separate"),
          "needs a router that weighs workers by their size",
        ),
        alternative(
          "one prefill pool for all",
          planOneRack(request, "shared"),
          "needs one NVLink domain for all clients",
        ),
      ].flatMap((found) => (found === undefined ? [] : [found])),
      ...(lending === undefined ? {} : { lending }),
      ...(shadowPrices === undefined ? {} : { shadowPrices }),
    },
  };
}

/** The smallest share that a client's pools serve, with its headroom left free. */
function deployedShare(sizings: readonly ClientSizing[], plans: readonly ClientPlan[]): number {
  const shares = sizings.map(({ client, headroom, workload }) => {
    const plan = plans.find((one) => one.client === client);
    return plan === undefined ? 0 : promisedRate(plan, headroom) / (workload.requestsPerSecond ?? 1);
  });
  return Math.min(...shares);
}

/** Requests per second that a client's pools serve within both promises; 0 where nothing is predicted. */
function promisedRate(plan: ClientPlan, headroom: number): number {
  return Math.min(prefillRate(plan, headroom), (1 - headroom) * decodeRate(plan));
}

function prefillRate({ workload, slo, prefill }: ClientPlan, headroom: number): number {
  const speed = prefillSpeed(prefill);
  if ("unpredicted" in speed) return 0;
  return largestRate(prefillQueue(prefill, speed, workload), promisedPrefillSeconds(slo), 1 - headroom);
}

/** A pool whose full batch is too slow for the promise serves what a smaller one does. */
function decodeRate({ workload, slo, decode }: ClientPlan): number {
  const speed = decodeSpeed(decode);
  if ("unpredicted" in speed) return 0;
  const contextTokens = meanContextTokens(workload);
  const tpot = (batch: number): number => speed.tpotMilliseconds(batch, contextTokens);
  let batch = speed.batchPerRank(contextTokens);
  while (batch > 0 && tpot(batch) > (slo.tpotMilliseconds ?? Infinity)) batch--;
  if (batch === 0) return 0;
  return answersPerSecond(batch * decode.parallel.data * decode.workers, tpot(batch), workload);
}

function alternative(name: string, plan: ModePlan | undefined, note: string): Alternative | undefined {
  return plan === undefined ? undefined : { name, share: plan.share, note };
}
