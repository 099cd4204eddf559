import { z } from "zod";
import { engineNames, expertSplits, orchestrators } from "../src/plan/intent";
import { hardwareNames } from "../src/plan/rack";

const tokens = z.int().positive();
const seconds = z.number().positive();
const trays = z.int().min(1).max(18);

const workload = z.strictObject({
  inputTokens: tokens,
  outputTokens: tokens,
  requestsPerSecond: z.number().positive().optional(),
});

const slo = z.strictObject({
  ttftSeconds: seconds.optional(),
  tpotMilliseconds: z.number().positive().optional(),
});

const model = z.strictObject({
  preset: z.string(),
  weights: z.strictObject({
    claim: z.string().optional(),
    hostPath: z.string().startsWith("/").optional(),
    path: z.string(),
    readGibPerSecond: z.number().positive().optional(),
  }),
});

const engine = z.strictObject({
  name: z.enum(engineNames),
  version: z.string(),
  /** What runs the workers, where the engine leaves a choice. */
  orchestrator: z.enum(orchestrators).optional(),
  image: z.string(),
  imagePullSecrets: z.array(z.string()).optional(),
});

/** Sizes that are left out are planned. */
const pool = {
  workers: z.int().optional(),
  gpusPerWorker: z.int().optional(),
  contextTokens: tokens.optional(),
  kvTokensPerRank: tokens.optional(),
  attention: z.enum(["data", "tensor"]).optional(),
  expertSplit: z.enum(expertSplits).optional(),
  kvCacheType: z.enum(["fp8", "bf16"]).optional(),
  staticMemoryFraction: z.number().optional(),
  drainSeconds: seconds.optional(),
  resources: z
    .strictObject({
      cpuCores: z.number().positive().optional(),
      memoryGib: z.number().positive().optional(),
      sharedMemoryGib: z.number().positive().optional(),
      devices: z.record(z.string(), z.int().positive()).optional(),
    })
    .optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  extraArgs: z.array(z.string()).optional(),
  extraEnv: z.record(z.string(), z.string()).optional(),
};

const prefill = z.strictObject({
  ...pool,
  tokensPerForwardPerRank: tokens.optional(),
  runningRequestsPerRank: tokens.optional(),
  prefillTokensPerRank: tokens.optional(),
});

const decode = z.strictObject({
  ...pool,
  batchPerRank: z.int().optional(),
  dispatchTokensPerRank: tokens.optional(),
  graphBatchSizes: z.array(tokens).optional(),
  reservedDecodeTokens: tokens.optional(),
});

/** `auto`, for both pools or one, is a pool without sizes; `withoutAuto` writes it so before this is asked. */
const pools = z.strictObject({ prefill: prefill.default({}), decode: decode.default({}) });

const runningPool = z.strictObject({ workers: z.int().positive(), gpusPerWorker: z.int().positive() });

const planner = z.strictObject({
  /** Share of every pool's capacity that the planner leaves free, for bursts and for what it does not know. */
  headroom: z.number().min(0).max(0.9).default(0.1),
  /** Sizes that run now. Of plans that serve the same, the planner takes the one that changes least. */
  today: z.strictObject({ prefill: runningPool, decode: runningPool }).optional(),
});

const secretKey = z.strictObject({ name: z.string(), key: z.string() });

const router = z.strictObject({
  image: z.string().optional(),
  imagePullSecrets: z.array(z.string()).optional(),
  replicas: z.int().optional(),
  prefillPolicy: z.string().optional(),
  decodePolicy: z.string().optional(),
  limits: z
    .strictObject({
      concurrentRequestsPerReplica: z.int().optional(),
      queuedRequestsPerReplica: z.int().optional(),
      queueSeconds: z.int().optional(),
    })
    .optional(),
  timeouts: z.strictObject({ requestSeconds: z.int().optional(), shutdownGraceSeconds: z.int().optional() }).optional(),
  retries: z
    .strictObject({
      attempts: z.int().optional(),
      initialBackoffMilliseconds: z.int().optional(),
      maxBackoffMilliseconds: z.int().optional(),
    })
    .optional(),
  circuitBreaker: z
    .strictObject({
      failures: z.int().optional(),
      successes: z.int().optional(),
      openSeconds: z.int().optional(),
      windowSeconds: z.int().optional(),
    })
    .optional(),
  auth: z.strictObject({ apiKey: secretKey.optional(), controlPlaneKey: secretKey.optional() }).optional(),
  callerNamespaces: z.array(z.string()).optional(),
  graphVersion: z.enum(["v1alpha1", "v1beta1"]).optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
});

