import { asObject, asText, isJsonObject, type Json, type JsonObject } from "./json";

/** What stands for a secret; Pulumi writes the same. */
export const hidden = "[secret]";
/** What stands for a value that only the deployment knows. */
export const unknown = "(known after apply)";

/** Pulumi marks special values of its JSON with this key (sdk/go/common/resource/sig). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** How plain values that are not known yet appear: one constant per kind (pulumi sdk/go/common/resource/plugin/rpc.go). */
const unknownMarks: ReadonlySet<string> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Names whose values nobody should read in a pull request, though nobody marked them. `max-total-tokens` is not one. */
const delicate = /(^|[-_.]|[a-z])(token|password|passwd|secret|credentials?|api[-_]?key|private[-_]?key)$/i;
/** Shorter texts are too common to be looked for. */
const shortestSecret = 6;

/** Replaces what must not be read, and remembers the plain texts so that they can be found elsewhere too. */
export class SecretKeeper {
  private readonly plainTexts = new Set<string>();

  /** A copy without secrets. */
  hide(value: Json): Json {
    if (typeof value === "string") return unknownMarks.has(value) ? unknown : value;
    if (Array.isArray(value)) return this.hideList(value as readonly Json[]);
    if (!isJsonObject(value)) return value;
    if (isSecret(value)) return this.keep(value);
    if (value[signatureKey] === outputSignature) return this.hide(value.value ?? unknown);
    return this.hideProperties(value);
  }

  /** The inputs or outputs of a resource. A Kubernetes Secret has nothing to show. */
  hideOf(type: string, value: JsonObject): JsonObject {
    const copy = asObject(this.hide(value)) ?? {};
    if (!type.startsWith("kubernetes:core/v1:Secret")) return copy;
    const closed = Object.entries(copy).map(([key, part]) => [
      key,
      key === "data" || key === "stringData" ? this.hideAll(part) : part,
    ]);
    return Object.fromEntries(closed) as JsonObject;
  }

  /** A text without any secret seen so far. Longest first: one secret may be part of another. */
  scrub(text: string): string {
    const known = [...this.plainTexts].sort((a, b) => b.length - a.length);
    return known.reduce((clean, secret) => clean.replaceAll(secret, hidden), text);
  }

  private hideProperties(value: JsonObject): JsonObject {
    const namesItsValue = typeof value.name === "string" && delicate.test(value.name);
    const entries = Object.entries(value).map(([key, part]) => {
      const isDelicate = delicate.test(key) || (key === "value" && namesItsValue);
      return [key, isDelicate && typeof part === "string" ? this.remember(part) : this.hide(part)];
    });
    return Object.fromEntries(entries) as JsonObject;
  }

  /** Command lines: the value after `--api-key`, or in `--api-key=value`. */
  private hideList(list: readonly Json[]): Json {
    return list.map((item, i) => {
      const before = list[i - 1];
      if (typeof item !== "string") return this.hide(item);
      if (typeof before === "string" && before.startsWith("--") && delicate.test(before)) return this.remember(item);
      const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(item) ?? [];
      if (flag === undefined || value === undefined || !delicate.test(flag)) return this.hide(item);
      return `${flag}=${this.remember(value)}`;
    });
  }

  private hideAll(value: Json): Json {
    const inner = asObject(value);
    if (inner === undefined) return typeof value === "string" ? this.remember(value) : hidden;
    return Object.fromEntries(Object.entries(inner).map(([key, part]) => [key, this.hideAll(part)]));
  }

  /** `--show-secrets` puts the value beside the signature. */
  private keep(secret: JsonObject): string {
    const plain = asText(secret.plaintext);
    if (plain !== "") this.rememberIn(parseOrText(plain));
    this.rememberIn(secret.value ?? null);
    return hidden;
  }

  private rememberIn(value: Json): void {
    if (typeof value === "string") this.remember(value);
    else if (Array.isArray(value))
      (value as readonly Json[]).forEach((item) => {
        this.rememberIn(item);
      });
    else if (isJsonObject(value))
      Object.values(value).forEach((item) => {
        this.rememberIn(item);
      });
  }

  private remember(text: string): string {
    if (text.length >= shortestSecret && text !== hidden && !unknownMarks.has(text)) this.plainTexts.add(text);
    return unknownMarks.has(text) ? unknown : hidden;
  }
}

function isSecret(value: JsonObject): boolean {
  return value[signatureKey] === secretSignature || (value[signatureKey] === outputSignature && value.secret === true);
}

function parseOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
