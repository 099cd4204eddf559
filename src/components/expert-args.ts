import type { DomainRef } from "../refs";
import type { EngineName } from "./engine-args";

/** Who decides where experts sit. */
export const BalancingMode = { Off: "off", Static: "static", Dynamic: "dynamic" } as const;
export type BalancingMode = (typeof BalancingMode)[keyof typeof BalancingMode];

/**
 * Where a pool's experts sit.
 *
 * @example
 * const balancer = new ExpertBalancer("client1-decode-experts", {
 *   domain: domain.ref, preset: "deepseek-r1-nvfp4", mode: "static", redundantExperts: 32,
 *   expertParallelSize: 32, recordingFile: "client1.experts.json",
 * });
 */
export interface ExpertBalancerArgs {
  /** The client's domain: `ref` of a ClientDomain. */
  domain: DomainRef;
  /** Checkpoint whose experts are placed, as in a pool's model. */
  preset: string;
  /** Engine of the pool, whose file format a placement is published in. Default `sglang`. Changing it rolls the pool. */
  engine?: EngineName;
  /**
   * `static`: the placement is computed from a recording, published, and loaded at start; a new recording rolls the pool.
   * `dynamic`: the engine moves experts while it runs, which takes memory and time from it. `off`: trivial order.
   */
  mode: BalancingMode;
  /** Replicas of hot experts beyond one of each. With the ranks it decides slots and weights per GPU. Default 0. Rolls. */
  redundantExperts?: number;
  /** Ranks of the pool the placement is for: its GPUs per worker. Needed with `static`. Changing it rolls the pool. */
  expertParallelSize?: number;
  /** JSON file of a recording, read at preview. With `static`, this or `recording`. */
  recordingFile?: string;
  /** Tokens per layer and expert, every layer of the model, zeros for dense ones. With `static`, this or the file. */
  recording?: number[][];
  /**
   * A recording says which placement was in force. A new one that is better by less than this share of balance is not
   * worth a roll: the recorded one stays. Default 0.02: less may be the recording's noise.
   */
  leastGain?: number;
  /**
   * PersistentVolumeClaim in the client's namespace, ReadWriteMany, that the pool's engine writes recordings to: it makes
   * the pool recordable, for a buffer of about 130 MB on each GPU. Default none. Changing it rolls the pool.
   */
  recordingsClaim?: string;
  /** Alerts when the pool's measured balance leaves the placement's. Default none. Adding it rolls the pool. */
  drift?: DriftArgs;
}

/**
 * When experts have drifted from where they sit. The engine then reports the balance of every step, which costs it a
 * reduction over the ranks per step (SGLang `--expert-balancedness-report-mode`); SGLang only, from 0.5.8 on.
 */
export interface DriftArgs {
  /** How far the balance may fall below what the placement promises, as a share of it. Default 0.1. In place. */
  margin?: number;
  /** Minutes that it must last. Default 30. In place. */
  forMinutes?: number;
  /** Value of the alert's label `severity`. Default `warning`. In place. */
  severity?: string;
  /** Labels that your Prometheus selects its rules by, for example `release: kube-prometheus`. Default none. In place. */
  ruleLabels?: Record<string, string>;
}
