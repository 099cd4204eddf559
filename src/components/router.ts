import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RouterRef } from "../refs";
import { customObject } from "./custom-object";
import { gatedImage } from "./gated-image";
import type { GraphDesign, ProxyDesign } from "./entrance";
import { bindRef, resourcesOf, whenReady } from "./ref-resources";
import { accepted, outputProblems, refuseIfAny, warn } from "./refusal";
import type { RouterArgs } from "./router-args";
import { designRouter, type RouterDesign } from "./router-design";
import { routerSuccession } from "./succession";

/**
 * Sends a client's requests to its pools: each prompt to a prefill worker, its answer from a decode worker.
 *
 * - Before pools that own their workers (SGLang, vLLM without Ray): a Deployment of smg or vllm-router that finds workers
 *   by their labels, so that pools may roll, grow and shrink without it, with its Service, disruption budget, network
 *   policy and the right to watch pods of its namespace.
 * - With Ray Serve and Dynamo: the one object that holds all roles (RayService, DynamoGraphDeployment), made from what the
 *   pools' refs contribute, and the network policies of its entrance.
 *
 * @throws RunError naming every argument that cannot work.
 */
export class Router extends pulumi.ComponentResource {
  /** Plain data: where requests go. Known at preview. */
  public readonly ref: RouterRef;
  /** True once replicas are ready, which needs a ready worker of both roles. */
  public readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: RouterArgs, opts?: pulumi.ComponentResourceOptions) {
    const design = checkArgs(name, args);
    super("pulumi-nvl72:index:Router", name, args, opts);
    warn(this, design.warnings);

    const resources = emitRouter(this, name, args, design);
    this.ref = design.ref;
    bindRef(this.ref, resources);
    this.ready = whenReady(resources);
    this.registerOutputs({ ref: this.ref, ready: this.ready });
  }
}

function checkArgs(name: string, args: RouterArgs): RouterDesign {
  refuseIfAny(name, outputProblems(args, ["image"]));
  const design = accepted(name, designRouter(name, args));
  if (args.image === undefined || typeof args.image === "string") return design;
  return accepted(name, designRouter(name, { ...args, image: gatedImage(name, "image", args.image) }));
}

function emitRouter(
  owner: pulumi.ComponentResource,
  name: string,
  args: RouterArgs,
  { entrance, patienceSeconds }: RouterDesign,
): pulumi.CustomResource[] {
  const patience = `${patienceSeconds}s`;
  return entrance.kind === "proxy"
    ? emitProxy(owner, name, args, entrance, patience)
    : emitGraph(owner, name, args, entrance, patience);
}

function emitProxy(
  owner: pulumi.ComponentResource,
  name: string,
  args: RouterArgs,
  { objects }: ProxyDesign,
  patience: string,
): pulumi.CustomResource[] {
  const child = { parent: owner, dependsOn: resourcesOf(args.domain) };
  const account = new k8s.core.v1.ServiceAccount(`${name}-account`, objects.account, child);
  const role = new k8s.rbac.v1.Role(`${name}-discovery`, objects.role, child);
  const binding = new k8s.rbac.v1.RoleBinding(`${name}-discovery`, objects.binding, child);
  const service = new k8s.core.v1.Service(`${name}-service`, objects.service, child);
  const budget = new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, objects.budget, child);
  const network = new k8s.networking.v1.NetworkPolicy(`${name}-network`, objects.network, child);
  const replicas = new k8s.apps.v1.Deployment(`${name}-replicas`, objects.deployment, {
    parent: owner,
    // Without the right to watch pods a replica ends at once.
    dependsOn: [...child.dependsOn, account, role, binding, network],
    customTimeouts: { create: patience, update: patience, delete: patience },
    ...routerSuccession(name),
  });
  return [account, role, binding, service, budget, network, replicas];
}

/** Its pods are the pools' pods: they come after everything that the pools made, and go before it. */
function emitGraph(
  owner: pulumi.ComponentResource,
  name: string,
  args: RouterArgs,
  { account, policies, graph, replaceOnChanges }: GraphDesign,
  patience: string,
): pulumi.CustomResource[] {
  const child = { parent: owner, dependsOn: resourcesOf(args.domain, ...args.prefill, ...args.decode) };
  const serviceAccount = new k8s.core.v1.ServiceAccount(`${name}-account`, account, child);
  const networks = policies.map(
    (policy, index) =>
      new k8s.networking.v1.NetworkPolicy(`${name}-network${index === 0 ? "" : `-${index}`}`, policy, child),
  );
  const succession = routerSuccession(name);
  const workload = customObject(`${name}-graph`, graph, {
    parent: owner,
    dependsOn: [...child.dependsOn, serviceAccount, ...networks],
    customTimeouts: { create: patience, update: patience, delete: patience },
    ...succession,
    replaceOnChanges: [...(succession.replaceOnChanges ?? []), ...replaceOnChanges],
  });
  return [serviceAccount, ...networks, workload];
}
