import type { Problem } from "../problems";
import type { ModePlan } from "./allocate/plan";
import { planOneRack } from "./allocate/one-rack";
import { checkRequest } from "./allocate/request-rules";
import type { AllocationRequest, ClientDemand, PrefillCapacity, WorkerOption, WorkerSizes } from "./allocate/request";
import type { DecodeIntent, PrefillIntent } from "./intent";
import type { RackShape } from "./rack";
import { withUsualRedundancy } from "./redundancy";
import type { PrefillQueue } from "./ttft";
import {
  decodeOptions,
  prefillOptions,
  queueCapacity,
  type FixedSizes,
  type WorkerOptions,
  type WorkerQuestion,
} from "./worker-options";
import type { Slo, Workload } from "./workload";

/** Sizes of a pool; what is left out the planner chooses. */
export interface WantedPool extends FixedSizes {
  readonly workers?: number;
}

/** Sizes of both pools, all of them known. */
export interface PoolSizes {
  readonly prefill: { readonly workers: number; readonly gpusPerWorker: number };
  readonly decode: {
    readonly workers: number;
    readonly gpusPerWorker: number;
    readonly batchPerRank: number;
    /** Only where replicas are planned too. */
    readonly redundantExperts?: number;
  };
}

/** A client whose pools are to be sized. */
export interface ClientSizing {
  readonly client: string;
  readonly workload: Workload;
  readonly slo: Slo;
  /** Everything but sizes: `workers`, `gpusPerWorker` and `batchPerRank` count only where `wanted` says so. */
  readonly prefill: PrefillIntent;
  readonly decode: DecodeIntent;
  readonly wanted: { readonly prefill: WantedPool; readonly decode: WantedPool };
  /** Share of every pool's capacity that stays free. */
  readonly headroom: number;
  /** Whether replicas of experts are planned with the decode worker size; otherwise those of the intent are kept. */
  readonly plansRedundancy?: boolean;
  /** Sizes that run now: of plans that serve the same, the one that changes least is taken. */
  readonly today?: RunningSizes;
}

/** Worker sizes of a client's running pools. */
export interface RunningSizes {
  readonly prefill: PoolSizes["prefill"];
  readonly decode: Pick<PoolSizes["decode"], "workers" | "gpusPerWorker">;
}

export type Chosen = { readonly sizes: PoolSizes } | { readonly problems: readonly Problem[] };

/** The best pools of one client on the trays it may use: most requests per second, then fewest trays. */
export function choosePools(sizing: ClientSizing, trays: number, rack: RackShape): Chosen {
  const known = fixedSizes(sizing.wanted);
  if (known !== undefined) return { sizes: withRedundancy(known, sizing) };
  const half = halfFixed(sizing.wanted);
  if (half.length > 0) return { problems: half };
  const demanded = clientDemand(sizing, rack);
  if ("problems" in demanded) return demanded;
  const request = allocationRequest([demanded], { trays, rack, objective: "share" });
  const problems = checkRequest(request);
  if (problems.length > 0) return { problems: inPoolTerms(problems, demanded.demand) };
  const plan = planOneRack(request, "separate");
  if (plan === undefined) return { problems: [tooFewTrays(sizing.client, trays)] };
  return { sizes: withRedundancy(sizesOf(plan, sizing.client), sizing) };
}

/** A client as the allocation sees it: which workers it may have, and what each of them sustains. */
export interface DemandedClient {
  readonly demand: ClientDemand;
  readonly question: WorkerQuestion;
  readonly queues: ReadonlyMap<WorkerOption, PrefillQueue>;
}

export function clientDemand(sizing: ClientSizing, rack: RackShape): DemandedClient | { problems: readonly Problem[] } {
  const { wanted, workload, slo, headroom } = sizing;
  const { plansRedundancy = false } = sizing;
  const question: WorkerQuestion = { workload, slo, rack, headroom, plansRedundancy };
  const prefill = prefillOptions(sizing.prefill, question, wanted.prefill);
  const decode = decodeOptions(sizing.decode, question, wanted.decode);
  const unpredicted = [prefill, decode].find((options) => options.unpredicted !== undefined)?.unpredicted;
  if (unpredicted !== undefined) return { problems: [notPlannable(unpredicted)] };
  const pinned = {
    ...pinOf("prefill", wanted.prefill, rack),
    ...pinOf("decode", wanted.decode, rack),
  };
  return {
    demand: {
      client: sizing.client,
      weight: workload.requestsPerSecond ?? 1,
      ...(workload.requestsPerSecond === undefined ? {} : { requestsPerSecond: workload.requestsPerSecond }),
      prefill: prefill.options,
      decode: decode.options,
      ...(Object.keys(pinned).length === 0 ? {} : { pinned }),
      ...(sizing.today === undefined ? {} : { today: workerTrays(sizing.today, rack) }),
      nearest: { ...nearestOf("prefill", prefill), ...nearestOf("decode", decode) },
    },
    question,
    queues: prefill.queues ?? new Map<WorkerOption, PrefillQueue>(),
  };
}

/** What is asked of the allocation, beside the clients. */
export interface AllocationTerms extends Partial<
  Pick<AllocationRequest, "racks" | "prefill" | "mixedDecode" | "price">
> {
  readonly trays: number;
  readonly rack: RackShape;
  readonly objective: AllocationRequest["objective"];
}

