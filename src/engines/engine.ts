import type { PoolPlan } from "../plan/pool";
import type { Problem } from "../problems";

/** Directory that the model's files are mounted at, read-only, in every engine pod. */
export const modelDirectory = "/models";

/** Who may open a connection to a port. */
export type Caller =
  /** The client's router. */
  | "router"
  /** Other pods of the same worker group (ranks of one instance). */
  | "worker"
  /** Every engine pod of the same client: prefill and decode exchange KV. */
  | "client"
  /** Prometheus. */
  | "monitoring";

/** A port, or a range of ports, that the process listens on, and who calls it. */
export interface ProcessPort {
  /** At most 15 characters, as Kubernetes asks. */
  readonly name: string;
  readonly port: number;
  /** Last port of a range; leave out for one port. */
  readonly lastPort?: number;
  readonly callers: readonly Caller[];
  /** Why this port exists, for the documentation of the network policy. */
  readonly why: string;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  /** Downward API field, for example `status.podIP`. */
  readonly fieldPath?: string;
}

export interface HttpProbe {
  readonly path: string;
  readonly port: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** A file of a ConfigMap that the process reads. */
export interface MountedFile {
  readonly configMap: string;
  readonly key: string;
  readonly mountPath: string;
}

/** Stops taking work and waits for what is in flight; runs as preStop in the engine container. */
export interface Drain {
  readonly command: readonly string[];
  /** The longest the command may take. The pod's grace period is at least this. */
  readonly seconds: number;
}

/**
 * One engine process as an orchestrator starts it on every tray of a worker. No shell: `$(NAME)` in `args` is expanded
 * by Kubernetes from the environment, which the orchestrator completes with the leader's address and the worker's index.
 */
export interface EngineProcess {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly ports: readonly ProcessPort[];
  readonly startup: HttpProbe;
  readonly readiness: HttpProbe;
  readonly liveness: HttpProbe;
  readonly drain: Drain;
  readonly files: readonly MountedFile[];
  /** Directories that the process writes to beside /tmp and /dev/shm: JIT and autotuner caches. */
  readonly scratchDirectories: readonly string[];
  /** Annotations the router's discovery reads from the pods. */
  readonly podAnnotations: Readonly<Record<string, string>>;
}

/** What the orchestrator can tell a process about the group it runs in, as `$(NAME)` references. */
export interface GroupVariables {
  readonly leaderAddress: string;
  readonly workerIndex: string;
}

/** LeaderWorkerSet injects these into every container (leaderworkerset.x-k8s.io/v1). */
export const leaderWorkerSetVariables: GroupVariables = {
  leaderAddress: "$(LWS_LEADER_ADDRESS)",
  workerIndex: "$(LWS_WORKER_INDEX)",
};

/** An inference engine. Adding one is one folder that exports an object of this type. */
export interface Engine {
  readonly name: string;
  /** Versions whose flags are known, oldest first. */
  readonly versions: readonly string[];
  /** Is it a version whose flags are known? */
  checkVersion(version: string): readonly Problem[];
  /** What the engine itself would reject, or worse, accept and crash on later. Paths are relative to the pool. */
  check(plan: PoolPlan): readonly Problem[];
  /** The process of one worker. Call only with a plan that `check` has no problem with. */
  process(plan: PoolPlan, group: GroupVariables): EngineProcess;
  /** Ports of the pool's leader that other components need to know. */
  readonly httpPort: number;
  readonly bootstrapPort: number;
}
