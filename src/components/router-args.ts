import type * as pulumi from "@pulumi/pulumi";
import type { DomainRef, PoolRef } from "../refs";

/** What a replica takes on. Limits count per replica. */
export interface RouterLimitArgs {
  /** Requests one replica holds at once. Default 73728, the most a rack decodes. Changing it rolls the router. */
  concurrentRequestsPerReplica?: number;
  /** Requests that may wait; 0 answers 429 at once. Default 100. Changing it rolls the router. */
  queuedRequestsPerReplica?: number;
  /** Longest wait in the queue, seconds. Default 60. Changing it rolls the router. */
  queueSeconds?: number;
}

export interface RouterTimeoutArgs {
  /** Longest request, queue and stream included, seconds. Default 1800. Changing it rolls the router. */
  requestSeconds?: number;
  /** How long a stopping replica lets its requests finish, seconds. Default: one answer. Rolls the router. */
  shutdownGraceSeconds?: number;
}

export interface RouterRetryArgs {
  /** Attempts in all; 1 never repeats. Default 2: every attempt computes the prompt again. Rolls the router. */
  attempts?: number;
  /** Default 50. Changing it rolls the router. */
  initialBackoffMilliseconds?: number;
  /** Default 30000. Changing it rolls the router. */
  maxBackoffMilliseconds?: number;
}

/** When a worker is left out after failures, and when it is tried again. */
export interface RouterCircuitBreakerArgs {
  /** Failures within the window that open the circuit. Default 10. Changing it rolls the router. */
  failures?: number;
  /** Successes that close it. Default 3. Changing it rolls the router. */
  successes?: number;
  /** How long it stays open, seconds. Default 60. Changing it rolls the router. */
  openSeconds?: number;
  /** Default 120. Changing it rolls the router. */
  windowSeconds?: number;
}

/** A key of a Secret in the client's namespace. Never the value: that would be in state. */
export interface SecretKeyArgs {
  name: string;
  key: string;
}

export interface RouterAuthArgs {
  /** Key that requests must carry as `Authorization: Bearer`. Default none. Changing it rolls the router. */
  apiKey?: SecretKeyArgs;
  /** Key for `/workers` and other administration, as `id:name:admin:key`. Default none, which warns. Rolls the router. */
  controlPlaneKey?: SecretKeyArgs;
}

/**
 * A client's entrance: joins prefill and decode pools. What rolls the router replaces the whole cluster with Ray, whose
 * head it is part of, and rolls the frontends with Dynamo.
 *
 * @example
 * new Router("client1-router", { domain: domain.ref, prefill: [prefill.ref], decode: [decode.ref], image: "lightseekorg/smg:1.13.0" });
 */
export interface RouterArgs {
  /** The client's domain: `ref` of a ClientDomain. */
  domain: DomainRef;
  /** Pools that compute prompts: `ref`s of PrefillPools, of this program or of other stacks. */
  prefill: PoolRef[];
  /** Pools that generate answers: `ref`s of DecodePools. */
  decode: PoolRef[];
  /**
   * Image by digest or pinned tag; may be an output. Default: SGLang, the version of smg whose flags are rendered; Ray
   * and Dynamo, the pools' own image. vLLM without Ray needs one with vllm-router in it. Changing it rolls the router
   * without lost requests; with Ray it replaces the cluster, with Dynamo it rolls the frontends.
   */
  image?: pulumi.Input<string>;
  /** Names of image pull secrets in the client's namespace. Default: with Ray and Dynamo the pools' own. Rolls. */
  imagePullSecrets?: string[];
  /**
   * Default 2: one may go and requests still arrive. With Ray the replicas of its HTTP ingress, default four for every
   * three GPUs as published. Changing it is in place.
   */
  replicas?: number;
  /**
   * How a prefill worker is chosen. Default `cache_aware`. Changing it rolls the router. This and the settings down to
   * `auth` are a proxy's: with Ray and Dynamo they are refused.
   */
  prefillPolicy?: string;
  /** How a decode worker is chosen. Default `power_of_two`. Changing it rolls the router. */
  decodePolicy?: string;
  limits?: RouterLimitArgs;
  timeouts?: RouterTimeoutArgs;
  retries?: RouterRetryArgs;
  circuitBreaker?: RouterCircuitBreakerArgs;
  auth?: RouterAuthArgs;
  /** Seconds one full answer takes; timeouts are held against it. Default: what the decode pools drain. */
  longestAnswerSeconds?: number;
  /** Namespaces that may send requests. Default: everyone who can reach the Service. Changing it is in place. */
  callerNamespaces?: string[];
  /**
   * With Dynamo: version of the graph's API, `v1alpha1` or `v1beta1`. Default `v1alpha1`, which every operator serves.
   * Changing it replaces the graph.
   */
  graphVersion?: string;
  /** Labels of the hosts that routers run on. Default any but the trays. Changing it rolls the router. */
  nodeSelector?: Record<string, string>;
  /** CPU cores per replica. Default 4; routing is 0.5 to 1 core per request and second at long prompts. Rolls. */
  cpuCores?: number;
  /** Memory per replica, GiB. Default 8. Changing it rolls the router. */
  memoryGib?: number;
}
