import { z } from "zod";
import { Problems } from "./problems";

/**
 * What one component tells another: plain, versioned data, computed from inputs and therefore known at preview.
 * A ref is an argument, a component output and a stack output in the same form.
 */
export const refVersion = 1;

/** A client's namespace and NVLink domain. */
export interface DomainRef {
  version: number;
  client: string;
  namespace: string;
  /** `gb200-nvl72` or `hgx-h200`. */
  hardware: string;
  /** ResourceClaimTemplate every engine pod of the client claims its channel through; empty without an NVLink domain. */
  claimTemplate: string;
  /** Trays the client may use. */
  trays: number;
  /** ServiceAccount of engine pods; it has no token and no rights. */
  engineServiceAccount: string;
  /** PriorityClass of engine pods, where the rack defines one. */
  priorityClass?: string;
  /** PriorityClass of routers, where the rack defines one. */
  routerPriorityClass?: string;
  /** Namespaces that may scrape metrics. */
  monitoringNamespace: string;
  /** Namespace of Dynamo's own services. */
  platformNamespace: string;
  /** Network of the API server, for pods that watch it. */
  apiServerCidr: string;
}

/**
 * A role of a graph object: what a pool hands to its router, where that makes one object for all roles (a RayService, a
 * DynamoGraphDeployment) and the pool has no workload of its own.
 */
