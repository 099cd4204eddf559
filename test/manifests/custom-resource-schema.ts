import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ErrorObject } from "ajv";
import { parse } from "yaml";

type Schema = Readonly<Record<string, unknown>>;

interface Definition {
  readonly spec: {
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/**
 * A version's schema as the API server applies it under strict field validation: what is not named is refused, but
 * where the definition takes everything. Rules in CEL are not among what this checks.
 */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, strict(value)] as const);
  const node = Object.fromEntries(entries);
  const closed =
    "properties" in node && !("additionalProperties" in node) && !node["x-kubernetes-preserve-unknown-fields"];
  return closed ? { ...node, additionalProperties: false } : node;
}

/** Problems that the API server would find with `object`, by the simulated rack's definition of its kind. */
export function schemaErrors(object: { readonly apiVersion: string }): readonly string[] {
  const text = readFileSync(join(__dirname, "../../tools/rack/dynamo-crd.yaml"), "utf8");
  const definition = parse(text) as Definition;
  const [, version = ""] = object.apiVersion.split("/");
  const found = definition.spec.versions.find(({ name }) => name === version);
  if (found === undefined) throw new Error(`no version ${version}`);
  const root = strict(found.schema.openAPIV3Schema) as { readonly properties: Schema };
  const open = { ...root, properties: { ...root.properties, metadata: { type: "object" } } };
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(open);
  validate(object);
  return (validate.errors ?? []).map(described);
}

function described({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty } = params as { readonly additionalProperty?: string };
  return additionalProperty === undefined
    ? `${instancePath} ${message ?? ""}`
    : `${instancePath} does not know ${additionalProperty}`;
}
