import type { PlanSummary } from "../plan-summary";
import { duration, plural } from "../numbers";
import type { ComponentChange, ResourceChange } from "./changes";
import { leaderWorkerSetType } from "./effects";
import { gpusOfPod } from "./pod-gpus";
import { asObject, asText, numberOr, type JsonObject } from "./json";

export type StoryEffect = "rolls" | "scales" | "replaced" | "created" | "deleted" | "in place";

/** What a change does to one pool, in the words of who runs it. */
export interface PoolStory {
  readonly title: string;
  readonly role: "prefill" | "decode" | "pool";
  readonly effect: StoryEffect;
  readonly gpusBefore: number;
  readonly gpusAfter: number;
  /** Nothing of the pool serves while the change runs. */
  readonly interrupts: boolean;
  /** One object holds prefill and decode. */
  readonly holdsAllRoles?: true;
  /** Until the change is through; undefined when the plan does not say. */
  readonly seconds?: number;
  readonly text: string;
}

interface GroupSizes {
  readonly groups: number;
  readonly traysPerGroup: number;
  readonly gpusPerTray: number;
}

const none: GroupSizes = { groups: 0, traysPerGroup: 0, gpusPerTray: 0 };

/** The story of a component that owns a LeaderWorkerSet which changes. */
export function poolStory(
  change: ComponentChange,
  title: string,
  plan: PlanSummary | undefined,
): PoolStory | undefined {
  const found = change.resources.find(
    ({ step, formerKind }) => step.type === leaderWorkerSetType || formerKind === "LeaderWorkerSet",
  );
  if (found === undefined) return undefined;
  if (found.formerKind !== undefined) return handOver(change, title, found);
  const before = sizes(found.step.before);
  const after = sizes(found.step.after);
  const role = roleOf(change);
  const effect = storyEffect(found);
  const gpusBefore = before.groups * before.traysPerGroup * before.gpusPerTray;
  const gpusAfter = after.groups * after.traysPerGroup * after.gpusPerTray;
  const together = atOnce(found, after.groups);
  const interrupts = effect === "replaced" || (effect === "rolls" && isOnlyGroup(found) && surge(found) === 0);
  const starts = groupStarts(effect, before, after, together);
  const seconds = role === "pool" || starts === 0 ? undefined : (plan?.pools[role].startupSeconds ?? 0) * starts;
  const phrases = [
    sizePhrase(before, after),
    gpuPhrase(gpusBefore, gpusAfter),
    effectPhrase(effect, before, after, interrupts, together),
  ];
  const time = seconds === undefined || seconds === 0 ? {} : { seconds };
  const text = phrases.filter((phrase) => phrase !== "").join(", ");
  const lasts = time.seconds === undefined ? "" : ` (about ${duration(time.seconds)})`;
  return { title, role, effect, gpusBefore, gpusAfter, interrupts, ...time, text: `${text}${lasts}` };
}

/** With another engine the pods of a pool become part of an object that the router makes, or its own again. */
function handOver(change: ComponentChange, title: string, { step, kind }: ResourceChange): PoolStory {
  const own = step.type === leaderWorkerSetType;
  const [before, after] = own ? [none, sizes(step.after)] : [sizes(step.before), none];
  const gpusBefore = before.groups * before.traysPerGroup * before.gpusPerTray;
  const gpusAfter = after.groups * after.traysPerGroup * after.gpusPerTray;
  const how = own ? `a ${kind} of its own again` : "its pods stop, and the router's object makes new ones";
  const text = [sizePhrase(before, after), gpuPhrase(gpusBefore, gpusAfter), how].join(", ");
  const effect = own ? "created" : "deleted";
  return { title, role: roleOf(change), effect, gpusBefore, gpusAfter, interrupts: true, text };
}

/** How many times in a row groups start before the change is through. */
function groupStarts(effect: StoryEffect, before: GroupSizes, after: GroupSizes, together: number): number {
  switch (effect) {
    case "rolls":
      return Math.max(1, Math.ceil(before.groups / together));
    case "scales":
      return after.groups > before.groups ? 1 : 0;
    case "created":
    case "replaced":
      return 1;
    case "deleted":
    case "in place":
      return 0;
  }
}

/** Said only where the number of groups is stated: an autoscaler's pool leaves it out. */
function isOnlyGroup(resource: ResourceChange): boolean {
  return asObject(resource.step.before.spec)?.replicas === 1;
}

export function storyEffect(resource: ResourceChange): StoryEffect {
  switch (resource.effect) {
    case "restarts":
    case "runs":
    case "none":
      return "in place";
    default:
      return resource.effect;
  }
}

function roleOf(change: ComponentChange): "prefill" | "decode" | "pool" {
  if (change.kind === "PrefillPool") return "prefill";
  return change.kind === "DecodePool" ? "decode" : "pool";
}

function sizes(inputs: JsonObject): GroupSizes {
  const spec = asObject(inputs.spec);
  if (spec === undefined) return none;
  const template = asObject(spec.leaderWorkerTemplate);
  // Both default to 1 in the API.
  const [groups, traysPerGroup] = [numberOr(spec.replicas, 1), numberOr(template?.size, 1)];
  return { groups, traysPerGroup, gpusPerTray: gpusOfPod(template?.workerTemplate) };
}

function sizePhrase(before: GroupSizes, after: GroupSizes): string {
  const traysBefore = before.groups * before.traysPerGroup;
  const traysAfter = after.groups * after.traysPerGroup;
  if (traysBefore === 0) return plural(traysAfter, "tray");
  if (traysAfter === 0) return plural(traysBefore, "tray");
  return traysBefore === traysAfter ? "" : `${traysBefore} -> ${plural(traysAfter, "tray")}`;
}

export function gpuPhrase(before: number, after: number): string {
  if (before === after) return "";
  return `${after > before ? "+" : "-"}${plural(Math.abs(after - before), "GPU")}`;
}

function effectPhrase(
  effect: StoryEffect,
  before: GroupSizes,
  after: GroupSizes,
  interrupts: boolean,
  together: number,
): string {
  switch (effect) {
    case "created":
      return `new pool of ${plural(after.groups, "group")}`;
    case "deleted":
      return "the pool is deleted";
    case "replaced":
      return "the pool is replaced: all groups stop and start again";
    case "scales":
      return `${after.groups > before.groups ? "adds" : "removes"} ${plural(Math.abs(after.groups - before.groups), "group")}, the others run on`;
    case "rolls":
      if (interrupts) return "restarts its only group, nothing serves meanwhile";
      return together > 1 ? `rolls ${together} groups at a time` : "rolls one group at a time";
    case "in place":
      return "in place, no group restarts";
  }
}

/** Groups that a roll-out takes down together. */
function atOnce(resource: ResourceChange, groups: number): number {
  return Math.max(1, budget(resource, "maxUnavailable", groups, 1) + surge(resource));
}

function surge(resource: ResourceChange): number {
  return budget(resource, "maxSurge", sizes(resource.step.after).groups, 0);
}

/** A number or a percentage; LeaderWorkerSet defaults to 1 unavailable and no surge. */
function budget(resource: ResourceChange, name: string, groups: number, otherwise: number): number {
  const strategy = asObject(asObject(resource.step.after.spec)?.rolloutStrategy);
  const value = asObject(strategy?.rollingUpdateConfiguration)?.[name];
  const [, percent] = /^(\d+)%$/.exec(asText(value)) ?? [];
  if (percent !== undefined) return Math.floor((Number(percent) * groups) / 100);
  return numberOr(value, otherwise);
}
