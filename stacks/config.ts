import { z } from "zod";
import { Problems, type Problem } from "../src/problems";

/** A stack's configuration without its namespace: `workload`, not `nvl72:workload`. */
export interface RawConfig {
  readonly program?: unknown;
  readonly [key: string]: unknown;
}

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
  name: z.enum(["sglang"]),
  version: z.string(),
  image: z.string(),
  imagePullSecrets: z.array(z.string()).optional(),
});

const pool = {
  workers: z.int(),
  gpusPerWorker: z.int(),
  contextTokens: tokens.optional(),
  kvTokensPerRank: tokens.optional(),
  attention: z.enum(["data", "tensor"]).optional(),
  kvCacheType: z.enum(["fp8", "bf16"]).optional(),
  staticMemoryFraction: z.number().optional(),
  drainSeconds: seconds.optional(),
  resources: z
    .strictObject({
      cpuCores: z.number().positive().optional(),
      memoryGib: z.number().positive().optional(),
      sharedMemoryGib: z.number().positive().optional(),
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
  batchPerRank: z.int(),
  dispatchTokensPerRank: tokens.optional(),
  graphBatchSizes: z.array(tokens).optional(),
  reservedDecodeTokens: tokens.optional(),
});

/** What a rule cannot express in types is refused here with the reason, instead of as "invalid input". */
const pools = z.strictObject(
  { prefill, decode },
  {
    error: (issue) =>
      issue.input === "auto" ? "`auto` is not available: sizes are chosen by the operator in this version" : undefined,
  },
);

const secretKey = z.strictObject({ name: z.string(), key: z.string() });

const router = z.strictObject({
  image: z.string(),
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
  apiServerCidr: z.string().optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
});

const clientSchema = z.strictObject({
  program: z.literal("client").default("client"),
  purpose: z.enum(["production", "benchmark"]).default("production"),
  client: z.string(),
  /** Stack that grants trays; `trays` instead runs the client alone. */
  rack: z.string().optional(),
  trays: trays.optional(),
  workload,
  slo: slo.default({}),
  model,
  engine,
  pools,
  experts: z
    .strictObject({
      mode: z.enum(["off", "static", "dynamic"]),
      redundant: z.int().nonnegative().default(0),
      recording: z.string().optional(),
    })
    .default({ mode: "off", redundant: 0 }),
  speculation: z
    .strictObject({ draftTokens: z.int().positive(), acceptedTokens: z.number().nonnegative().optional() })
    .optional(),
  router,
  network: z
    .strictObject({ monitoringNamespace: z.string().optional(), channels: z.enum(["Single", "All"]).optional() })
    .default({}),
});

const rackSchema = z.strictObject({
  program: z.literal("rack"),
  purpose: z.enum(["production", "benchmark"]).default("production"),
  clients: z.record(z.string(), z.strictObject({ trays })),
  /** Trays kept free for repairs and roll-outs; they count like a client's. */
  reserveTrays: z.int().nonnegative().default(0),
  /** Namespace of NVIDIA's DRA driver, where a default-deny policy needs the IMEX daemons' ports opened. */
  driverNamespace: z.string().optional(),
});

export type ClientConfig = z.infer<typeof clientSchema>;
export type RackConfig = z.infer<typeof rackSchema>;
export type StackConfig = ClientConfig | RackConfig;

/** Where a configuration was read from, for messages. */
export interface ConfigOrigin {
  readonly stack: string;
  readonly file: string;
}

/** @throws {RefusedError} with every problem of the file at once. */
export function parseStackConfig(raw: RawConfig, origin: ConfigOrigin): StackConfig {
  const schema: z.ZodType<StackConfig> = raw.program === "rack" ? rackSchema : clientSchema;
  const result = schema.safeParse(raw);
  const problems = new Problems();
  if (!result.success) {
    for (const issue of result.error.issues) problems.addBelow("", toProblems(issue, raw, origin));
  } else if (result.data.program === "client") {
    problems.addBelow("", checkShareSource(result.data));
  }
  problems.throwIfAny(`${origin.stack} (${origin.file})`);
  if (!result.success) throw new Error("unreachable: refused");
  return result.data;
}

function checkShareSource({ rack, trays: own }: ClientConfig): readonly Problem[] {
  if ((rack === undefined) !== (own === undefined)) return [];
  return [
    {
      path: "rack",
      what: rack === undefined ? "neither rack nor trays" : "both rack and trays",
      rule: "a client's share is granted by the rack stack, or stated here to run alone",
      fix: "rack: <stack>, or trays: <number>",
    },
  ];
}

function toProblems(issue: z.core.$ZodIssue, raw: RawConfig, origin: ConfigOrigin): readonly Problem[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      what: "unknown key",
      rule: `${origin.file} has no such setting${path === "" ? "" : ` below ${path}`}`,
      fix: "check the spelling and the unit in the name, or remove it",
    }));
  }
  return [
    {
      path: path === "" ? "(whole file)" : path,
      what: `${read(raw, issue.path)}: ${issue.message}`,
      rule: `settings in ${origin.file} are checked before anything runs`,
      fix: "see the README's table of settings",
    },
  ];
}

function read(raw: RawConfig, path: readonly PropertyKey[]): string {
  let value: unknown = raw;
  for (const key of path) {
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return value === undefined ? "missing" : `read ${JSON.stringify(value)}`;
}
