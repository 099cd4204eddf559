import type * as pulumi from "@pulumi/pulumi";

/** Engines that a pool can run. */
export const EngineName = { Sglang: "sglang" } as const;
export type EngineName = (typeof EngineName)[keyof typeof EngineName];

/** Element type of the KV cache. */
export const KvCacheType = { Fp8: "fp8", Bf16: "bf16" } as const;
export type KvCacheType = (typeof KvCacheType)[keyof typeof KvCacheType];

/** How attention is spread over the GPUs of a worker. */
export const AttentionSplit = { Data: "data", Tensor: "tensor" } as const;
export type AttentionSplit = (typeof AttentionSplit)[keyof typeof AttentionSplit];

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
  /** One of `EngineName`. A string, because a schema for other languages has no choice of one. Changing it rolls the pool. */
  name: string;
  /**
   * Version inside the image, for example `0.5.8`: flags are rendered for it. Not read from the image, because a digest
   * does not tell. Changing it rolls the pool.
   */
  version: string;
  /** Image by digest or pinned tag, for arm64. `latest` is refused. May be an output. Changing it rolls the pool. */
  image: pulumi.Input<string>;
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
  /** CPU cores requested. Default 120 of the tray's 144. Changing it rolls the pool. */
  cpuCores?: number;
  /** Memory requested and limited, GiB. Default 850 of the tray's 960. Changing it rolls the pool. */
  memoryGib?: number;
  /** Size of /dev/shm, GiB, within the memory limit. Default 64; published recipes use 2 to 800. Rolls the pool. */
  sharedMemoryGib?: number;
}
