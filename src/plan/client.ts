import type { EngineName } from "./intent";
import type { PoolPlan } from "./pool";
import type { RackShape } from "./rack";
import type { Slo, Workload } from "./workload";
import type { Problem } from "../problems";

/** What one client is predicted to get, and from which data. */
export interface Prediction {
  /** Requests per second that both pools sustain. */
  readonly requestsPerSecond: number;
  readonly prefillRequestsPerSecond: number;
  readonly decodeRequestsPerSecond: number;
  /** Time per output token with every batch slot taken. */
  readonly tpotMilliseconds: number;
  readonly saturatedPool: "prefill" | "decode";
  /** Relative uncertainty, for example 0.1 for ten per cent. */
  readonly uncertainty: number;
  /** Which measurements the prediction rests on. */
  readonly basis: string;
  /** Absent when no rate is asked for, or more than is served. */
  readonly atAskedRate?: LoadedPrediction;
}

/** How a client fares at the rate it asks for. */
export interface LoadedPrediction {
  readonly tpotMilliseconds: number;
  /** Share of a pool's capacity that the asked rate takes. */
  readonly prefillUtilisation: number;
  readonly decodeUtilisation: number;
  /** Time to first token, or why none is quoted. */
  readonly ttft: { readonly p50Seconds: number; readonly p90Seconds: number } | { readonly refused: string };
}

/** One client: its two pools, checked, with what they need and what they are predicted to deliver. */
export interface ClientPlan {
  readonly client: string;
  readonly workload: Workload;
  readonly slo: Slo;
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly prefill: PoolPlan;
  readonly decode: PoolPlan;
  readonly trays: number;
  readonly gpus: number;
  /** Absent where no measurement says anything. */
  readonly prediction?: Prediction;
  /** Why there is no prediction. */
  readonly unpredicted?: string;
  readonly warnings: readonly Problem[];
}

/** What stands on one tray. */
export interface TrayUse {
  readonly tray: number;
  readonly client: string;
  readonly role: "prefill" | "decode";
  /** Worker of the pool, from 0. */
  readonly worker: number;
}

/** A rack with everything that runs on it. */
export interface RackPlan {
  readonly rack: RackShape;
  readonly clients: readonly ClientPlan[];
  /** One entry per tray in use, in tray order. Which physical tray it becomes is the scheduler's choice. */
  readonly trayUse: readonly TrayUse[];
  readonly freeTrays: number;
}
