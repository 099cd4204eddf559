import { parse } from "yaml";
import { RefusedError, type Problem } from "../../src/problems";

export type Settings = Readonly<Record<string, unknown>>;

export interface SrtRole {
  readonly nodes?: number;
  readonly workers?: number;
  /** GPUs of one worker, where the recipe says so beside its parallel sizes. */
  readonly gpus?: number;
  readonly args: Settings;
  readonly env: Settings;
  /** Where the user wrote the arguments and the environment. */
  readonly argsPath: string;
  readonly envPath: string;
}

/** A recipe of srt-slurm, whichever of its two schemas it is written in. */
export interface SrtDocument {
  readonly name: string;
  readonly engine: string;
  readonly model: Settings;
  readonly gpuType: unknown;
  readonly gpusPerNode: number;
  readonly prefill: SrtRole;
  readonly decode: SrtRole;
  readonly benchmark: Settings;
  /** Sections that configure the benchmark's surroundings: frontends, services, health checks. */
  readonly surroundings: readonly string[];
}

const readSections = ["name", "schema", "model", "resources", "backend", "engine", "roles", "benchmark"];

/** Variants of a file that has a `base`: one recipe each. Empty for a file that is a recipe itself. */
export function variantsOf(text: string): readonly string[] {
  const content = asSettings(parse(text));
  return content.base === undefined ? [] : Object.keys(content).filter((key) => key.startsWith("override_"));
}

/** @throws {RefusedError} when the text is no recipe, or which of its variants is meant is not said. */
export function readSrtDocument(text: string, variant?: string): SrtDocument {
  const content = asSettings(parsed(text));
  const base = content.base === undefined ? content : chosen(content, variant);
  const roles = asSettings(base.roles);
  return Object.keys(roles).length > 0 ? secondSchema(base, roles) : firstSchema(base);
}

function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw refused(
      "(whole file)",
      `not YAML: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : ""}`,
      "an srt-slurm recipe",
    );
  }
}

function chosen(content: Settings, variant: string | undefined): Settings {
  const variants = Object.keys(content).filter((key) => key.startsWith("override_"));
  const named = variants.find((key) => key === variant || key === `override_${variant ?? ""}`);
  if (named !== undefined) return merged(asSettings(content.base), asSettings(content[named]));
  const zipped = Object.keys(content).filter((key) => key.startsWith("zip_override_"));
  if (variants.length === 0 && zipped.length > 0) {
    throw refused(
      zipped.join(", "),
      "lists of values, one per variant",
      "a recipe with override_ sections, one per variant",
    );
  }
  const which =
    variant === undefined ? `${variants.length} variants and none is chosen` : `there is no variant ${variant}`;
  throw refused("base", which, `RECIPE.yaml:NAME with ${variants.join(", ")}`);
}

function refused(path: string, what: string, fix: string): RefusedError {
  const problem: Problem = { path, what, rule: "one import is one recipe of srt-slurm", fix };
  return new RefusedError("the recipe", [problem]);
}

/** `resources`, `backend.*_environment` and `backend.<engine>_config`. */
function firstSchema(content: Settings): SrtDocument {
  const resources = asSettings(content.resources);
  const backend = asSettings(content.backend);
  const engine = textOf(backend.type) ?? engineOfConfig(backend);
  const role = (name: "prefill" | "decode"): SrtRole => {
    const gpus = numberOf(resources[`gpus_per_${name}`]);
    return {
      ...counts(resources[`${name}_nodes`], resources[`${name}_workers`]),
      ...(gpus === undefined ? {} : { gpus }),
      args: asSettings(asSettings(backend[`${engine}_config`])[name]),
      env: asSettings(backend[`${name}_environment`]),
      argsPath: `backend.${engine}_config.${name}`,
      envPath: `backend.${name}_environment`,
    };
  };
  return { ...common(content, engine), prefill: role("prefill"), decode: role("decode") };
}

function engineOfConfig(backend: Settings): string {
  const config = Object.keys(backend).find((key) => key.endsWith("_config"));
  return config === undefined ? "" : config.slice(0, -"_config".length);
}

/** `roles.<role>.{nodes,workers,gpus,env,args}`. */
function secondSchema(content: Settings, roles: Settings): SrtDocument {
  const role = (name: "prefill" | "decode"): SrtRole => {
    const settings = asSettings(roles[name]);
    const gpus = numberOf(settings.gpus);
    return {
      ...counts(settings.nodes, settings.workers),
      ...(gpus === undefined ? {} : { gpus }),
      args: asSettings(settings.args),
      env: asSettings(settings.env),
      argsPath: `roles.${name}.args`,
      envPath: `roles.${name}.env`,
    };
  };
  return { ...common(content, textOf(content.engine) ?? ""), prefill: role("prefill"), decode: role("decode") };
}

function common(content: Settings, engine: string): Omit<SrtDocument, "prefill" | "decode"> {
  const resources = asSettings(content.resources);
  return {
    name: textOf(content.name) ?? "recipe",
    engine,
    model: asSettings(content.model),
    gpuType: resources.gpu_type,
    gpusPerNode: numberOf(resources.gpus_per_node) ?? 4,
    benchmark: asSettings(content.benchmark),
    surroundings: Object.keys(content).filter((key) => !readSections.includes(key)),
  };
}

function counts(nodes: unknown, workers: unknown): Pick<SrtRole, "nodes" | "workers"> {
  const read = { nodes: numberOf(nodes), workers: numberOf(workers) };
  return {
    ...(read.nodes === undefined ? {} : { nodes: read.nodes }),
    ...(read.workers === undefined ? {} : { workers: read.workers }),
  };
}

/** Maps are merged key by key; anything else is replaced. */
function merged(base: Settings, override: Settings): Settings {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(override)])];
  return Object.fromEntries(
    keys.map((key) => {
      if (!Object.hasOwn(override, key)) return [key, base[key]];
      const both = isSettings(base[key]) && isSettings(override[key]);
      return [key, both ? merged(asSettings(base[key]), asSettings(override[key])) : override[key]];
    }),
  );
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asSettings(value: unknown): Settings {
  return isSettings(value) ? value : {};
}

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** `4x8x16`, `['8192']`, `"4 8"` or a number. */
export function concurrenciesOf(value: unknown): readonly number[] {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts
    .flatMap((part) => (textOf(part) ?? "").split(/[x\s,]+/))
    .map(Number)
    .filter((count) => Number.isSafeInteger(count) && count > 0);
}
