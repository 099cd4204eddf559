import type { Engine, EngineProcess } from "../engines/engine";
import { leaderWorkerSetVariables } from "../engines/engine";
import { findEngine } from "../engines/engines";
import { servedModelName } from "../engines/served-model";
import { platformPorts } from "../engines/trtllm/ports";
import { enginePod } from "../manifests/engine-pod";
import { checkImage, imageWarnings } from "../manifests/image";
import { checkLeaderWorkerSet } from "../manifests/lws-rules";
import { checkObjectName } from "../manifests/object-name";
import type { Placement } from "../manifests/placement";
import type { Reach } from "../manifests/pool-network-policy";
import { contributedPoolObjects, poolObjects, type PoolObjects } from "../manifests/pool-objects";
import { leaderUrls, servingSelector } from "../manifests/service";
import { planPool } from "../plan/plan-pool";
import type { PoolIntent } from "../plan/intent";
import type { PoolPlan } from "../plan/pool";
import { checkShare } from "../plan/rack-fit";
import { rackNamed } from "../plan/rack";
import type { Problem } from "../problems";
import { refVersion, type DomainRef, type PoolRef, type RoleContribution } from "../refs";
import type { TrayResourceArgs } from "./engine-args";
import type { PoolArgs } from "./pool-args";
import { checkPoolArgs } from "./pool-intent";

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
  const engine = findEngine(args.engine.name);
  const rack = rackNamed(args.domain.hardware);
  const unusable = checkPoolArgs(args);
  const { plan, problems } = unusable.length > 0 ? { problems: unusable } : planPool(toIntent(args), rack);
  const found: Problem[] = [...problems, ...checkEngine(args, engine), ...checkHardware(args, engine)];
  if (plan !== undefined) {
    found.push(...checkTrayResources(args.resources ?? {}, plan, engine));
    found.push(...checkShare(args.domain.client, [plan], args.domain.trays, rack));
    found.push(...(engine?.check(plan) ?? []), ...checkKnownImage(args, plan));
  }
  if (found.length > 0 || plan === undefined || engine === undefined) return { problems: found };

  const placement = placementOf(name, args, plan);
  const rendered = render(placement, plan, engine, args.domain);
  if ("problems" in rendered) return rendered;
  const { objects, contribution } = rendered;
  const ref = { ...poolRef(plan, engine, placement), ...(contribution === undefined ? {} : { contribution }) };
  const warnings = [
    ...plan.warnings,
    ...engine.warnings(plan),
    ...warnAboutTransport(args, plan),
    ...atEngine(imageWarnings(args.engine.image, plan.rack.architecture)),
  ];
  return { design: { plan, objects, ref, warnings } };
}

type Rendered =
  | { readonly objects: PoolObjects; readonly contribution?: RoleContribution }
  | { readonly problems: readonly Problem[] };

/** A LeaderWorkerSet of its own, or a role of the object that the router makes. */
function render(placement: Placement, plan: PoolPlan, engine: Engine, domain: DomainRef): Rendered {
  const { monitoringNamespace } = domain;
  const process = engine.process(plan, leaderWorkerSetVariables);
  const ports = { http: engine.httpPort, servesFrom: engine.servesFrom(plan), monitoringNamespace };
  if (plan.intent.orchestrator === "leader-worker-set") {
    const objects = poolObjects(placement, plan, process, ports);
    const refused = checkLeaderWorkerSet(objects.workers);
    return refused.length > 0 ? { problems: refused.map(inTermsOfArgs) } : { objects };
  }
  const refused = checkObjectName("name", placement.name, longestRoleName);
  if (refused.length > 0) return { problems: refused };
  const objects = contributedPoolObjects(placement, plan, process, ports, {
    ...(plan.intent.orchestrator === "dynamo" ? dynamoReach(domain) : {}),
  });
  return { objects, contribution: contributionOf(placement, plan, process) };
}

/** Workers register with NATS and etcd or, in newer versions, with the API server. */
function dynamoReach({ platformNamespace, apiServerCidr }: DomainRef): Pick<Reach, "platform" | "apiServerCidr"> {
  const { nats, etcd } = platformPorts;
  return { platform: { namespace: platformNamespace, ports: [nats, etcd] }, apiServerCidr };
}

/** KubeRay and Dynamo put the role's name between the graph's and a pod's own, and a label has 63 characters. */
const longestRoleName = 40;

function contributionOf(placement: Placement, plan: PoolPlan, process: EngineProcess): RoleContribution {
  return {
    traysPerWorker: plan.traysPerWorker,
    podTemplate: enginePod(placement, plan, process),
    settings: { ...process.settings },
  };
}

/** The router makes pods of what the pool's ref says, and a ref is plain data. */
function checkKnownImage({ engine }: PoolArgs, { intent }: PoolPlan): readonly Problem[] {
  if (intent.orchestrator === "leader-worker-set" || typeof engine.image === "string") return [];
  return [
    {
      path: "engine.image",
      what: "an output, whose value is not known yet",
      rule: `with ${intent.orchestrator} one object holds all roles, and the router makes it from the pools' refs, which are plain data`,
      fix: "the image as a string",
    },
  ];
}

