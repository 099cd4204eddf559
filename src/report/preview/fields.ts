import { asText, follow, isJsonObject, pathParts, type Json, type JsonObject } from "./json";
import { hidden } from "./secrets";
import type { PreviewStep } from "./digest";

/** One property that a step changes. */
export interface FieldChange {
  /** Where, for example `spec.replicas`, `containers[engine].args --max-running-requests`. */
  readonly path: string;
  /** Undefined for what was or will not be there. */
  readonly before?: string;
  readonly after?: string;
  /** Why there are no values: a secret, or a difference that only the cluster knows of. */
  readonly note?: string;
}

/** Keys that Pulumi and its providers keep for themselves. */
const bookkeeping: ReadonlySet<string> = new Set(["pulumi.com/autonamed", "pulumi.com/patchForce"]);
/** Longer values, and values of several lines, are told by their length. */
const longestValue = 120;

/** What a step changes, in the order of the paths: inputs that differ, and what the provider says beyond them. */
export function fieldChanges(step: PreviewStep): FieldChange[] {
  const own = compare(step.before, step.after, "");
  const paths = new Set(own.map((change) => change.path));
  const hiddenPaths = new Set<string>();
  const beyond: FieldChange[] = [];
  for (const path of Object.keys(step.differing).sort()) {
    const parts = pathParts(path);
    if (isHidden(step.before, parts) || isHidden(step.after, parts)) hiddenPaths.add(path);
    else if (own.length === 0 && !paths.has(path)) beyond.push({ path, note: "differs on the cluster" });
  }
  const secret = [...hiddenPaths].map((path) => ({ path, note: "changed, the value is secret" }));
  return [...own, ...secret, ...beyond];
}

/** Property paths of a step, as the provider and the inputs name them. */
export function changedPaths(step: PreviewStep): string[] {
  return [...compare(step.before, step.after, "").map((change) => change.path), ...Object.keys(step.differing)];
}

function isHidden(inputs: JsonObject, parts: readonly string[]): boolean {
  return follow(inputs, parts, (value) => value === hidden) === hidden;
}

function compare(before: Json | undefined, after: Json | undefined, path: string): FieldChange[] {
  if (isJsonObject(before) && isJsonObject(after)) return compareObjects(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before as Json[], after as Json[], path);
  if (same(before, after)) return [];
  return [
    {
      path,
      ...(before === undefined ? {} : { before: show(before) }),
      ...(after === undefined ? {} : { after: show(after) }),
    },
  ];
}

function compareObjects(before: JsonObject, after: JsonObject, path: string): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys
    .filter((key) => !bookkeeping.has(key) && !key.startsWith("__"))
    .flatMap((key) => compare(before[key], after[key], joined(path, key)));
}

function compareLists(before: readonly Json[], after: readonly Json[], path: string): FieldChange[] {
  if (path.endsWith("args") && isTexts(before) && isTexts(after)) return compareFlags(before, after, path);
  const names = namesOf([...before, ...after]);
  if (names !== undefined) {
    return names.flatMap((name) => compare(named(before, name), named(after, name), `${path}[${name}]`));
  }
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, i) => compare(before[i], after[i], `${path}[${i}]`)).flat();
}

/** A command line is a set of flags: one flag more shall not read as a change of all that follow. */
function compareFlags(before: readonly string[], after: readonly string[], path: string): FieldChange[] {
  const old = flagsOf(before);
  const now = flagsOf(after);
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((flag) => {
    const was = old.get(flag);
    const is = now.get(flag);
    if (was === is) return [];
    return {
      path: `${path} ${flag}`,
      ...(was === undefined ? {} : { before: was === "" ? "on" : clipped(was) }),
      ...(is === undefined ? {} : { after: is === "" ? "on" : clipped(is) }),
    };
  });
}

/** Flag -> values. Words before the first flag are kept under their own name. */
function flagsOf(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  let flag = "";
  for (const word of words) {
    const [, name, value] = /^(--?[A-Za-z][^=\s]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      const so = flags.get(flag) ?? "";
      flags.set(flag === "" ? word : flag, flag === "" || so === "" ? (flag === "" ? "" : word) : `${so} ${word}`);
    } else {
      flag = name;
      const so = flags.get(flag);
      flags.set(flag, so === undefined ? (value ?? "") : `${so} ${value ?? ""}`.trim());
    }
  }
  return flags;
}

function isTexts(list: readonly Json[]): list is readonly string[] {
  return list.every((item) => typeof item === "string");
}

/** The names of a list like `containers` or `env`, in order of appearance; undefined when it is not such a list. */
function namesOf(list: readonly Json[]): string[] | undefined {
  const names = list.map((item) => (isJsonObject(item) ? asText(item.name) : ""));
  return names.includes("") ? undefined : [...new Set(names)];
}

function named(list: readonly Json[], name: string): Json | undefined {
  return list.find((item) => isJsonObject(item) && item.name === name);
}

function joined(path: string, key: string): string {
  const plain = /^[\w-]+$/.test(key);
  if (!plain) return `${path}["${key}"]`;
  return path === "" ? key : `${path}.${key}`;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function show(value: Json): string {
  return typeof value === "string" ? clipped(value) : clipped(JSON.stringify(value));
}

function clipped(text: string): string {
  if (text.length <= longestValue && !text.includes("\n")) return text;
  const lines = text.split("\n").length;
  return lines > 1 ? `(${lines} lines)` : `(${text.length} characters)`;
}