export interface RoleContribution {
  /** Trays, and so pods, of one worker. */
  traysPerWorker: number;
  /** The pod of one tray: a Kubernetes PodTemplateSpec. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- schema boundary: Kubernetes' own type is too deep for it
  podTemplate: Record<string, any>;
  /** What the graph object says of the role beside its pods, in the engine's own terms. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- schema boundary
  settings: Record<string, any>;
}

/** A pool of workers, as its router and its operators see it. */
export interface PoolRef {
  version: number;
  client: string;
  role: string;
  engine: string;
  engineVersion: string;
  /** What runs its workers: `leader-worker-set`, `ray-serve` or `dynamo`. */
  orchestrator: string;
  /** Image of its pods; empty where it is an output that was not known yet. */
  image: string;
  namespace: string;
  /** Name of the pool, and of its LeaderWorkerSet where it has one. */
  name: string;
  workers: number;
  trays: number;
  gpus: number;
  /** HTTP port of a worker's leader. */
  httpPort: number;
  /** Port on which a prefill leader introduces KV senders and receivers; 0 for decode. */
  bootstrapPort: number;
  /** Base URL of each worker's leader. */
  leaders: string[];
  /** Labels that select exactly the pods that answer requests. */
  selector: Record<string, string>;
  servedModel: string;
  kvCacheType: string;
  /** Tokens of one KV page; 0 where the engine decides. */
  pageTokens: number;
  /** Tokens drafted per step. */
  draftTokens: number;
  contextTokens: number;
  /** Requests the pool can hold at once. */
  concurrency: number;
  /** Seconds the pool may take to become ready. */
  startupBudgetSeconds: number;
  /** Seconds the pool may take to finish its requests when it is stopped. */
  drainSeconds: number;
  /** Present where the router makes the workload of all roles. */
  contribution?: RoleContribution;
}

/** A client's entrance. */
export interface RouterRef {
  version: number;
  client: string;
  namespace: string;
  service: string;
  port: number;
  metricsPort: number;
  /** Base URL inside the cluster. */
  url: string;
  servedModel: string;
}

/** A placement of experts that a pool can start with. */
export interface ExpertPlacementRef {
  version: number;
  client: string;
  namespace: string;
  /** Engine whose file format it is in. */
  engine: string;
  /** `off`, `static` or `dynamic`. */
  mode: string;
  redundantExperts: number;
  /** ConfigMap and key that hold the placement; empty unless `static`. */
  configMap: string;
  key: string;
  /** Ranks the placement was computed for; 0 when any will do. */
  expertParallelSize: number;
  /** Mean over layers of mean load / highest load per GPU, before and after; 0 when nothing was computed. */
  balancednessBefore: number;
  /** Is `balancednessBefore` that of the placement which was recorded, and not that of the model's own order? */
  beforeIsRecorded: boolean;
  balancednessAfter: number;
  /** No placement with as many slots can reach more. */
  balancednessBound: number;
  /** Expert weights, all layers, that ranks must fetch to get from the recorded placement to this one. */
  movedExperts: number;
  /** PersistentVolumeClaim in the namespace that the pool writes recordings to; empty where it cannot be recorded. */
  recordingsClaim: string;
  /** Does the pool report the balance of its steps as a metric? */
  watched: boolean;
}

/** One client's share of a rack. */
export interface ClientAllocation {
  client: string;
  trays: number;
  /** PriorityClass of engine pods; empty for none. */
  priorityClass: string;
  /** PriorityClass of routers; empty for none. */
  routerPriorityClass: string;
}

/** What the rack stack exports and client stacks read. */
export interface Allocation {
  version: number;
  rack: string;
  trays: number;
  clients: ClientAllocation[];
}

const orchestrators = ["leader-worker-set", "ray-serve", "dynamo"] as const;

const allocationSchema = z.strictObject({
  version: z.literal(refVersion),
  rack: z.string(),
  trays: z.int().positive(),
  clients: z.array(
    z.strictObject({
      client: z.string(),
      trays: z.int().nonnegative(),
      priorityClass: z.string(),
      routerPriorityClass: z.string(),
    }),
  ),
});

const domainSchema = z.strictObject({
  version: z.literal(refVersion),
  client: z.string().min(1),
  namespace: z.string().min(1),
  hardware: z.enum(["gb200-nvl72", "hgx-h200"]),
  claimTemplate: z.string(),
  trays: z.int().positive(),
  engineServiceAccount: z.string().min(1),
  priorityClass: z.string().optional(),
  routerPriorityClass: z.string().optional(),
  monitoringNamespace: z.string().min(1),
  platformNamespace: z.string().min(1),
  apiServerCidr: z.string().min(1),
});

const poolSchema = z.strictObject({
  version: z.literal(refVersion),
  client: z.string().min(1),
  role: z.enum(["prefill", "decode"]),
  engine: z.string().min(1),
  engineVersion: z.string().min(1),
  orchestrator: z.enum(orchestrators),
  image: z.string(),
  namespace: z.string().min(1),
  name: z.string().min(1),
  workers: z.int().positive(),
  trays: z.int().positive(),
  gpus: z.int().positive(),
  httpPort: z.int().positive(),
  bootstrapPort: z.int().nonnegative(),
  leaders: z.array(z.string()),
  selector: z.record(z.string(), z.string()),
  servedModel: z.string().min(1),
  kvCacheType: z.string().min(1),
  pageTokens: z.int().nonnegative(),
  draftTokens: z.int().nonnegative(),
  contextTokens: z.int().positive(),
  concurrency: z.int().positive(),
  startupBudgetSeconds: z.number().positive(),
  drainSeconds: z.number().nonnegative(),
  contribution: z
    .strictObject({
      traysPerWorker: z.int().positive(),
      podTemplate: z.record(z.string(), z.unknown()),
      settings: z.record(z.string(), z.unknown()),
    })
    .optional(),
});

/** @throws {RefusedError} naming `origin` and every path that is not as expected. */
export function parseAllocation(value: unknown, origin: string): Allocation {
  return parse(allocationSchema, value, origin, "an allocation exported by a rack stack of this version");
}

/** @throws {RefusedError} naming `origin` and every path that is not as expected. */
export function parseDomainRef(value: unknown, origin: string): DomainRef {
  return parse(domainSchema, value, origin, "the `ref` of a ClientDomain");
}

/** @throws {RefusedError} naming `origin` and every path that is not as expected. */
export function parsePoolRef(value: unknown, origin: string): PoolRef {
  return parse(poolSchema, value, origin, "the `ref` of a PrefillPool or DecodePool");
}

function parse<T>(schema: z.ZodType<T>, value: unknown, origin: string, expected: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = new Problems();
  for (const issue of result.error.issues) {
    problems.add({
      path: issue.path.length > 0 ? issue.path.map(String).join(".") : origin,
      what: issue.message,
      rule: `${origin} must be ${expected}`,
      fix: "deploy the stack it comes from with this version, or pass the ref unchanged",
    });
  }
  problems.throwIfAny(origin);
  throw new Error("unreachable: a failed parse has issues");
}
