import type { Problem } from "../../problems";
import type { JsonObject } from "../engine";
import type { Dialect } from "./dialect";

export type ParsedEplbConfig = { readonly config: JsonObject } | { readonly problems: readonly Problem[] };

const source = "vllm/config/parallel.py EPLBConfig";

interface FieldRule {
  readonly field: string;
  readonly holds: (value: unknown) => boolean;
  readonly rule: string;
}

const communicators: readonly unknown[] = ["torch_nccl", "torch_gloo", "nixl", "pynccl", null];

const fieldRules: readonly FieldRule[] = [
  { field: "window_size", holds: (value) => isWhole(value, 1), rule: "a whole number above 0" },
  { field: "step_interval", holds: (value) => isWhole(value, 1), rule: "a whole number above 0" },
  { field: "num_redundant_experts", holds: (value) => isWhole(value, 0), rule: "a whole number, 0 or more" },
  { field: "log_balancedness_interval", holds: (value) => isWhole(value, 1), rule: "a whole number above 0" },
  { field: "log_balancedness", holds: isBoolean, rule: "true or false" },
  { field: "use_async", holds: isBoolean, rule: "true or false" },
  { field: "enable_migration_batching", holds: isBoolean, rule: "true or false" },
  { field: "policy", holds: (value) => value === "default", rule: '"default", the only policy there is' },
  {
    field: "communicator",
    holds: (value) => communicators.includes(value),
    rule: "torch_nccl, torch_gloo, nixl, pynccl or null",
  },
];

/**
 * Reads `--eplb-config` by the rules of the class behind it (vllm/config/parallel.py, 00193b82). Pydantic would take
 * "1000" for 1000; here a number is a number, so that what is read is what stands there.
 */
export function parseEplbConfig(text: string, dialect: Dialect): ParsedEplbConfig {
  const config = objectOf(text);
  if (config === undefined) {
    const rule = `a JSON object (${source})`;
    return { problems: [{ path: "", what: "no JSON object", rule, fix: '{"num_redundant_experts": 32}' }] };
  }
  const problems = [...checkNames(config, dialect), ...checkValues(config), ...checkCommunicator(config)];
  return problems.length > 0 ? { problems } : { config };
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function checkNames(config: JsonObject, { version, fields }: Dialect): readonly Problem[] {
  return Object.keys(config)
    .filter((name) => !fields.EPLBConfig.has(name))
    .map((name) => ({
      path: name,
      what: `vLLM ${version} has no such field`,
      rule: `the fields are ${[...fields.EPLBConfig].sort().join(", ")} (${source})`,
      fix: `leave ${name} out`,
    }));
}

function checkValues(config: JsonObject): readonly Problem[] {
  return fieldRules
    .filter(({ field, holds }) => field in config && !holds(config[field]))
    .map(({ field, rule }) => ({
      path: field,
      what: JSON.stringify(config[field]),
      rule: `${rule} (${source})`,
      fix: "a value of that kind, or leave it out for the default",
    }));
}

/** NCCL's streams do not bear a second one beside them. */
function checkCommunicator(config: JsonObject): readonly Problem[] {
  const { use_async: isAsync, communicator } = config;
  if (isAsync !== true || (communicator !== "torch_nccl" && communicator !== "pynccl")) return [];
  return [
    {
      path: "communicator",
      what: `${communicator} while experts move beside the steps`,
      rule: `use_async takes torch_gloo or nixl (${source} _validate_eplb_config)`,
      fix: "torch_gloo, nixl or none, or use_async false",
    },
  ];
}

function isWhole(value: unknown, least: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least;
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
