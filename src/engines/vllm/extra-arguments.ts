import type { Json, JsonObject } from "../engine";

/** One argument of an operator's own, with its value; `true` for a switch. */
export interface ExtraArgument {
  /** As written, without a value: `--max-model-len`. */
  readonly name: string;
  /** Field of vLLM's engine arguments: `max_model_len`; that of the positive form for `--no-x`. */
  readonly field: string;
  /** What follows the field's name in `--eplb-config.window_size 500`: `window_size`. */
  readonly key?: string;
  readonly value: Json;
}

/** Reads `--name value`, `--name=value`, `--switch` and `--no-switch` as vLLM's parser does. */
export function readExtraArguments(words: readonly string[]): readonly ExtraArgument[] {
  const read: ExtraArgument[] = [];
  words.forEach((word, index) => {
    if (!word.startsWith("--")) return;
    const [written = word, ...rest] = word.split("=");
    const next = words[index + 1];
    const given = rest.length > 0 ? rest.join("=") : next === undefined || next.startsWith("--") ? undefined : next;
    read.push(argument(written, given));
  });
  return read;
}

function argument(written: string, given: string | undefined): ExtraArgument {
  // vLLM takes underscores for dashes, and `--eplb-config.window_size 500` for one key of a nested configuration.
  const name = written.replaceAll("_", "-");
  const [outer = name, ...keys] = name.split(".");
  const key = keys.join(".").replaceAll("-", "_");
  const negative = given === undefined && outer.startsWith("--no-");
  const field = outer.slice(negative ? 5 : 2).replaceAll("-", "_");
  const value = given === undefined ? !negative : valueOf(given);
  return { name: outer, field, ...(key === "" ? {} : { key }), value };
}

/** `256` -> 256, `{"a":1}` -> an object, `fp8` -> "fp8". */
function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The same for Ray Serve, whose engine arguments are fields and not flags. */
export function engineArgumentsOf(words: readonly string[]): Readonly<Record<string, Json>> {
  const fields: Record<string, Json> = {};
  for (const { field, key, value } of readExtraArguments(words)) {
    fields[field] = key === undefined ? value : nested(fields[field], key.split("."), value);
  }
  return fields;
}

function nested(into: Json | undefined, [key = "", ...rest]: readonly string[], value: Json): Json {
  const object = typeof into === "object" && into !== null && !Array.isArray(into) ? (into as JsonObject) : {};
  return { ...object, [key]: rest.length === 0 ? value : nested(object[key], rest, value) };
}
