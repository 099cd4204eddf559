import { asList, asObject, asText, isJsonObject, objectsIn, type Json, type JsonObject } from "./json";
import { SecretKeeper } from "./secrets";

/** One resource of a preview, without secrets. */
export interface PreviewStep {
  /** `same`, `create`, `update`, `delete`, `replace`, `import`, `read`, `refresh`, ... */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent; empty for the stack. */
  readonly parent: string;
  /** Inputs in the state and inputs asked for. */
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** Property paths that the provider says differ, and how: `update`, `add`, `delete`, each maybe with `-replace`. */
  readonly differing: Readonly<Record<string, string>>;
  readonly replaceReasons: readonly string[];
}

export interface PreviewDiagnostic {
  readonly severity: string;
  readonly message: string;
  /** Name of the resource it is about; empty for the program. */
  readonly resource: string;
}

/** What a `pulumi preview --json` said, in either of its two forms, without secrets. */
export interface Preview {
  readonly steps: readonly PreviewStep[];
  readonly diagnostics: readonly PreviewDiagnostic[];
  readonly failed: boolean;
  readonly outputsBefore: JsonObject;
  /** Absent from the plain form, which is written before outputs are known. */
  readonly outputsAfter?: JsonObject;
  /** Removes secrets seen in the preview from a text. */
  scrub(text: string): string;
}

export const stackType = "pulumi:pulumi:Stack";

/**
 * Reads the output of `pulumi preview --json`: one digest (the default), or one engine event per line
 * (PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true), which also has the stack's new outputs. Text of plugins and policy packs
 * around the JSON is skipped. `undefined` when there is no preview in the text.
 */
export function parsePreview(text: string): Preview | undefined {
  const events = parseLines(text).filter((line) => typeof line.sequence === "number");
  if (events.length > 0) return fromEvents(events);
  const digest = parseDigest(text);
  return digest === undefined ? undefined : fromDigest(digest);
}

function fromDigest(digest: JsonObject): Preview {
  const keeper = new SecretKeeper();
  const raw = objectsIn(asList(digest.steps));
  const steps = raw.map((step) => readStep(step, step.oldState, step.newState, step.replaceReasons, keeper));
  const stack = raw.find((step) => typeOf(asText(step.urn)) === stackType);
  const diagnostics = asList(digest.diagnostics).map((entry) => readDiagnostic(entry, keeper));
  return {
    steps: steps.filter((step) => step.type !== stackType),
    diagnostics,
    failed: diagnostics.some((diagnostic) => diagnostic.severity === "error"),
    outputsBefore: outputsOf(stack?.oldState, keeper) ?? {},
    scrub: (text) => keeper.scrub(text),
  };
}

function fromEvents(events: readonly JsonObject[]): Preview {
  const keeper = new SecretKeeper();
  const metadata = (kind: string): JsonObject[] => objectsIn(events.map((event) => asObject(event[kind])?.metadata));
  // Creating and deleting halves of a replacement are announced too; the logical step stands for all of them.
  const logical = metadata("resourcePreEvent").filter((step) => step.logical === true);
  const steps = logical.map((step) => readStep(step, step.old, step.new, step.keys, keeper));
  const stacks = metadata("resOutputsEvent").filter((step) => typeOf(asText(step.urn)) === stackType);
  const outputsAfter = outputsOf(stacks.at(-1)?.new, keeper);
  const diagnostics = objectsIn(events.map((event) => event.diagnosticEvent));
  const violations = objectsIn(events.map((event) => event.policyEvent));
  const summaries = objectsIn(events.map((event) => event.summaryEvent));
  return {
    steps: steps.filter((step) => step.type !== stackType),
    diagnostics: [
      ...diagnostics.map((entry) => readDiagnostic(entry, keeper)),
      ...violations.map((entry) => readViolation(entry, keeper)),
    ],
    // Without a summary the engine was stopped half-way, and what is missing is not "unchanged".
    failed: summaries.length === 0 || summaries.some((summary) => summary.result !== "succeeded"),
    outputsBefore: outputsOf(stacks.at(-1)?.old, keeper) ?? {},
    ...(outputsAfter === undefined ? {} : { outputsAfter }),
    scrub: (text) => keeper.scrub(text),
  };
}

function readStep(
  step: JsonObject,
  oldState: Json | undefined,
  newState: Json | undefined,
  reasons: Json | undefined,
  keeper: SecretKeeper,
): PreviewStep {
  const urn = asText(step.urn);
  const type = typeOf(urn);
  const state = asObject(newState) ?? asObject(oldState);
  const inputs = (of: Json | undefined): JsonObject => keeper.hideOf(type, asObject(asObject(of)?.inputs) ?? {});
  const differing = Object.entries(asObject(step.detailedDiff) ?? {}).map(([path, entry]) => {
    const kind = asObject(entry);
    return [path, asText(kind?.kind) || asText(kind?.diffKind)];
  });
  return {
    op: asText(step.op),
    urn,
    type,
    name: nameOf(urn),
    parent: asText(state?.parent),
    before: inputs(oldState),
    after: inputs(newState),
    differing: Object.fromEntries(differing) as Record<string, string>,
    replaceReasons: asList(reasons).map(asText),
  };
}

function readDiagnostic(entry: Json, keeper: SecretKeeper): PreviewDiagnostic {
  const diagnostic = asObject(entry) ?? {};
  return {
    severity: asText(diagnostic.severity),
    message: keeper.scrub(asText(diagnostic.message)),
    resource: nameOf(asText(diagnostic.urn)),
  };
}

function readViolation(violation: JsonObject, keeper: SecretKeeper): PreviewDiagnostic {
  const policy = `policy ${asText(violation.policyPackName)}/${asText(violation.policyName)}`;
  return {
    severity: violation.enforcementLevel === "mandatory" ? "error" : "warning",
    message: `${policy}: ${keeper.scrub(asText(violation.message))}`,
    resource: nameOf(asText(violation.resourceUrn)),
  };
}

function outputsOf(state: Json | undefined, keeper: SecretKeeper): JsonObject | undefined {
  const outputs = asObject(asObject(state)?.outputs);
  return outputs === undefined ? undefined : keeper.hideOf(stackType, outputs);
}

/** `urn:pulumi:stack::project::parentType$type::name`. Names may hold colons, types do not hold two of them. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function parseLines(text: string): JsonObject[] {
  return text.split("\n").flatMap((line) => (line.startsWith("{") ? parseObject(line) : []));
}

/** The digest begins with a line that begins with `{` and ends with the line `}`; others may write such lines too. */
function parseDigest(text: string): JsonObject | undefined {
  const ends = [...text.matchAll(/^\}/gm)].map((match) => match.index + 1).reverse();
  for (const start of text.matchAll(/^\{/gm)) {
    const line = text.slice(start.index).split("\n", 1)[0] ?? "";
    const candidates = line.trim() === "{" ? ends : [start.index + line.length];
    for (const end of candidates) {
      const [found] = parseObject(text.slice(start.index, end));
      if (found !== undefined && ("steps" in found || "diagnostics" in found || "changeSummary" in found)) return found;
    }
  }
  return undefined;
}

function parseObject(text: string): JsonObject[] {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? [value] : [];
  } catch {
    return [];
  }
}
