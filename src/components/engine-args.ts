import type * as pulumi from "@pulumi/pulumi";

/** Engines that a pool can run. */
export const EngineName = { Sglang: "sglang", Vllm: "vllm", Trtllm: "trtllm" } as const;
export type EngineName = (typeof EngineName)[keyof typeof EngineName];

/** What starts an engine's processes and keeps them together. */
export const Orchestrator = {
  LeaderWorkerSet: "leader-worker-set",
  RayServe: "ray-serve",
  Dynamo: "dynamo",
} as const;
export type Orchestrator = (typeof Orchestrator)[keyof typeof Orchestrator];

/** Element type of the KV cache. */
export const KvCacheType = { Fp8: "fp8", Bf16: "bf16" } as const;
export type KvCacheType = (typeof KvCacheType)[keyof typeof KvCacheType];

/** How attention is spread over the GPUs of a worker. */
export const AttentionSplit = { Data: "data", Tensor: "tensor" } as const;
export type AttentionSplit = (typeof AttentionSplit)[keyof typeof AttentionSplit];

/** How experts are spread over the GPUs of a worker. */
export const ExpertSplit = { Whole: "whole", Sliced: "sliced" } as const;
export type ExpertSplit = (typeof ExpertSplit)[keyof typeof ExpertSplit];

/** What a pool is for. */
export const Purpose = { Production: "production", Benchmark: "benchmark" } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

/**
 * Where pods find the model's files: exactly one of `claim` and `hostPath`. Nothing is downloaded at start.
 *
 * @example { hostPath: "/mnt/models", path: "DeepSeek-R1-0528-NVFP4-v2" }
 */
export interface WeightsArgs {
  /** A PersistentVolumeClaim in the client's namespace, readable from every tray. Changing it rolls the pool. */
  claim?: string;
  /** A directory that exists on every tray, filled beforehand. Changing it rolls the pool. */
  hostPath?: string;
  /** Folder of the model below the claim or directory. Changing it rolls the pool. */
  path: string;
  /**
   * What the store delivers to one tray, GiB per second. Decides the start-up budget, that is the startup probe and how
   * long Pulumi waits. Default 5, a local NVMe drive; a shared file system may have less. Changing it rolls the pool.
   */
  readGibPerSecond?: number;
}

/** Which model is served, and from which files. */
export interface ModelArgs {
  /**
   * Name of a checkpoint whose shape is known, for example `deepseek-r1-nvfp4`. Decides memory, flags and quantisation.
   * Changing it rolls the pool; change both pools of a client together.
   */
  preset: string;
  weights: WeightsArgs;
}

/** Which engine runs, in which version, from which image. */
export interface EngineArgs {
  /**
   * One of `EngineName`. A string, because a schema for other languages has no choice of one. Changing it replaces the
   * pools, since engines cannot exchange KV, and the router where another orchestrator comes with it.
   */
  name: string;
  /**
   * Version inside the image, for example `0.5.8`: flags are rendered for it. Not read from the image, because a digest
   * does not tell. Changing it rolls the pool.
   */
  version: string;
  /** Image by digest or pinned tag, for arm64. `latest` is refused. May be an output. Changing it rolls the pool. */
  image: pulumi.Input<string>;
  /**
   * What runs the workers. Default: SGLang `leader-worker-set`; vLLM `ray-serve`, or `leader-worker-set` without Ray;
   * TensorRT-LLM `dynamo`. With Ray and Dynamo one object holds all roles, which the Router makes: the pool contributes
   * to it, and its image must be known. Changing it replaces the pools and the router: the old pods
   * go before the new ones come, because a full rack has no trays for both.
   */
  orchestrator?: Orchestrator;
  /** Names of image pull secrets in the client's namespace. Changing them rolls the pool. */
  imagePullSecrets?: string[];
}

/** Multi-token prediction. Both pools of a client must draft alike. */
export interface SpeculationArgs {
  /** Tokens drafted per step, 1 to 3. Changing it rolls the pool. */
  draftTokens: number;
  /**
   * Drafts accepted on average; decides the prediction only. Default 0.8 for one draft, 1.4 for two, 2.0 for three, as
   * published runs of DeepSeek-R1 suggest. Changes nothing on the rack.
   */
  acceptedTokens?: number;
}

/** What a pod asks of its tray beside the GPUs. */
export interface TrayResourceArgs {
  /** CPU cores requested. Default 120 of a GB200 tray's 144, 96 of an H200 node's 112. Changing it rolls the pool. */
  cpuCores?: number;
  /** Memory requested and limited, GiB. Default 850 of a GB200 tray's 960, 1800 of 2048. Changing it rolls the pool. */
  memoryGib?: number;
  /**
   * Size of /dev/shm, GiB, within the memory limit. Default 64, or what the engine needs: TensorRT-LLM with dynamic
   * balancing keeps all experts there. Published recipes use 2 to 800. Changing it rolls the pool.
   */
  sharedMemoryGib?: number;
  /**
   * Further devices that a pod takes, by resource name: `{ "rdma/ib": 8 }`. GB200 trays need none inside an NVLink domain;
   * without one, KV travels over RDMA or, where no device is named, over TCP. Changing them rolls the pool.
   */
  devices?: Record<string, number>;
}
