import type { ComponentChange, ResourceChange } from "./changes";
import { leaderWorkerSetType } from "./effects";
import type { PoolStory } from "./pool-story";

/** A property of a change that a reviewer looks for, and where it was found. */
export interface Risk {
  readonly name: string;
  /** Empty when it is not there. */
  readonly where: readonly string[];
}

const serviceType = "kubernetes:core/v1:Service";
/** A ConfigMap or Secret is replaced by one with another name whenever its content changes; that is how it is updated. */
const contentTypes: ReadonlySet<string> = new Set(["kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Secret"]);
/** Prefill sends KV in the format that it has and decode reads the format that it has: both must agree. */
const kvFormat = /--(kv-cache-dtype|page-size)$|^kvCacheType$/;

/** Every risk by name, found or not: a reviewer wants to read that it was looked for. */
export function risksOf(components: readonly ComponentChange[], stories: readonly PoolStory[]): Risk[] {
  const resources = components.flatMap((component) => component.resources);
  const rolled = stories.filter((story) => story.effect === "rolls" || story.effect === "replaced");
  const roles = new Set(rolled.map((story) => story.role));
  return [
    { name: "replacement", where: named(resources.filter(isRealReplacement)) },
    { name: "deletion", where: named(resources.filter((resource) => resource.effect === "deleted")) },
    { name: "interruption", where: stories.filter((story) => story.interrupts).map((story) => story.title) },
    { name: "address change", where: named(resources.filter(changesAddress)) },
    { name: "KV format change", where: components.filter(changesKvFormat).map((component) => component.name) },
    {
      name: "both roles at once",
      where:
        (roles.has("prefill") && roles.has("decode")) || rolled.some(({ holdsAllRoles }) => holdsAllRoles === true)
          ? rolled.map((story) => story.title)
          : [],
    },
  ];
}

export function isRealReplacement(resource: ResourceChange): boolean {
  if (resource.effect !== "replaced") return false;
  return resource.formerKind !== undefined || !contentTypes.has(resource.step.type);
}

function changesAddress(resource: ResourceChange): boolean {
  const { step, effect, fields, formerKind } = resource;
  if (formerKind !== undefined || (effect === "deleted" && step.type === serviceType)) return true;
  if (effect === "replaced") return step.type === serviceType || step.type === leaderWorkerSetType;
  return step.type === serviceType && fields.some((field) => /^spec\.(ports|clusterIP|type)\b/.test(field.path));
}

function changesKvFormat(component: ComponentChange): boolean {
  const fields = [...component.settings, ...component.resources.flatMap((resource) => resource.fields)];
  return fields.some((field) => kvFormat.test(field.path));
}

function named(resources: readonly ResourceChange[]): string[] {
  return resources.map(({ kind, formerKind = kind, step }) => `${formerKind} ${step.name}`);
}
