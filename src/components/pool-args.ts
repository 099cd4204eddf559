import type { DomainRef, ExpertPlacementRef } from "../refs";
import type {
  AttentionSplit,
  EngineArgs,
  ExpertSplit,
  KvCacheType,
  ModelArgs,
  Purpose,
  SpeculationArgs,
  TrayResourceArgs,
} from "./engine-args";

/**
 * What both kinds of pool are told. Numbers are per attention rank; engines' global flags are derived. "Rolls the pool" is
 * what LeaderWorkerSets do; with Ray Serve a launch setting redeploys the role and anything of its pods replaces the
 * cluster, with Dynamo the roles roll (docs/engines.md).
 */
export interface PoolArgs {
  /** The client's domain: `ref` of a ClientDomain. Plain data, so that everything else is known at preview. */
  domain: DomainRef;
  model: ModelArgs;
  engine: EngineArgs;
  /**
   * Instances of the engine, each a group of trays that serves requests on its own. Changing it adds or removes whole
   * workers in place; the others go on. With Ray Serve it replaces the whole cluster: KubeRay changes none in place.
   */
  workers: number;
  /**
   * GPUs of one worker, in whole trays of 4. Decides the expert-parallel size and so memory and speed. Changing it rolls
   * the pool.
   */
  gpusPerWorker: number;
  /** Tokens of a typical prompt. Decides the context length and sanity checks. Changing it rolls the pool. */
  inputTokens: number;
  /** Tokens of a typical answer. Decides the context length, KV space and the drain. Changing it rolls the pool. */
  outputTokens: number;
  /**
   * Longest request, prompt and answer, in tokens. Default: both together, in whole pages, and a page for the chat
   * template. Changing it rolls the pool.
   */
  contextTokens?: number;
  /**
   * KV tokens one rank holds; never divided by anything. Default: decode, the whole batch at its longest or as much as
   * fits; prefill, eight forward passes. Changing it rolls the pool.
   */
  kvTokensPerRank?: number;
  /**
   * `data`: every GPU has requests and KV of its own (DP attention), for throughput. `tensor`: every request is split over
   * all GPUs, for latency at low load. Default `data`. Changing it rolls the pool.
   */
  attention?: AttentionSplit;
  /**
   * `whole`: every GPU holds some experts entirely; `sliced`: a part of every expert, which takes attention `tensor`.
   * Default `whole`, but with attention `tensor` in SGLang and vLLM `sliced`. Changing it rolls the pool.
   */
  expertSplit?: ExpertSplit;
  /** Default `fp8`: half the memory and transfer of `bf16`. Both pools of a client must agree. Rolls the pool. */
  kvCacheType?: KvCacheType;
  /** Placement of experts: `ref` of an ExpertBalancer. Default: no replicas, trivial order. Changing it rolls the pool. */
  experts?: ExpertPlacementRef;
  speculation?: SpeculationArgs;
  /**
   * Share of GPU memory for weights and KV (SGLang `mem-fraction-static`). Default: what dispatch buffers and graphs
   * leave. Changing it rolls the pool.
   */
  staticMemoryFraction?: number;
  /**
   * Longest wait for requests in flight when a pod stops, seconds. Default: prefill 60; decode, an answer at 50 ms per
   * token. Changing it rolls the pool.
   */
  drainSeconds?: number;
  resources?: TrayResourceArgs;
  /** Further labels a tray must carry. Changing them rolls the pool, possibly onto other trays. */
  nodeSelector?: Record<string, string>;
  /** `benchmark` allows switches that make measurements comparable and services unsafe. Default `production`. */
  purpose?: Purpose;
  /** Further flags of the engine, checked against its version. Flags the library derives are refused. Rolls the pool. */
  extraArgs?: string[];
  /** Further environment of the engine, never secrets: it is in state and in the pod. Rolls the pool. */
  extraEnv?: Record<string, string>;
}

/**
 * A prefill pool: computes prompts and hands their KV to decode.
 *
 * @example
 * new PrefillPool("client1-prefill", {
 *   domain: domain.ref, model, engine, workers: 1, gpusPerWorker: 4, inputTokens: 1024, outputTokens: 8192,
 * });
 */
export interface PrefillPoolArgs extends PoolArgs {
  /**
   * Prompt tokens one rank computes in one forward pass. Default 16384, the published operating point on GB200 (source
   * 000: 32768 saved 2.6 % of a burst). More lifts throughput until the GPU is full and then only memory and latency.
   * Changing it rolls the pool.
   */
  tokensPerForwardPerRank?: number;
  /** Requests one rank holds, those that wait for their transfer included. Default: what its KV holds. Rolls the pool. */
  runningRequestsPerRank?: number;
  /** Tokens one rank admits to a pass, if not the same as it computes. At least `tokensPerForwardPerRank`. Rolls. */
  prefillTokensPerRank?: number;
}

/**
 * A decode pool: generates answers from KV that prefill wrote.
 *
 * @example
 * new DecodePool("client1-decode", {
 *   domain: domain.ref, model, engine, workers: 1, gpusPerWorker: 32, batchPerRank: 256,
 *   inputTokens: 1024, outputTokens: 8192, experts: balancer.ref,
 * });
 */
export interface DecodePoolArgs extends PoolArgs {
  /**
   * Requests one rank decodes at once. Decides throughput against time per token, KV space and graphs. The engine's
   * global limit is this times the ranks. Changing it rolls the pool.
   */
  batchPerRank: number;
  /**
   * Tokens one rank may send in one low-latency dispatch; at most 1024. Default: the smallest of 128, 256, 512, 768 and
   * 1024 that holds a step of the full batch. Costs 16 GiB per GPU at 1024 and 288 experts. Changing it rolls the pool.
   */
  dispatchTokensPerRank?: number;
  /** Batch sizes with a captured graph. Default: a ladder up to the batch. Changing it rolls the pool. */
  graphBatchSizes?: number[];
  /** KV tokens kept free per running request for what it will write. Default 512 or the answer. Rolls the pool. */
  reservedDecodeTokens?: number;
}
