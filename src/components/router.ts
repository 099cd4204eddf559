import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { routerSettings, type RoutedPools, type RouterIntent, type RouterSettings } from "../engines/smg/intent";
import { routerPorts, routerProcess } from "../engines/smg/router";
import { checkRouter, routerWarnings } from "../engines/smg/rules";
import { checkImage, imageWarnings } from "../manifests/image";
import { labels } from "../manifests/labels";
import type { RouterPlacement } from "../manifests/placement";
import { disruptionBudget } from "../manifests/pod-disruption-budget";
import { discoveryRole, discoveryRoleBinding } from "../manifests/rbac";
import { routerDeployment } from "../manifests/router-deployment";
import { routerNetworkPolicy } from "../manifests/router-network-policy";
import { routerService } from "../manifests/service";
import { serviceAccount } from "../manifests/service-account";
import { refVersion, type RouterRef } from "../refs";
import { gatedImage } from "./gated-image";
import { bindRef, resourcesOf, whenReady } from "./ref-resources";
import { outputProblems, refuseIfAny, warn } from "./refusal";
import type { RouterArgs } from "./router-args";

const usualCpuCores = 4;
const usualMemoryGib = 8;
/** For pulling the image and being seen ready, after the pools are. */
const ownStartupSeconds = 600;

/**
 * Sends a client's requests to its pools: each prompt to a prefill worker, its answer from a decode worker. Finds workers
 * by their labels, so that pools may roll, grow and shrink without it. Owns a Deployment of smg, its Service, disruption
 * budget, network policy and the right to watch pods of its namespace.
 *
 * @throws RunError naming every argument that cannot work.
 */
export class Router extends pulumi.ComponentResource {
  /** Plain data: where requests go. Known at preview. */
  public readonly ref: RouterRef;
  /** True once replicas are ready, which needs a ready worker of both roles. */
  public readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: RouterArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = checkArgs(name, args);
    super("pulumi-nvl72:index:Router", name, args, opts);
    warn(this, [...routerWarnings(intentOf(args)), ...imageWarnings(args.image)]);

    const resources = emitRouter(this, name, args, settings);
    this.ref = routerRef(name, args);
    bindRef(this.ref, resources);
    this.ready = whenReady(resources, pulumi.output);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}

function checkArgs(name: string, args: RouterArgs): RouterSettings {
  refuseIfAny(name, outputProblems(args, ["image"]));
  refuseIfAny(name, [...checkRouter(intentOf(args), poolsOf(args)), ...checkImage(args.image)]);
  return routerSettings(intentOf(args));
}

function emitRouter(
  owner: pulumi.ComponentResource,
  name: string,
  args: RouterArgs,
  settings: RouterSettings,
): pulumi.CustomResource[] {
  const pools = poolsOf(args);
  const placement = placementOf(name, args);
  const { namespace } = placement;
  const child = { parent: owner, dependsOn: resourcesOf(args.domain) };
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-account`,
    serviceAccount(placement.serviceAccount, namespace, labels(placement)),
    child,
  );
  const role = new k8s.rbac.v1.Role(`${name}-discovery`, discoveryRole(placement), child);
  const binding = new k8s.rbac.v1.RoleBinding(
    `${name}-discovery`,
    discoveryRoleBinding(placement, placement.serviceAccount),
    child,
  );
  const service = new k8s.core.v1.Service(`${name}-service`, routerService(placement, routerPorts), child);
  const budget = new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, disruptionBudget(placement), child);
  const network = new k8s.networking.v1.NetworkPolicy(
    `${name}-network`,
    routerNetworkPolicy(placement, routerPorts, {
      callerNamespaces: args.callerNamespaces ?? [],
      monitoringNamespace: args.domain.monitoringNamespace,
      enginePort: pools.decode[0]?.httpPort ?? 0,
      apiServerCidr: args.apiServerCidr ?? "0.0.0.0/0",
    }),
    child,
  );
  const patienceSeconds = rolloutPatienceSeconds(args);
  const deployment = new k8s.apps.v1.Deployment(
    `${name}-replicas`,
    routerDeployment(placement, routerProcess(settings, pools), {
      replicas: settings.replicas,
      progressDeadlineSeconds: patienceSeconds,
    }),
    {
      parent: owner,
      dependsOn: [...child.dependsOn, account, role, binding, network],
      customTimeouts: { create: `${patienceSeconds}s`, update: `${patienceSeconds}s` },
    },
  );
  return [account, role, binding, service, budget, network, deployment];
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
    image: gatedImage(name, args.image),
    imagePullSecrets: [],
    serviceAccount: name,
    ...(domain.priorityClass === undefined ? {} : { priorityClass: domain.priorityClass }),
    cpuCores: args.cpuCores ?? usualCpuCores,
    memoryGib: args.memoryGib ?? usualMemoryGib,
    ...(args.nodeSelector === undefined ? {} : { nodeSelector: args.nodeSelector }),
  };
}

function poolsOf({ prefill, decode }: RouterArgs): RoutedPools {
  return { prefill, decode };
}

/** The slowest pool's start and its own, in half hours: a pool that starts a minute sooner is no change to the router. */
function rolloutPatienceSeconds({ prefill, decode }: RouterArgs): number {
  const slowest = Math.max(...[...prefill, ...decode].map((pool) => pool.startupBudgetSeconds));
  return Math.ceil((slowest + ownStartupSeconds) / 1800) * 1800;
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
