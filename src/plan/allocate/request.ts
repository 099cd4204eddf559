/** One size a worker may have, at its best setting for one client. */
export interface WorkerOption {
  readonly gpus: number;
  /** Whole trays the worker stands on. */
  readonly trays: number;
  /** Sustained by one worker at the SLO and the utilisation limit. */
  readonly requestsPerSecond: number;
  /** 0 for prefill. */
  readonly batchPerRank: number;
}

export type Role = "prefill" | "decode";

/** Worker sizes of both pools of one client, in trays. */
export interface WorkerSizes {
  readonly prefill: readonly number[];
  readonly decode: readonly number[];
}

/** The closest that any worker size comes to a latency limit that none of them meets. */
export interface NearestMiss {
  readonly gpus: number;
  /** TTFT for prefill, TPOT for decode. */
  readonly milliseconds: number;
  readonly limitMilliseconds?: number;
}

/** What one client wants, and the worker sizes it may be served with. */
export interface ClientDemand {
  readonly client: string;
  /** Requests per second that one unit of the served share means, for the objective "share". */
  readonly weight: number;
  /** Required for the objectives "trays" and "cost". */
  readonly requestsPerSecond?: number;
  readonly prefill: readonly WorkerOption[];
  readonly decode: readonly WorkerOption[];
  /** Workers fixed by the operator, on every rack that serves the client: one entry per worker, in trays. */
  readonly pinned?: { readonly prefill?: readonly number[]; readonly decode?: readonly number[] };
  /** The running plan on one rack: equal plans are told apart by what they leave alone. */
  readonly today?: WorkerSizes;
  /** Says how far a role with no worker size at all is from its limit. */
  readonly nearest?: { readonly prefill?: NearestMiss; readonly decode?: NearestMiss };
}

/** What GPUs cost. Power is left out unless its price is given. */
export interface PriceModel {
  readonly dollarsPerGpuHour: number;
  /** Whether idle trays of a rack in use are paid for. */
  readonly billing: "tray" | "rack";
  /** Draw of a GPU that belongs to a worker, with its share of the tray. */
  readonly kilowattBusyPerGpu?: number;
  /** Draw of a GPU that is paid for and belongs to no worker. */
  readonly kilowattIdlePerGpu?: number;
  readonly dollarsPerKilowattHour?: number;
}

/** "share": the largest common share of the demand; "trays", "cost": the least that serves the given rates. */
export type Objective = "share" | "trays" | "cost";

/** A state of demand that comes and goes. */
export interface Scenario {
  readonly name: string;
  /** Part of all time, with the others 1 in all. */
  readonly probability: number;
  /** How long one visit lasts. */
  readonly durationSeconds: number;
  /** Requests per second that each client would send. */
  readonly requestsPerSecond: Readonly<Record<string, number>>;
}

export interface LendingRequest {
  readonly scenarios: readonly Scenario[];
  /** Sizes of the buffer to look at, in trays. The source design has 2 to 4 (8 to 16 GPUs). */
  readonly bufferTrays: readonly number[];
  /** From taking a tray away until it serves: weights, graph capture, warm-up. */
  readonly switchSeconds: number;
}

/** Whether clients have prefill pools of their own or one in common. */
export type PrefillMode = "separate" | "shared";

export interface AllocationRequest {
  /** Trays of one rack. */
  readonly trays: number;
  readonly gpusPerTray: number;
  /** Identical racks. KV goes over NVLink only, so a rack that serves a client holds both of its roles. */
  readonly racks: number;
  readonly objective: Objective;
  readonly prefill: PrefillMode | "either";
  /** Whether a decode pool may mix worker sizes. Prefill pools never do. */
  readonly mixedDecode: boolean;
  /** Required for the objective "cost"; otherwise it decides between plans of equal value. */
  readonly price?: PriceModel;
  readonly clients: readonly ClientDemand[];
  /** Worker sizes, in trays, of a prefill pool that all clients share today. */
  readonly todaySharedPrefill?: readonly number[];
  readonly prefillCapacity?: PrefillCapacity;
  /** States of demand, to see whether lending trays between the clients of one rack pays. */
  readonly lending?: LendingRequest;
}

/**
 * Requests per second of a prefill pool of equal workers. More than the sum of the workers where a TTFT limit leaves
 * room for more load on a larger pool. Absent: the sum.
 */
export type PrefillCapacity = (option: WorkerOption, workers: number) => number;

export const additiveCapacity: PrefillCapacity = (option, workers) => option.requestsPerSecond * workers;

/** Relative slack for sums of rates: what differs by less is equal. */
export const rateTolerance = 1e-9;

/** Whether a rate is enough, up to the rounding of sums. */
export function covers(requestsPerSecond: number, needed: number): boolean {
  return requestsPerSecond >= needed * (1 - rateTolerance);
}

/** Requests per second that one unit of the served share means for a client. */
export function weightOf(client: ClientDemand, objective: Objective): number {
  return objective === "share" ? client.weight : (client.requestsPerSecond ?? client.weight);
}