/** Which cluster a stack belongs to, so that it is not deployed to another by a kubeconfig that points elsewhere. */
const cluster = z
  .strictObject({
    /** Context of the kubeconfig. Where it has no such context the cluster counts as unreachable, and `up` fails. */
    context: z.string().optional(),
    /** A name for the cluster: while it stays, a new address or file of the kubeconfig replaces nothing. */
    identifier: z.string().default("nvl72"),
  })
  .default({ identifier: "nvl72" });

/** Recordings of a running pool. The claim makes it recordable; a new `run` records it into the file `recording`. */
const recordSchema = z.strictObject({
  claim: z.string(),
  run: z.union([z.string(), z.number().transform(String)]).optional(),
  /** After every roll to a new placement, record once more and say whether it keeps its promise. */
  verify: z.boolean().default(false),
  windowSeconds: seconds.optional(),
  leastWindows: z.int().positive().optional(),
  errorPercent: z.number().positive().optional(),
  limitSeconds: seconds.optional(),
  margin: z.number().optional(),
});

/** An alert on the balance that the engine measures. */
const driftSchema = z.strictObject({
  margin: z.number().optional(),
  forMinutes: z.int().positive().optional(),
  severity: z.string().optional(),
  ruleLabels: z.record(z.string(), z.string()).optional(),
});

/** Settings of a client stack. */
export const clientSchema = z.strictObject({
  program: z.literal("client").default("client"),
  purpose: z.enum(["production", "benchmark"]).default("production"),
  cluster,
  client: z.string(),
  /** Stack that grants trays; `trays` instead runs the client alone. */
  rack: z.string().optional(),
  trays: trays.optional(),
  /** What the trays are. Another than the rack's is for a client that runs alone. */
  hardware: z.enum(hardwareNames).default("gb200-nvl72"),
  workload,
  slo: slo.default({}),
  model,
  engine,
  pools: pools.default({ prefill: {}, decode: {} }),
  planner: planner.default({ headroom: 0.1 }),
  experts: z
    .strictObject({
      mode: z.enum(["off", "static", "dynamic"]),
      /** `auto`: as many as balance the decode workers, whatever their size. */
      redundant: z.union([z.int().nonnegative(), z.literal("auto")]).default(0),
      recording: z.string().optional(),
      /** Gain of balance, as a share, below which a new recording changes nothing. */
      leastGain: z.number().nonnegative().optional(),
      record: recordSchema.optional(),
      drift: driftSchema.optional(),
    })
    .default({ mode: "off", redundant: 0 }),
  speculation: z
    .strictObject({ draftTokens: z.int().positive(), acceptedTokens: z.number().nonnegative().optional() })
    .optional(),
  router: router.default({}),
  network: z
    .strictObject({
      monitoringNamespace: z.string().optional(),
      platformNamespace: z.string().optional(),
      apiServerCidr: z.string().optional(),
      channels: z.enum(["Single", "All"]).optional(),
    })
    .default({}),
});

/** Settings of a rack stack. */
export const rackSchema = z.strictObject({
  program: z.literal("rack"),
  purpose: z.enum(["production", "benchmark"]).default("production"),
  cluster,
  /** Trays of each client. `auto` plans them from the clients' own stacks, together. */
  clients: z.record(z.string(), z.strictObject({ trays: z.union([trays, z.literal("auto")]) })),
  /** What planned trays are for: the largest common share of what the clients ask for, or the least that serves it. */
  objective: z.enum(["share", "trays"]).default("share"),
  /** Trays kept free for repairs and roll-outs; they count like a client's. */
  reserveTrays: z.int().nonnegative().default(0),
  /** Namespace of NVIDIA's DRA driver, where a default-deny policy needs the IMEX daemons' ports opened. */
  driverNamespace: z.string().optional(),
});
