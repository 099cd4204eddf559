export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

export function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

export function objectsIn(values: readonly unknown[]): JsonObject[] {
  return values.filter(isJsonObject);
}

/** `data["a.json"]` and `spec.containers[0].args` as Pulumi writes property paths, in their parts. */
export function pathParts(path: string): string[] {
  const parts: string[] = [];
  for (const match of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    parts.push(match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? match[3] ?? "");
  }
  return parts;
}

/** The value at a path, and whether a hidden one was met on the way. */
export function follow(
  value: Json | undefined,
  parts: readonly string[],
  stop: (value: Json) => boolean,
): Json | undefined {
  let here = value;
  for (const part of parts) {
    if (here === undefined || stop(here)) return here;
    here = Array.isArray(here) ? (here as readonly Json[])[Number(part)] : asObject(here)?.[part];
  }
  return here;
}
