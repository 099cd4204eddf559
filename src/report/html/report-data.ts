import type { RackPlan } from "../../plan/client";
import type { Problem } from "../../problems";

/**
 * What the report shows, as plain data. Whoever plans fills it in; the report computes nothing that decides anything.
 * A part that is absent or empty is left out of the report.
 */
export interface PlanReport {
  readonly title: string;
  /** Trays, pools and memory; its clients' order decides their colours. */
  readonly rack: RackPlan;
  readonly lines?: readonly ClientFacts[];
  readonly alternatives?: readonly Alternative[];
  readonly proof?: Proof;
  readonly pareto?: readonly ClientPareto[];
  readonly queue?: readonly ClientQueue[];
  readonly step?: readonly DecodeStepParts[];
  readonly calibration?: readonly CalibrationRow[];
  readonly warnings?: readonly ReportWarning[];
}

/** What one client gets, what it was promised, and what that costs. */
export interface ClientFacts {
  readonly client: string;
  readonly askedRequestsPerSecond?: number;
  readonly promisedTpotMilliseconds?: number;
  readonly promisedTtftSeconds?: number;
  /** Absent where no measurement is near enough to predict anything. */
  readonly prediction?: ServedFacts;
  readonly dollarsPerHour: number;
  readonly dollarsPerMillionOutputTokens?: number;
  /** The same bill divided by the prompts' tokens. */
  readonly dollarsPerMillionInputTokens?: number;
  readonly kilowatts?: number;
  readonly tokensPerJoule?: number;
  /** From pod start to the first token, of the slower pool. */
  readonly startupSeconds?: number;
}

export interface ServedFacts {
  readonly requestsPerSecond: number;
  readonly tpotMilliseconds: number;
  readonly ttft: QuotedTtft | UnquotedTtft;
  readonly saturatedPool: "prefill" | "decode";
  /** Relative, for example 0.1 for ten per cent. */
  readonly uncertainty: number;
}

export interface QuotedTtft {
  readonly p50Seconds: number;
  readonly p90Seconds: number;
}

export interface UnquotedTtft {
  /** Why no time to first token is quoted, for example that a pool is busier than 95 %. */
  readonly notQuoted: string;
}

/** Another way to use the rack, or what no way can beat. */
export interface Alternative {
  readonly name: string;
  readonly kind: "chosen" | "alternative" | "bound";
  /** A client that is missing here is not served. */
  readonly served: readonly { readonly client: string; readonly requestsPerSecond: number }[];
  /** Of the best plan; 1 for the best, above 1 for the bound. */
  readonly shareOfBest: number;
  readonly note: string;
}

/** How far the plan is from what no plan can beat. */
export interface Proof {
  readonly found: number;
  readonly bound: number;
  /** Of `found` and `bound`, for example "requests/s per client". */
  readonly unit: string;
  /** Relative distance from the bound, for example 0.06 for six per cent. */
  readonly gap: number;
  /** What keeps the plan from the bound. */
  readonly binding: string;
  /** How long planning took. */
  readonly milliseconds?: number;
}

/** What decode of one client could do at other batches and worker sizes. */
export interface ClientPareto {
  readonly client: string;
  readonly points: readonly ParetoPoint[];
  readonly chosen?: ParetoPoint;
  readonly published?: readonly PublishedPoint[];
}

export interface ParetoPoint {
  readonly batchPerRank: number;
  readonly gpusPerWorker: number;
  readonly tokensPerSecondPerUser: number;
  readonly tokensPerSecondPerGpu: number;
}

/** A measurement somebody else printed. */
export interface PublishedPoint {
  readonly label: string;
  readonly tokensPerSecondPerUser: number;
  readonly tokensPerSecondPerGpu: number;
}

/** Requests of one client over simulated time; the three series have one entry per moment. */
export interface ClientQueue {
  readonly client: string;
  readonly seconds: readonly number[];
  readonly waitingPrefill: readonly number[];
  readonly runningDecode: readonly number[];
}

/** Where one step of a client's decode pool goes, in milliseconds. */
export interface DecodeStepParts {
  readonly client: string;
  readonly attentionMilliseconds: number;
  readonly expertsMilliseconds: number;
  readonly exchangeMilliseconds: number;
  readonly productsMilliseconds: number;
  readonly fixedMilliseconds: number;
}

/** A published number, and what the planner's model says in its place. */
export interface CalibrationRow {
  readonly name: string;
  readonly published: number;
  readonly predicted: number;
  readonly unit: string;
}

export interface ReportWarning {
  /** Absent for what concerns the rack. */
  readonly client?: string;
  readonly problem: Problem;
}

/** The warnings the planner left with its clients. */
export function warningsOf(rack: RackPlan): readonly ReportWarning[] {
  return rack.clients.flatMap(({ client, warnings }) => warnings.map((problem) => ({ client, problem })));
}
