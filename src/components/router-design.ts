import type { types } from "@pulumi/kubernetes";
import { checkPresent, type RoutedPools } from "../engines/agreement";
import { vllmRouterVersion } from "../engines/vllm-router/router";
import { checkImage, imageWarnings } from "../manifests/image";
import { checkObjectName } from "../manifests/object-name";
import type { PassedThrough, RouterPlacement } from "../manifests/placement";
import type { Problem } from "../problems";
import { refVersion, type PoolRef, type RouterRef } from "../refs";
import type { EntranceQuestion, GraphDesign, ProxyDesign } from "./entrance";
import { designGraph } from "./graph-design";
import { designProxy, usualProxyImage } from "./proxy-design";
import type { RouterArgs } from "./router-args";

const usualCpuCores = 4;
const usualMemoryGib = 8;
/** For pulling the image and being seen ready, after the pools are. */
const ownStartupSeconds = 600;

/** A router, checked and rendered: all that is left is to create it. */
export interface RouterDesign {
  /** Replicas of a proxy before pools that own their workers, or the one object that holds all roles. */
  readonly entrance: ProxyDesign | GraphDesign;
  readonly ref: RouterRef;
  /** How long a roll-out may take before it has failed. */
  readonly patienceSeconds: number;
  readonly warnings: readonly Problem[];
}

export type DesignedRouter = { readonly design: RouterDesign } | { readonly problems: readonly Problem[] };

/** Renders a router from its arguments, or says everything that is wrong with them. Pure. */
export function designRouter(name: string, args: RouterArgs): DesignedRouter {
  const pools: RoutedPools = { prefill: args.prefill, decode: args.decode };
  const [pool] = args.decode;
  const missing = checkPresent(pools);
  if (missing.length > 0 || pool === undefined) {
    return { problems: [...checkObjectName("name", name), ...missing, ...checkImage(args.image ?? "")] };
  }
  const image = args.image ?? usualImage(pool);
  if (image === undefined) return { problems: [missingImage] };
  const patienceSeconds = rolloutPatienceSeconds(args);
  const question: EntranceQuestion = { args, pools, placement: placementOf(name, args, image), patienceSeconds };
  const owned = pool.orchestrator === "leader-worker-set";
  const designed = owned ? designProxy(question) : designGraph(question);
  const problems = [
    ...checkObjectName("name", name),
    ...(owned && args.graphVersion !== undefined ? [noGraph] : []),
    ...("problems" in designed ? designed.problems : []),
    ...checkHome(args),
    ...checkImage(image),
  ];
  if (problems.length > 0 || "problems" in designed) return { problems };
  const { entrance, warnings } = designed;
  return {
    design: {
      entrance,
      ref: routerRef(args, pool, entrance),
      patienceSeconds,
      warnings: [...warnings, ...imageWarnings(image)],
    },
  };
}

/** A proxy has an image of its own; the entrance of a graph object is a process of the engine's. */
function usualImage(pool: PoolRef): PassedThrough | undefined {
  return pool.orchestrator === "leader-worker-set" ? usualProxyImage(pool) : pool.image;
}

const noGraph: Problem = {
  path: "graphVersion",
  what: "is stated, but no graph is made",
  rule: "only Dynamo's workloads have a graph",
  fix: "leave it out",
};

/** vllm-router is published as nightly images alone, and a tag of those says nothing of its flags. */
const missingImage: Problem = {
  path: "image",
  what: "is not stated",
  rule: `flags are those of vllm-router ${vllmRouterVersion}, of which no image is published under its version`,
  fix: `an image with vllm-router==${vllmRouterVersion} from PyPI in it`,
};

/** A router finds pods of its own namespace only. Whether its pools agree among themselves, the entrance says. */
function checkHome({ domain, prefill, decode }: RouterArgs): readonly Problem[] {
  const pools = [...prefill, ...decode];
  const [pool] = pools;
  if (pool === undefined || pools.some(({ client }) => client !== pool.client)) return [];
  if (pool.client === domain.client && pool.namespace === domain.namespace) return [];
  return [
    {
      path: "domain",
      what: `${domain.client} in namespace ${domain.namespace}, but the pools are ${pool.client}'s in ${pool.namespace}`,
      rule: "discovery, rights and network policy end at the client's namespace",
      fix: `the domain of ${pool.client}, or pools of ${domain.client}`,
    },
  ];
}

/**
 * The slowest pool's start, once for every worker that Dynamo rolls after another, its drain and the router's own start;
 * in half hours: a pool that starts a minute sooner is no change to the router.
 */
function rolloutPatienceSeconds({ prefill, decode }: RouterArgs): number {
  const pools = [...prefill, ...decode];
  const rolled = pools.some(({ orchestrator }) => orchestrator === "dynamo");
  const starts = rolled ? Math.max(...pools.map(({ workers }) => workers)) : 1;
  const start = Math.max(...pools.map(({ startupBudgetSeconds }) => startupBudgetSeconds));
  const drain = Math.max(...pools.map(({ drainSeconds }) => drainSeconds));
  return Math.ceil((starts * start + drain + ownStartupSeconds) / 1800) * 1800;
}

/** The entrance of a graph runs the pools' image, and so pulls it from where they do. */
function contributedPullSecrets([pool]: readonly PoolRef[]): readonly string[] {
  const { spec } = (pool?.contribution?.podTemplate ?? {}) as types.input.core.v1.PodTemplateSpec;
  const { imagePullSecrets = [] } = (spec ?? {}) as types.input.core.v1.PodSpec;
  return (imagePullSecrets as readonly { readonly name: string }[]).map(({ name }) => name);
}

function routerRef({ domain }: RouterArgs, { servedModel }: PoolRef, entrance: ProxyDesign | GraphDesign): RouterRef {
  const { client, namespace } = domain;
  const { service, port, metricsPort } = entrance;
  const url = `http://${service}.${namespace}.svc:${port}`;
  return { version: refVersion, client, namespace, service, port, metricsPort, url, servedModel };
}

function placementOf(name: string, args: RouterArgs, image: PassedThrough): RouterPlacement {
  const { domain } = args;
  return {
    namespace: domain.namespace,
    name,
    client: domain.client,
    role: "router",
    image,
    imagePullSecrets: args.imagePullSecrets ?? contributedPullSecrets(args.decode),
    serviceAccount: name,
    ...(domain.routerPriorityClass === undefined ? {} : { priorityClass: domain.routerPriorityClass }),
    cpuCores: args.cpuCores ?? usualCpuCores,
    memoryGib: args.memoryGib ?? usualMemoryGib,
    ...(args.nodeSelector === undefined ? {} : { nodeSelector: args.nodeSelector }),
  };
}
