import type { Checkpoint } from "./model-shape";

export type PoolRole = "prefill" | "decode";

/** Engines that this library launches. */
export const engineNames = ["sglang", "vllm", "trtllm"] as const;
export type EngineName = (typeof engineNames)[number];

/** What starts an engine's processes and keeps them together. */
export const orchestrators = ["leader-worker-set", "ray-serve", "dynamo"] as const;
export type Orchestrator = (typeof orchestrators)[number];

/**
 * How attention is spread over the GPUs of a worker: `data` gives every GPU its own requests and KV (DP attention,
 * dp = tp), `tensor` splits the heads of every request over all of them (dp = 1).
 */
export type AttentionSplit = "data" | "tensor";

/** How experts are spread over the GPUs of a worker: `whole` ones on each, or a slice of every one on all of them. */
export const expertSplits = ["whole", "sliced"] as const;
export type ExpertSplit = (typeof expertSplits)[number];

export type KvCacheType = "fp8" | "bf16";

/** How tokens travel between the ranks of an expert-parallel worker. */
export type Dispatch =
  /** No all-to-all backend: experts are reached with the collectives of tensor parallelism. */
  | "none"
  /** DeepEP's high-throughput kernels, for prefill. */
  | "normal"
  /** DeepEP's low-latency kernels, for decode; they need a buffer that grows with the dispatch cap. */
  | "low-latency"
  /** All-to-all kernels that write into the peers' memory over the NVLink domain (TensorRT-LLM, FlashInfer in vLLM). */
  | "nvlink";

export const balancingModes = ["off", "static", "dynamic"] as const;
export type ExpertBalancing = (typeof balancingModes)[number];

/** Mean over max load per GPU on the recorded traffic: with the placement before, with this one, and at the best. */
export interface PlacedExperts {
  readonly before: number;
  /** False where no placement is known to have been in force, and `before` is that of the model's own order. */
  readonly beforeIsRecorded: boolean;
  readonly after: number;
  readonly bound: number;
  /** Expert weights, all layers, that ranks hold newly. */
  readonly moved: number;
}

/** Where the experts sit. `static` names a published placement, `dynamic` lets the engine move experts at run time. */
export interface ExpertIntent {
  readonly balancing: ExpertBalancing;
  readonly redundantExperts: number;
  /** ConfigMap and key of the placement file, with `static`. */
  readonly configMap?: string;
  readonly key?: string;
  /** What the placement promises, with `static`. */
  readonly placed?: PlacedExperts;
  /** PersistentVolumeClaim that recordings of expert use are written to; without it nothing can be recorded. */
  readonly recordingsClaim?: string;
  /** The engine reports the balance of every step as a metric. */
  readonly watched?: boolean;
}

export interface SpeculationIntent {
  /** Tokens drafted per step (multi-token prediction). */
  readonly draftTokens: number;
  /** Tokens of the draft accepted on average; decides the prediction, not the launch. */
  readonly acceptedTokens: number;
}

/** What an operator says of a pool: per rank, never the engine's global flags. */
export interface PoolIntentCommon {
  readonly client: string;
  readonly checkpoint: Checkpoint;
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly orchestrator: Orchestrator;
  readonly workers: number;
  readonly gpusPerWorker: number;
  readonly attention: AttentionSplit;
  readonly expertSplit?: ExpertSplit;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly contextTokens?: number;
  readonly kvCacheType: KvCacheType;
  readonly kvTokensPerRank?: number;
  readonly experts: ExpertIntent;
  /** Dispatch between expert-parallel ranks; the default is what the role and the weights allow. */
  readonly dispatch?: Dispatch;
  readonly speculation?: SpeculationIntent;
  readonly staticMemoryFraction?: number;
  readonly drainSeconds?: number;
  readonly weights: WeightStore;
  readonly purpose: "production" | "benchmark";
  readonly extraArgs?: readonly string[];
  readonly extraEnv?: Readonly<Record<string, string>>;
}

/** Where a pod finds the model's files. Exactly one of `claim` and `hostPath`. */
export interface WeightStore {
  /** A PersistentVolumeClaim in the client's namespace. */
  readonly claim?: string;
  /** A directory on every tray, filled beforehand. */
  readonly hostPath?: string;
  /** Folder of the model below the claim or directory. */
  readonly path: string;
  /** What the store delivers to one tray, GiB per second. */
  readonly readGibPerSecond: number;
}

export interface PrefillIntent extends PoolIntentCommon {
  readonly role: "prefill";
  /** Prompt tokens one rank computes in one forward pass. */
  readonly tokensPerForwardPerRank: number;
  /** Requests one rank holds at once, waiting for transfer included. */
  readonly runningRequestsPerRank?: number;
  /** Admission limit per rank when it shall differ from the chunk; the engine's `max-prefill-tokens`. */
  readonly prefillTokensPerRank?: number;
}

export interface DecodeIntent extends PoolIntentCommon {
  readonly role: "decode";
  /** Requests one rank decodes at once. */
  readonly batchPerRank: number;
  /** Tokens one rank may send into one low-latency dispatch. */
  readonly dispatchTokensPerRank?: number;
  /** Batch sizes with a captured CUDA graph. */
  readonly graphBatchSizes?: readonly number[];
  /** KV tokens set aside per running request for what it has yet to write. */
  readonly reservedDecodeTokens?: number;
}

export type PoolIntent = PrefillIntent | DecodeIntent;

/** Sizes of the process groups of one worker. */
export interface ParallelPlan {
  /** Tensor-parallel size: all GPUs of the worker. */
  readonly tensor: number;
  /** Data-parallel attention ranks; 1 when attention is split by heads. */
  readonly data: number;
  readonly expert: number;
  readonly nodes: number;
  /** GPUs that share one copy of a dense MLP; 1 replicates it. */
  readonly denseTensor: number;
  readonly dispatch: Dispatch;
}
