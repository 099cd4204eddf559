import type { Preview, PreviewStep } from "./digest";
import { nameOf, typeOf } from "./digest";
import { effectOf, type Effect } from "./effects";
import { fieldChanges, type FieldChange } from "./fields";
import { asText } from "./json";

/** One object that is created, changed, replaced or deleted. */
export interface ResourceChange {
  readonly step: PreviewStep;
  readonly effect: Effect;
  /** "LeaderWorkerSet" of `kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet`. */
  readonly kind: string;
  /** Kind of the object whose place it takes, where that is another. */
  readonly formerKind?: string;
  readonly fields: readonly FieldChange[];
}

/** A component of this library, or another parent, with what changes below it. */
export interface ComponentChange {
  readonly name: string;
  /** "DecodePool"; the last part of any other type; empty for resources directly in the stack. */
  readonly kind: string;
  readonly resources: readonly ResourceChange[];
  /** What the operator wrote differently. */
  readonly settings: readonly FieldChange[];
}

/** Of other components' refs, what is told where it was written: all of a recorded pool, and what a placement is worth. */
const toldByOthers = /^(pool\.|experts\.(?!configMap$|mode$))/;

const libraryPrefix = "pulumi-nvl72:index:";
/** The order in which a client is built and read. */
const kindOrder = ["ClientDomain", "ExpertBalancer", "PrefillPool", "DecodePool", "Router", "ExpertRecorder"];

/** What a preview changes, by component: in the library's order, then by name. Resources by kind and name. */
export function componentChanges(preview: Preview): ComponentChange[] {
  const byUrn = new Map(preview.steps.map((step) => [step.urn, step]));
  const owners = new Map<string, ResourceChange[]>();
  for (const step of preview.steps) {
    const owner = isComponent(step, preview.steps) ? step.urn : ownerOf(step, byUrn);
    const resources = owners.get(owner) ?? [];
    owners.set(owner, resources);
    if (owner === step.urn) continue;
    resources.push(...resourceChange(step));
  }
  const components = [...owners].map(([urn, resources]) => component(urn, byUrn.get(urn), resources));
  return components
    .filter((found) => found.resources.length > 0 || found.settings.length > 0)
    .sort((a, b) => rank(a) - rank(b) || compareText(a.name, b.name) || compareText(a.kind, b.kind));
}

/** "client1 decode" of a DecodePool named `client1-decode`; other names as they are. */
export function titleOf(change: Pick<ComponentChange, "name" | "kind">): string {
  if (change.name === "") return "stack";
  return change.name.replace(/-(prefill|decode|router|domain|experts)$/, " $1");
}

function component(urn: string, step: PreviewStep | undefined, resources: readonly ResourceChange[]): ComponentChange {
  const type = typeOf(urn);
  return {
    name: nameOf(urn),
    kind: lastPart(type),
    resources: [...resources].sort(
      (a, b) =>
        compareText(a.kind, b.kind) || compareText(a.step.name, b.step.name) || compareText(a.step.urn, b.step.urn),
    ),
    settings: step?.op === "update" ? fieldChanges(step).filter(({ path }) => !toldByOthers.test(path)) : [],
  };
}

function resourceChange(step: PreviewStep): readonly ResourceChange[] {
  const effect = effectOf(step);
  if (effect === "none") return [];
  const kind = lastPart(step.type);
  const formerKind = asText(step.before.kind);
  const succeeds = effect === "replaced" && formerKind !== "" && formerKind !== kind;
  if (succeeds) return [{ step, effect, kind, formerKind, fields: [] }];
  return [{ step, effect, kind, fields: fieldsOf(step, effect) }];
}

/** A new or deleted object has every field, and a list of them all tells nothing; nor does a command's script. */
function fieldsOf(step: PreviewStep, effect: Effect): FieldChange[] {
  return effect === "created" || effect === "deleted" || effect === "runs" ? [] : fieldChanges(step);
}

/** The nearest component above; its URN says name and type even when it has no step of its own. */
function ownerOf(step: PreviewStep, byUrn: ReadonlyMap<string, PreviewStep>): string {
  let parent = step.parent;
  for (let above = parent; above !== ""; above = byUrn.get(above)?.parent ?? "") {
    if (typeOf(above).startsWith(libraryPrefix)) return above;
    if (typeOf(above) === "pulumi:pulumi:Stack") break;
    parent = above;
  }
  return typeOf(parent) === "pulumi:pulumi:Stack" ? "" : parent;
}

/** Components of others are recognised by their children. */
function isComponent(step: PreviewStep, steps: readonly PreviewStep[]): boolean {
  if (step.type.startsWith(libraryPrefix)) return true;
  return !step.type.startsWith("kubernetes:") && steps.some((other) => other.parent === step.urn);
}

function rank(change: ComponentChange): number {
  const index = kindOrder.indexOf(change.kind);
  return index < 0 ? kindOrder.length : index;
}

function lastPart(type: string): string {
  if (type.startsWith("pulumi:providers:")) return `provider ${type.slice("pulumi:providers:".length)}`;
  return type.split(":").at(-1) ?? type;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