export function allocationRequest(clients: readonly DemandedClient[], terms: AllocationTerms): AllocationRequest {
  const { trays, rack, objective, racks = 1, prefill = "separate", mixedDecode = false, price } = terms;
  return {
    trays,
    gpusPerTray: rack.gpusPerTray,
    racks,
    objective,
    prefill,
    mixedDecode,
    ...(price === undefined ? {} : { price }),
    clients: clients.map(({ demand }) => demand),
    prefillCapacity: capacityOf(clients),
  };
}

/** Remembers what it found: a pool of n workers is asked for many times. */
function capacityOf(clients: readonly DemandedClient[]): PrefillCapacity {
  const known = new Map<WorkerOption, number[]>();
  return (option, workers) => {
    const rates = known.get(option) ?? [];
    known.set(option, rates);
    return (rates[workers] ??= capacityFor(clients, option, workers));
  };
}

function capacityFor(clients: readonly DemandedClient[], option: WorkerOption, workers: number): number {
  const owner = clients.find(({ queues }) => queues.has(option));
  const queue = owner?.queues.get(option);
  if (owner === undefined || queue === undefined) return option.requestsPerSecond * workers;
  return queueCapacity(queue, workers, owner.question);
}

/** The sizes that a plan of one rack gives a client. Its decode workers are of one size. */
export function sizesOf(plan: ModePlan, client: string): PoolSizes {
  const pools = plan.racks[0]?.clients.find((one) => one.client === client);
  const prefill = pools?.prefill.groups[0];
  const decode = pools?.decode.groups[0];
  if (prefill === undefined || decode === undefined) throw new RangeError(`the plan has no pools for ${client}`);
  return {
    prefill: { workers: prefill.workers, gpusPerWorker: prefill.option.gpus },
    decode: {
      workers: decode.workers,
      gpusPerWorker: decode.option.gpus,
      batchPerRank: decode.option.batchPerRank,
    },
  };
}

/** Sizes with the replicas that the decode worker needs, where those are planned. */
export function withRedundancy(sizes: PoolSizes, { decode, plansRedundancy }: ClientSizing): PoolSizes {
  if (plansRedundancy !== true) return sizes;
  const { redundantExperts } = withUsualRedundancy({ ...decode, ...sizes.decode }).experts;
  return { ...sizes, decode: { ...sizes.decode, redundantExperts } };
}

function fixedSizes({ prefill, decode }: ClientSizing["wanted"]): PoolSizes | undefined {
  if (prefill.workers === undefined || prefill.gpusPerWorker === undefined) return undefined;
  if (decode.workers === undefined || decode.gpusPerWorker === undefined) return undefined;
  if (decode.batchPerRank === undefined) return undefined;
  return {
    prefill: { workers: prefill.workers, gpusPerWorker: prefill.gpusPerWorker },
    decode: { workers: decode.workers, gpusPerWorker: decode.gpusPerWorker, batchPerRank: decode.batchPerRank },
  };
}

function halfFixed(wanted: ClientSizing["wanted"]): readonly Problem[] {
  return (["prefill", "decode"] as const)
    .filter((role) => wanted[role].workers !== undefined && wanted[role].gpusPerWorker === undefined)
    .map((role) => ({
      path: `pools.${role}.gpusPerWorker`,
      what: `${wanted[role].workers ?? 0} workers of no stated size`,
      rule: "a number of workers says nothing without their size",
      fix: "gpusPerWorker as well, or no workers: the planner then chooses both",
    }));
}

function workerTrays({ prefill, decode }: RunningSizes, rack: RackShape): WorkerSizes {
  return { prefill: traysOf(prefill, rack), decode: traysOf(decode, rack) };
}

function traysOf({ workers, gpusPerWorker }: RunningSizes["prefill"], rack: RackShape): readonly number[] {
  return Array.from({ length: workers }, () => Math.ceil(gpusPerWorker / rack.gpusPerTray));
}

function pinOf(
  role: "prefill" | "decode",
  { workers, gpusPerWorker }: WantedPool,
  rack: RackShape,
): ClientDemand["pinned"] {
  if (workers === undefined || gpusPerWorker === undefined) return {};
  return { [role]: traysOf({ workers, gpusPerWorker }, rack) };
}

function nearestOf(role: "prefill" | "decode", { nearest }: WorkerOptions): ClientDemand["nearest"] {
  return nearest === undefined ? {} : { [role]: nearest };
}

/** The allocation speaks of clients and options; a client's configuration of pools and promises. */
function inPoolTerms(problems: readonly Problem[], { nearest }: ClientDemand): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: poolPath(problem.path, nearest) }));
}

function poolPath(path: string, nearest: ClientDemand["nearest"]): string {
  const [, pinned, role] = /^clients\[0\]\.(pinned)?\.?(prefill|decode)?/.exec(path) ?? [];
  if (role === undefined) return "pools";
  // A size that comes near is kept out by the promise alone.
  if (pinned === undefined && role === "decode" && nearest?.decode !== undefined) return "slo.tpotMilliseconds";
  if (pinned === undefined && role === "prefill" && nearest?.prefill !== undefined) return "slo.ttftSeconds";
  return `pools.${role}`;
}

function tooFewTrays(client: string, trays: number): Problem {
  return {
    path: "trays",
    what: `${client} has ${trays} ${trays === 1 ? "tray" : "trays"}`,
    rule: "a client needs a prefill and a decode worker, each on whole trays",
    fix: "2 trays or more",
  };
}

function notPlannable(why: string): Problem {
  return {
    path: "pools",
    what: `sizes cannot be planned: ${why}`,
    rule: "the planner sizes only what it can predict",
    fix: "workers, gpusPerWorker and batchPerRank of both pools",
  };
}