function checkHardware({ domain }: PoolArgs, engine: Engine | undefined): readonly Problem[] {
  const known: readonly string[] = engine?.hardware ?? [];
  if (engine === undefined || known.includes(domain.hardware)) return [];
  return [
    {
      path: "domain.hardware",
      what: `${domain.hardware} with ${engine.name}`,
      rule: `launches of ${engine.name} are known for ${known.join(", ")}`,
      fix: known.join(" or "),
    },
  ];
}

function checkEngine({ engine: args }: PoolArgs, engine: Engine | undefined): readonly Problem[] {
  const image = atEngine(checkImage(args.image));
  return engine === undefined ? image : [...image, ...engine.checkVersion(args.version)];
}

function atEngine(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: "engine.image" }));
}

/** The rules of LeaderWorkerSets speak of the object, users of the pool. */
function inTermsOfArgs(problem: Problem): Problem {
  return problem.path === "metadata.name" ? { ...problem, path: "name" } : problem;
}

/** Nodes without NVLink between them hand KV over by RDMA, for which a pod needs a device. */
function warnAboutTransport({ resources }: PoolArgs, { rack }: PoolPlan): readonly Problem[] {
  if (rack.nvlinkDomain || resources?.devices !== undefined) return [];
  return [
    {
      path: "resources.devices",
      what: "names no RDMA device",
      rule: `between nodes of ${rack.name} KV then goes over TCP, and nobody says so`,
      fix: "the name that your device plugin gives it, for example { rdma/ib: 8 }",
    },
  ];
}

/** A tray has so much, and a pod that asks for more waits for ever. */
function checkTrayResources(
  resources: TrayResourceArgs,
  plan: PoolPlan,
  engine: Engine | undefined,
): readonly Problem[] {
  const { rack } = plan;
  const { cpuCores, memoryGib, sharedMemoryGib } = trayResources(resources, plan, engine);
  const least = engine?.leastSharedMemoryGib(plan) ?? 0;
  return [
    ...(sharedMemoryGib >= least ? [] : [tooLittleSharedMemory(sharedMemoryGib, least)]),
    ...within("resources.cpuCores", cpuCores, rack.coresPerTray, "cores, all that a tray has"),
    ...within("resources.memoryGib", memoryGib, rack.memoryGibPerTray, "GiB, all that a tray has"),
    ...within("resources.sharedMemoryGib", sharedMemoryGib, memoryGib, "GiB, the pod's memory, of which it is a part"),
  ];
}

function tooLittleSharedMemory(gib: number, least: number): Problem {
  return {
    path: "resources.sharedMemoryGib",
    what: `${gib} of the ${least} GiB that the engine's processes share`,
    rule: "a process that writes beyond /dev/shm ends with a bus error",
    fix: `${least}, or leave it out`,
  };
}

function trayResources(
  resources: TrayResourceArgs,
  plan: PoolPlan,
  engine: Engine | undefined,
): Required<Omit<TrayResourceArgs, "devices">> {
  const shared = Math.max(usualSharedMemoryGib, engine?.leastSharedMemoryGib(plan) ?? 0);
  return {
    cpuCores: resources.cpuCores ?? plan.rack.usualCoresPerTray,
    memoryGib: resources.memoryGib ?? plan.rack.usualMemoryGibPerTray,
    sharedMemoryGib: resources.sharedMemoryGib ?? shared,
  };
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
  const { intent } = plan;
  const owned = intent.orchestrator === "leader-worker-set";
  return {
    version: refVersion,
    client: plan.client,
    role: plan.role,
    engine: engine.name,
    engineVersion: intent.engineVersion,
    orchestrator: intent.orchestrator,
    image: typeof placement.image === "string" ? placement.image : "",
    namespace: placement.namespace,
    name: placement.name,
    workers: plan.workers,
    trays: plan.trays,
    gpus: plan.gpus,
    httpPort: engine.httpPort,
    bootstrapPort: plan.role === "prefill" ? engine.bootstrapPort : 0,
    leaders: owned ? leaderUrls(placement, plan.workers, engine.httpPort) : [],
    selector: servingSelector(placement, owned ? engine.servesFrom(plan) : "every tray"),
    servedModel: servedModelName(intent.checkpoint.repository),
    kvCacheType: intent.kvCacheType,
    pageTokens: engine.pageTokens,
    draftTokens: intent.speculation?.draftTokens ?? 0,
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
    ...trayResources(resources, plan, findEngine(engine.name)),
    ...(resources.devices === undefined ? {} : { devices: resources.devices }),
    ...(args.nodeSelector === undefined ? {} : { nodeSelector: args.nodeSelector }),
    ...(domain.claimTemplate === "" ? {} : { claimTemplate: domain.claimTemplate }),
  };
}
