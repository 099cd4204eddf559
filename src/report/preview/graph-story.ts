import { duration, plural } from "../numbers";
import type { PlanSummary } from "../plan-summary";
import type { ComponentChange, ResourceChange } from "./changes";
import { dynamoGraphType, rayServiceType } from "./effects";
import { asList, asObject, objectsIn, type JsonObject } from "./json";
import { gpusOfPod, gpusOfService } from "./pod-gpus";
import type { PoolStory, StoryEffect } from "./pool-story";

const graphKinds: ReadonlySet<string> = new Set(["RayService", "DynamoGraphDeployment"]);

/** The story of a router that owns the object of all roles, when that object changes. */
export function graphStory(
  change: ComponentChange,
  title: string,
  plan: PlanSummary | undefined,
): PoolStory | undefined {
  const found = change.resources.find(
    ({ step, formerKind = "" }) =>
      rayServiceType.test(step.type) || dynamoGraphType.test(step.type) || graphKinds.has(formerKind),
  );
  if (found === undefined) return undefined;
  const effect = storyEffect(found);
  const gpusBefore = gpusOf(found.step.before);
  const gpusAfter = gpusOf(found.step.after);
  const interrupts = effect === "replaced";
  const starts = interrupts || effect === "rolls" || effect === "created";
  const slowest = Math.max(plan?.pools.prefill.startupSeconds ?? 0, plan?.pools.decode.startupSeconds ?? 0);
  const time = starts && slowest > 0 ? { seconds: slowest } : {};
  const lasts = time.seconds === undefined ? "" : ` (about ${duration(time.seconds)})`;
  const text = [gpuPhrase(gpusBefore, gpusAfter), effectPhrase(effect, found)].filter((part) => part !== "").join(", ");
  return {
    title,
    role: "pool",
    effect,
    gpusBefore,
    gpusAfter,
    interrupts,
    holdsAllRoles: true,
    ...time,
    text: `${text}${lasts}`,
  };
}

function storyEffect({ effect }: ResourceChange): StoryEffect {
  return effect === "restarts" || effect === "none" ? "in place" : effect;
}

/** Those of Ray's worker groups, or of Dynamo's services that are no frontend. */
function gpusOf(inputs: JsonObject): number {
  const spec = asObject(inputs.spec);
  const groups = objectsIn(asList(asObject(spec?.rayClusterConfig)?.workerGroupSpecs));
  const services = objectsIn(Object.values(asObject(spec?.services) ?? {}));
  const components = objectsIn(asList(spec?.components));
  const counts = [
    ...groups.map((group) => pods(group) * gpusOfPod(group.template)),
    ...services
      .filter(({ componentType }) => componentType !== "frontend")
      .map((one) => pods(one) * gpusOfService(one)),
    ...components.filter(({ type }) => type !== "frontend").map((one) => pods(one) * gpusOfPod(one.podTemplate)),
  ];
  return counts.reduce((sum, gpus) => sum + gpus, 0);
}

function pods({ replicas, multinode }: JsonObject): number {
  return numberOr(replicas, 1) * numberOr(asObject(multinode)?.nodeCount, 1);
}

function gpuPhrase(before: number, after: number): string {
  if (before === after) return "";
  return `${after > before ? "+" : "-"}${plural(Math.abs(after - before), "GPU")}`;
}

function effectPhrase(effect: StoryEffect, { kind, formerKind }: ResourceChange): string {
  switch (effect) {
    case "created":
      return `one ${kind} with prefill and decode`;
    case "deleted":
      return `the ${kind} is deleted, and all pods with it`;
    case "replaced":
      return `${formerKind === undefined ? `the ${kind} is replaced` : `a ${kind} in place of the ${formerKind}`}: prefill and decode stop together and start again`;
    case "scales":
      return "workers come or go, the others run on";
    case "rolls":
      return "rolls prefill and decode worker by worker";
    case "in place":
      return "in place, no pod restarts";
  }
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
