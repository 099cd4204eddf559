import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { leaderWorkerSetVariables, type Engine } from "../engines/engine";
import { engines } from "../engines/engines";
import { servedModelName } from "../engines/sglang/launch-line";
import { checkImage, imageWarnings } from "../manifests/image";
import { leaderSelector } from "../manifests/labels";
import { leaderWorkerSet } from "../manifests/leader-worker-set";
import { checkLeaderWorkerSet } from "../manifests/lws-rules";
import type { Placement } from "../manifests/placement";
import { disruptionBudget } from "../manifests/pod-disruption-budget";
import { poolNetworkPolicy } from "../manifests/pool-network-policy";
import { leadersService, leaderUrls } from "../manifests/service";
import { planPool } from "../plan/plan-pool";
import type { PoolIntent, PoolPlan } from "../plan/pool";
import { checkShare } from "../plan/rack-fit";
import { gb200Nvl72 } from "../plan/rack";
import type { Problem } from "../problems";
import { refVersion, type PoolRef } from "../refs";
import { customObject } from "./custom-object";
import { gatedImage } from "./gated-image";
import type { PoolArgs } from "./pool-args";
import { checkPoolArgs } from "./pool-intent";
import { resourcesOf } from "./ref-resources";
import { outputProblems, refuseIfAny } from "./refusal";

const usualCpuCores = 120;
const usualMemoryGib = 850;
const usualSharedMemoryGib = 64;

/** A pool that was checked and can be emitted. */
export interface CheckedPool {
  readonly plan: PoolPlan;
  readonly engine: Engine;
  readonly placement: Placement;
  readonly warnings: readonly Problem[];
}

/** Plans a pool from its arguments. @throws RunError with every problem, before anything is registered. */
export function checkEnginePool<Args extends PoolArgs>(
  name: string,
  args: Args,
  toIntent: (args: Args) => PoolIntent,
): CheckedPool {
  refuseIfAny(name, outputProblems(args, ["engine.image"]));
  refuseIfAny(name, checkPoolArgs(args));
  const intent = toIntent(args);
  const { plan, problems } = planPool(intent, gb200Nvl72);
  const engine = engines[args.engine.name];
  const found: Problem[] = [...problems, ...imageProblems(args.engine.image)];
  if (engine === undefined) found.push(unknownEngine(args.engine.name));
  if (plan !== undefined && engine !== undefined) found.push(...engine.check(plan));
  if (plan !== undefined) found.push(...checkShare(args.domain.client, [plan], args.domain.trays, gb200Nvl72));
  refuseIfAny(name, found);
  if (plan === undefined || engine === undefined) throw new Error("a pool without problems has a plan and an engine");

  const placement = placementOf(name, args, plan);
  refuseIfAny(
    name,
    checkLeaderWorkerSet(leaderWorkerSet(placement, plan, engine.process(plan, leaderWorkerSetVariables))),
  );
  return { plan, engine, placement, warnings: [...plan.warnings, ...imageWarnings(args.engine.image)] };
}

/** Creates the objects of a pool below `owner`; the first is the one whose readiness is awaited. */
export function emitEnginePool(
  owner: pulumi.ComponentResource,
  name: string,
  args: PoolArgs,
  { plan, engine, placement }: CheckedPool,
): pulumi.CustomResource[] {
  const process = engine.process(plan, leaderWorkerSetVariables);
  const child = { parent: owner, dependsOn: resourcesOf(args.domain, args.experts) };
  // What the startup probe allows, and some for pulling the image and scheduling.
  const patience = `${plan.startup.budgetSeconds + plan.drainSeconds + 600}s`;
  const workers = customObject(`${name}-workers`, leaderWorkerSet(placement, plan, process), {
    ...child,
    customTimeouts: { create: patience, update: patience },
  });
  const leaders = new k8s.core.v1.Service(`${name}-leaders`, leadersService(placement, engine.httpPort), child);
  const budget = new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, disruptionBudget(placement), child);
  const network = new k8s.networking.v1.NetworkPolicy(
    `${name}-network`,
    poolNetworkPolicy(placement, process.ports, args.domain.monitoringNamespace),
    child,
  );
  return [workers, leaders, budget, network];
}

export function poolRef({ plan, engine, placement }: CheckedPool): PoolRef {
  return {
    version: refVersion,
    client: plan.client,
    role: plan.role,
    engine: engine.name,
    namespace: placement.namespace,
    name: placement.name,
    workers: plan.workers,
    trays: plan.trays,
    gpus: plan.gpus,
    httpPort: engine.httpPort,
    bootstrapPort: plan.role === "prefill" ? engine.bootstrapPort : 0,
    leaders: leaderUrls(placement, plan.workers, engine.httpPort),
    selector: leaderSelector(placement),
    servedModel: servedModelName(plan.intent.checkpoint.repository),
    kvCacheType: plan.intent.kvCacheType,
    contextTokens: plan.contextTokens,
    concurrency: plan.workers * plan.parallel.data * plan.runningRequestsPerRank,
    startupBudgetSeconds: plan.startup.budgetSeconds,
    drainSeconds: plan.drainSeconds,
  };
}

function placementOf(name: string, args: PoolArgs, plan: PoolPlan): Placement {
  const { domain, engine, resources = {} } = args;
  return {
    namespace: domain.namespace,
    name,
    client: domain.client,
    role: plan.role,
    image: gatedImage(name, engine.image),
    imagePullSecrets: engine.imagePullSecrets ?? [],
    serviceAccount: domain.engineServiceAccount,
    ...(domain.priorityClass === undefined ? {} : { priorityClass: domain.priorityClass }),
    cpuCores: resources.cpuCores ?? usualCpuCores,
    memoryGib: resources.memoryGib ?? usualMemoryGib,
    sharedMemoryGib: resources.sharedMemoryGib ?? usualSharedMemoryGib,
    ...(args.nodeSelector === undefined ? {} : { nodeSelector: args.nodeSelector }),
    claimTemplate: domain.claimTemplate,
  };
}

function imageProblems(image: pulumi.Input<string>): readonly Problem[] {
  return checkImage(image).map((problem) => ({ ...problem, path: "engine.image" }));
}

function unknownEngine(name: string): Problem {
  return {
    path: "engine.name",
    what: `${name} is not an engine of this library`,
    rule: "flags, ports and probes are rendered per engine",
    fix: Object.keys(engines).join(", "),
  };
}
