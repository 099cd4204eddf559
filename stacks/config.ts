import { z } from "zod";
import type { PoolSizes } from "../src/plan/choose-pools";
import { Problems, type Problem } from "../src/problems";
import { clientSchema, rackSchema } from "./config-schema";

/** A stack's configuration without its namespace: `workload`, not `nvl72:workload`. */
export interface RawConfig {
  readonly program?: unknown;
  readonly [key: string]: unknown;
}

export type ClientConfig = z.infer<typeof clientSchema>;
export type RackConfig = z.infer<typeof rackSchema>;
export type StackConfig = ClientConfig | RackConfig;

/** A client's configuration in which every size is known. */
export interface SizedClientConfig extends Omit<ClientConfig, "pools" | "experts"> {
  readonly experts: Omit<ClientConfig["experts"], "redundant"> & { readonly redundant: number };
  readonly pools: {
    readonly prefill: ClientConfig["pools"]["prefill"] & PoolSizes["prefill"];
    readonly decode: ClientConfig["pools"]["decode"] & PoolSizes["decode"];
  };
}

/** Where a configuration was read from, for messages. */
export interface ConfigOrigin {
  readonly stack: string;
  readonly file: string;
}

/** @throws {RefusedError} with every problem of the file at once. */
export function parseStackConfig(raw: RawConfig, origin: ConfigOrigin): StackConfig {
  const schema: z.ZodType<StackConfig> = raw.program === "rack" ? rackSchema : clientSchema;
  const result = schema.safeParse({ ...raw, ...(raw.pools === undefined ? {} : { pools: withoutAuto(raw.pools) }) });
  const problems = new Problems();
  if (!result.success) {
    for (const issue of result.error.issues) problems.addBelow("", toProblems(issue, schema, raw, origin));
  } else if (result.data.program === "client") {
    problems.addBelow("", checkShareSource(result.data));
  }
  problems.throwIfAny(`${origin.stack} (${origin.file})`);
  if (!result.success) throw new Error("unreachable: refused");
  return result.data;
}

/** `auto` leaves every size out: of both pools, or of the one that says so. */
function withoutAuto(pools: unknown): unknown {
  if (pools === "auto") return {};
  if (typeof pools !== "object" || pools === null || Array.isArray(pools)) return pools;
  return Object.fromEntries(
    Object.entries(pools).map(([name, pool]) => [name, pool === "auto" ? {} : (pool as unknown)]),
  );
}

function checkShareSource({ rack, trays: own, hardware }: ClientConfig): readonly Problem[] {
  if (rack !== undefined && hardware !== "gb200-nvl72") {
    return [
      {
        path: "hardware",
        what: `${hardware} with trays that stack ${rack} grants`,
        rule: "a rack stack shares out the trays of one GB200 NVL72",
        fix: "trays: <number> instead of rack, to run alone",
      },
    ];
  }
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

function toProblems(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  raw: RawConfig,
  origin: ConfigOrigin,
): readonly Problem[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const allowed = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      what: "unknown key",
      rule: `${origin.file} has no such setting${path === "" ? "" : ` below ${path}`}`,
      fix: `one of ${allowed.join(", ")}; units are part of the names`,
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

/** Keys that the schema has at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: z.ZodType | undefined = withoutDefault(schema);
  for (const key of path) {
    const child: unknown = at instanceof z.ZodObject ? at.shape[String(key)] : undefined;
    at = child instanceof z.ZodType ? withoutDefault(child) : undefined;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function withoutDefault(schema: z.ZodType): z.ZodType {
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  return wrapped ? withoutDefault(schema.unwrap() as z.ZodType) : schema;
}

function read(raw: RawConfig, path: readonly PropertyKey[]): string {
  let value: unknown = raw;
  for (const key of path) {
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return value === undefined ? "missing" : `read ${JSON.stringify(value)}`;
}
