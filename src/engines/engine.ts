import type { EngineName, ExpertIntent, Orchestrator } from "../plan/intent";
import type { ModelShape } from "../plan/model-shape";
import type { PoolPlan } from "../plan/pool";
import type { HardwareName } from "../plan/rack";
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
  | "monitoring"
  /** Jobs of the client that ask a worker's leader: recordings. */
  | "operation";

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

/** A file of the process's own: published in a ConfigMap that is named after its content, so that a change rolls. */
export interface ConfigurationFile {
  readonly key: string;
  readonly content: string;
  readonly mountPath: string;
}

export interface Probes {
  readonly startup: HttpProbe;
  readonly readiness: HttpProbe;
  readonly liveness: HttpProbe;
}

/** Plain data that ends up in somebody's YAML. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

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
  /** Absent where the orchestrator brings its own. */
  readonly probes?: Probes;
  /** Absent where the orchestrator drains. */
  readonly drain?: Drain;
  /** Where the orchestrator drains: the longest that it and the process may take to end. */
  readonly endSeconds?: number;
  /** Linux capabilities beyond those of every engine, with what needs them. */
  readonly capabilities?: readonly string[];
  readonly files: readonly MountedFile[];
  readonly configuration: readonly ConfigurationFile[];
  /** Directories that the process writes to beside /tmp and /dev/shm: JIT and autotuner caches. */
  readonly scratchDirectories: readonly string[];
  /** Where recordings of expert use go, and the PersistentVolumeClaim that keeps them. */
  readonly recordings?: { readonly directory: string; readonly claim: string };
  /** Annotations the router's discovery reads from the pods. */
  readonly podAnnotations: Readonly<Record<string, string>>;
  /**
   * What a graph object says of the role beside its pods, where the router makes one for all roles: Ray Serve's
   * LLMConfig. Empty otherwise.
   */
  readonly settings: JsonObject;
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

/** A placement of experts in an engine's own format. */
export interface PlacementContent {
  /** File name; its ending says the format. */
  readonly key: string;
  readonly content: string;
}

/** How an engine's use of experts is recorded: by a Python program in a Job with the engine's image. */
export interface ExpertRecorder {
  /** Folder of a pool's recordings below the place where they are mounted; empty for that place itself. */
  folder(experts: Pick<ExpertIntent, "configMap">): string;
  /** Reads a `RecordingTask` from its environment. */
  readonly program: string;
  /** Logical expert of every slot of a layer where no placement is loaded. */
  startingRow(experts: number, slots: number, ranks: number): readonly number[];
  /** Does it ask the workers' leaders, over HTTP? Otherwise the engine records by itself, once, after its start. */
  readonly asksLeaders: boolean;
}

/** An inference engine. Adding one is one folder that exports an object of this type. */
export interface Engine {
  readonly name: EngineName;
  /** Versions whose flags are known, oldest first. */
  readonly versions: readonly string[];
  /** What can run it; the first is the default. */
  readonly orchestrators: readonly [Orchestrator, ...Orchestrator[]];
  /** Is it a version whose flags are known? */
  checkVersion(version: string): readonly Problem[];
  /** What the engine itself would reject, or worse, accept and crash on later. Paths are relative to the pool. */
  check(plan: PoolPlan): readonly Problem[];
  /** What works, but not as its owner may think. */
  warnings(plan: PoolPlan): readonly Problem[];
  /** The process of one worker. Call only with a plan that `check` has no problem with. */
  process(plan: PoolPlan, group: GroupVariables): EngineProcess;
  /** The file that a static placement of experts is loaded from. Absent where the engine cannot load one. */
  readonly placementFile?: (physicalToLogical: readonly (readonly number[])[], shape: ModelShape) => PlacementContent;
  /** Absent where the engine keeps to itself which experts it uses. */
  readonly recorder?: ExpertRecorder;
  /** Tokens of one KV page; 0 where the engine decides. */
  readonly pageTokens: number;
  /** Hardware whose launches are known. */
  readonly hardware: readonly HardwareName[];
  /** What the processes of a tray need of /dev/shm, GiB. */
  leastSharedMemoryGib(plan: PoolPlan): number;
  /** Ports of the pool's leader that other components need to know. */
  readonly httpPort: number;
  readonly bootstrapPort: number;
  /** Which pods of a worker answer requests: the first alone, or each for the ranks on its own tray. */
  servesFrom(plan: PoolPlan): "leader" | "every tray";
}
