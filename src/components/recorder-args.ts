import type { DomainRef, ExpertPlacementRef, PoolRef } from "../refs";

/**
 * Records which experts a running pool uses, and keeps the recording as a file.
 *
 * @example
 * new ExpertRecorder("client1-experts-record", {
 *   domain: domain.ref, pool: decode.ref, experts: balancer.ref, preset: "deepseek-r1-nvfp4",
 *   run: "1", file: "client1.experts.json",
 * });
 */
export interface ExpertRecorderArgs {
  /** The client's domain: `ref` of a ClientDomain. */
  domain: DomainRef;
  /** The pool that is recorded: `ref` of a DecodePool, or of a PrefillPool. */
  pool: PoolRef;
  /** Where its experts sit now: `ref` of the ExpertBalancer that the pool was given, with a `recordingsClaim`. */
  experts: ExpertPlacementRef;
  /** Checkpoint that the pool serves. */
  preset: string;
  /** Any text. The recording is made when this is new, and never again while it stays. Nothing of the pool changes. */
  run: string;
  /** JSON file that the recording becomes, relative to where the program runs. Changing it alone records nothing. */
  file: string;
  /** Image of the Job, where the pool's is not known at preview. Default: the pool's. */
  image?: string;
  /** Secrets to pull it with. Default none. */
  imagePullSecrets?: string[];
  /**
   * Seconds between two dumps; the recorder keeps the newest thousand steps. Default 20. A change takes effect with the
   * next `run`, like that of all below.
   */
  windowSeconds?: number;
  /** Fewest windows; their spread says how sure the recording is. Default 5. */
  leastWindows?: number;
  /**
   * How well the fullest rank's load must be known, half the width of its 95 % interval in per cent, mean over layers.
   * Default 1: a tenth of what sampling does to a single step. Smaller takes longer, with its square.
   */
  errorPercent?: number;
  /** Seconds after which a recording that is not that good is given up. Default 900. */
  limitSeconds?: number;
  /** How far below its promise a placement may measure and count as kept, as a share. Default 0.05. */
  margin?: number;
  /** Context of the kubeconfig that kubectl uses. Default: the current one. */
  context?: string;
}
