import { leaderWorkerSetVariables, type Engine } from "../engines/engine";
import { engines } from "../engines/engines";
import { servedModelName } from "../engines/sglang/launch-line";
import { checkImage, imageWarnings } from "../manifests/image";
import { leaderSelector } from "../manifests/labels";
import { checkLeaderWorkerSet } from "../manifests/lws-rules";
import type { Placement } from "../manifests/placement";
import { poolObjects, type PoolObjects } from "../manifests/pool-objects";
import { leaderUrls } from "../manifests/service";
import { planPool } from "../plan/plan-pool";
import type { PoolIntent, PoolPlan } from "../plan/pool";
import { checkShare } from "../plan/rack-fit";
import { gb200Nvl72 } from "../plan/rack";
import type { Problem } from "../problems";
import { refVersion, type PoolRef } from "../refs";
import type { PoolArgs } from "./pool-args";
import { checkPoolArgs } from "./pool-intent";

const usualCpuCores = 120;
const usualMemoryGib = 850;
const usualSharedMemoryGib = 64;

/** A pool, checked and rendered: all that is left is to create it. */
export interface PoolDesign {
  readonly plan: PoolPlan;
  readonly objects: PoolObjects;
  readonly ref: PoolRef;
  readonly warnings: readonly Problem[];
}

export type DesignedPool = { readonly design: PoolDesign } | { readonly problems: readonly Problem[] };

/** Plans and renders a pool from its arguments, or says everything that is wrong with them. Pure. */
export function designPool<Args extends PoolArgs>(
  name: string,
  args: Args,
  toIntent: (args: Args) => PoolIntent,
): DesignedPool {
  const unusable = checkPoolArgs(args);
  if (unusable.length > 0) return { problems: unusable };
  const { plan, problems } = planPool(toIntent(args), gb200Nvl72);
  const engine = engines[args.engine.name];
  const found: Problem[] = [...problems, ...imageProblems(args)];
  if (engine === undefined) found.push(unknownEngine(args.engine.name));
  if (plan !== undefined && engine !== undefined) found.push(...engine.check(plan));
  if (plan !== undefined) found.push(...checkShare(args.domain.client, [plan], args.domain.trays, gb200Nvl72));
  if (found.length > 0 || plan === undefined || engine === undefined) return { problems: found };

  const placement = placementOf(name, args, plan);
  const { monitoringNamespace } = args.domain;
  const objects = poolObjects(placement, plan, engine.process(plan, leaderWorkerSetVariables), {
    http: engine.httpPort,
    monitoringNamespace,
  });
  const refusedByController = checkLeaderWorkerSet(objects.workers);
  if (refusedByController.length > 0) return { problems: refusedByController };
  const warnings = [...plan.warnings, ...imageWarnings(args.engine.image)];
  return { design: { plan, objects, ref: poolRef(plan, engine, placement), warnings } };
}

function poolRef(plan: PoolPlan, engine: Engine, placement: Placement): PoolRef {
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
    image: engine.image,
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

function imageProblems({ engine }: PoolArgs): readonly Problem[] {
  return checkImage(engine.image).map((problem) => ({ ...problem, path: "engine.image" }));
}

function unknownEngine(name: string): Problem {
  return {
    path: "engine.name",
    what: `${name} is not an engine of this library`,
    rule: "flags, ports and probes are rendered per engine",
    fix: Object.keys(engines).join(", "),
  };
}
