import { routerSettings, type RoutedPools, type RouterIntent } from "../engines/smg/intent";
import { routerPorts, routerProcess } from "../engines/smg/router";
import { checkRouter, routerWarnings } from "../engines/smg/rules";
import { checkImage, imageWarnings } from "../manifests/image";
import { checkObjectName } from "../manifests/object-name";
import type { RouterPlacement } from "../manifests/placement";
import { routerObjects, type RouterObjects } from "../manifests/router-objects";
import type { Problem } from "../problems";
import { refVersion, type RouterRef } from "../refs";
import type { RouterArgs } from "./router-args";

const usualCpuCores = 4;
const usualMemoryGib = 8;
/** For pulling the image and being seen ready, after the pools are. */
const ownStartupSeconds = 600;

/** A router, checked and rendered: all that is left is to create it. */
export interface RouterDesign {
  readonly objects: RouterObjects;
  readonly ref: RouterRef;
  /** How long a roll-out may take before it has failed. */
  readonly patienceSeconds: number;
  readonly warnings: readonly Problem[];
}

export type DesignedRouter = { readonly design: RouterDesign } | { readonly problems: readonly Problem[] };

/** Renders a router from its arguments, or says everything that is wrong with them. Pure. */
export function designRouter(name: string, args: RouterArgs): DesignedRouter {
  const intent = intentOf(args);
  const pools: RoutedPools = { prefill: args.prefill, decode: args.decode };
  const problems = [
    ...checkObjectName("name", name),
    ...checkRouter(intent, pools),
    ...checkHome(args),
    ...checkImage(args.image),
  ];
  if (problems.length > 0) return { problems };
  const settings = routerSettings(intent);
  const patienceSeconds = rolloutPatienceSeconds(args);
  const objects = routerObjects(
    placementOf(name, args),
    routerProcess(settings, pools),
    { replicas: settings.replicas, progressDeadlineSeconds: patienceSeconds },
    {
      callerNamespaces: args.callerNamespaces ?? [],
      monitoringNamespace: args.domain.monitoringNamespace,
      enginePort: args.decode[0]?.httpPort ?? 0,
      apiServerCidr: args.apiServerCidr ?? "0.0.0.0/0",
    },
  );
  const warnings = [...routerWarnings(intent), ...imageWarnings(args.image)];
  return { design: { objects, ref: routerRef(name, args), patienceSeconds, warnings } };
}

/** A router finds pods of its own namespace only. Whether its pools agree among themselves, `checkRouter` says. */
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

/** The slowest pool's start and its own, in half hours: a pool that starts a minute sooner is no change to the router. */
function rolloutPatienceSeconds({ prefill, decode }: RouterArgs): number {
  const slowest = Math.max(...[...prefill, ...decode].map((pool) => pool.startupBudgetSeconds));
  return Math.ceil((slowest + ownStartupSeconds) / 1800) * 1800;
}

function routerRef(name: string, args: RouterArgs): RouterRef {
  const { client, namespace } = args.domain;
  return {
    version: refVersion,
    client,
    namespace,
    service: name,
    port: routerPorts.http,
    metricsPort: routerPorts.metrics,
    url: `http://${name}.${namespace}.svc:${routerPorts.http}`,
    servedModel: args.decode[0]?.servedModel ?? "",
  };
}

function placementOf(name: string, args: RouterArgs): RouterPlacement {
  const { domain } = args;
  return {
    namespace: domain.namespace,
    name,
    client: domain.client,
    role: "router",
    image: args.image,
    imagePullSecrets: [],
    serviceAccount: name,
    ...(domain.routerPriorityClass === undefined ? {} : { priorityClass: domain.routerPriorityClass }),
    cpuCores: args.cpuCores ?? usualCpuCores,
    memoryGib: args.memoryGib ?? usualMemoryGib,
    ...(args.nodeSelector === undefined ? {} : { nodeSelector: args.nodeSelector }),
  };
}

function intentOf(args: RouterArgs): RouterIntent {
  const { replicas, prefillPolicy, decodePolicy, limits, timeouts, retries, circuitBreaker, auth } = args;
  const longestAnswerSeconds =
    args.longestAnswerSeconds ?? Math.max(0, ...args.decode.map((pool) => pool.drainSeconds));
  return {
    replicas,
    prefillPolicy,
    decodePolicy,
    limits,
    timeouts,
    retries,
    circuitBreaker,
    auth,
    longestAnswerSeconds,
  };
}
