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
import type { PoolIntent } from "../plan/intent";
import type { PoolPlan } from "../plan/pool";
import { checkShare } from "../plan/rack-fit";
import { gb200Nvl72 } from "../plan/rack";
import type { Problem } from "../problems";
import { refVersion, type PoolRef } from "../refs";
import type { TrayResourceArgs } from "./engine-args";
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
  const engine = engines[args.engine.name];
  const unusable = checkPoolArgs(args);
  const { plan, problems } = unusable.length > 0 ? { problems: unusable } : planPool(toIntent(args), gb200Nvl72);
  const found: Problem[] = [...problems, ...checkEngine(args, engine), ...checkTrayResources(args.resources ?? {})];
  if (plan !== undefined) {
    found.push(...checkShare(args.domain.client, [plan], args.domain.trays, gb200Nvl72));
    found.push(...(engine?.check(plan) ?? []));
  }
  if (found.length > 0 || plan === undefined || engine === undefined) return { problems: found };

  const placement = placementOf(name, args, plan);
  const objects = poolObjects(placement, plan, engine.process(plan, leaderWorkerSetVariables), {
    http: engine.httpPort,
    monitoringNamespace: args.domain.monitoringNamespace,
  });
  const refused = checkLeaderWorkerSet(objects.workers);
  if (refused.length > 0) return { problems: refused.map(inTermsOfArgs) };
  const warnings = [...plan.warnings, ...atEngine(imageWarnings(args.engine.image))];
  return { design: { plan, objects, ref: poolRef(plan, engine, placement), warnings } };
}

function checkEngine({ engine: args }: PoolArgs, engine: Engine | undefined): readonly Problem[] {
  const image = atEngine(checkImage(args.image));
  return engine === undefined ? [...image, unknownEngine(args.name)] : [...image, ...engine.checkVersion(args.version)];
}

function atEngine(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: "engine.image" }));
}

/** The rules of LeaderWorkerSets speak of the object, users of the pool. */
function inTermsOfArgs(problem: Problem): Problem {
  return problem.path === "metadata.name" ? { ...problem, path: "name" } : problem;
}

/** A tray has so much, and a pod that asks for more waits for ever. */
function checkTrayResources(resources: TrayResourceArgs): readonly Problem[] {
  const { cpuCores = usualCpuCores, memoryGib = usualMemoryGib, sharedMemoryGib = usualSharedMemoryGib } = resources;
  return [
    ...within("resources.cpuCores", cpuCores, gb200Nvl72.coresPerTray, "cores, all that a tray has"),
    ...within("resources.memoryGib", memoryGib, gb200Nvl72.memoryGibPerTray, "GiB, all that a tray has"),
    ...within("resources.sharedMemoryGib", sharedMemoryGib, memoryGib, "GiB, the pod's memory, of which it is a part"),
  ];
}

function within(path: string, value: number, most: number, what: string): readonly Problem[] {
  if (value > 0 && value <= most) return [];
  return [
    {
      path,
      what: `${value} of ${most} ${what}`,
      rule: "one pod has a tray to itself, and cannot have more than it",
      fix: `above 0, at most ${most}`,
    },
  ];
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

function unknownEngine(name: string): Problem {
  return {
    path: "engine.name",
    what: `${name} is not an engine of this library`,
    rule: "flags, ports and probes are rendered per engine",
    fix: Object.keys(engines).join(", "),
  };
}
