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
}

/** One client: its two pools, checked, with what they need and what they are predicted to deliver. */
export interface ClientPlan {
  readonly client: string;
  readonly workload: Workload;
  readonly slo: Slo;
  readonly engine: string;
  readonly engineVersion: string;
  readonly prefill: PoolPlan;
  readonly decode: PoolPlan;
  readonly trays: number;
  readonly gpus: number;
  /** Absent where no measurement is near enough to say anything. */
  readonly prediction?: Prediction;
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
