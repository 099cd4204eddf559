import { parse } from "yaml";
import { duration } from "../numbers";
import type { PlanSummary } from "../plan-summary";
import type { ComponentChange, ResourceChange } from "./changes";
import type { PreviewStep } from "./digest";
import { dynamoGraphType, rayServiceType } from "./effects";
import { asList, asObject, asText, numberOr, objectsIn, type JsonObject } from "./json";
import { gpusOfPod, gpusOfService } from "./pod-gpus";
import { gpuPhrase, storyEffect, type PoolStory, type StoryEffect } from "./pool-story";

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
  const redeployed = rayServiceType.test(found.step.type) ? redeployedRoles(found.step) : undefined;
  const effect = redeployed?.length === 0 && found.effect === "rolls" ? "in place" : storyEffect(found);
  const gpusBefore = gpusOf(found.step.before);
  const gpusAfter = gpusOf(found.step.after);
  const interrupts = effect === "replaced" || (effect === "rolls" && hasLoneWorker(found.step.before, redeployed));
  const starts = interrupts || effect === "rolls" || effect === "created";
  const slowest = Math.max(plan?.pools.prefill.startupSeconds ?? 0, plan?.pools.decode.startupSeconds ?? 0);
  const time = starts && slowest > 0 ? { seconds: slowest } : {};
  const lasts = time.seconds === undefined ? "" : ` (about ${duration(time.seconds)})`;
  const text = [gpuPhrase(gpusBefore, gpusAfter), effectPhrase(effect, found, interrupts, redeployed)]
    .filter((part) => part !== "")
    .join(", ");
  return {
    title,
    role: "pool",
    effect,
    gpusBefore,
    gpusAfter,
    interrupts,
    ...(effect === "rolls" && redeployed?.length === 1 ? {} : { holdsAllRoles: true as const }),
    ...time,
    text: `${text}${lasts}`,
  };
}

/** Those of Ray's worker groups, or of Dynamo's workers. */
function gpusOf(inputs: JsonObject): number {
  const groups = objectsIn(asList(asObject(asObject(inputs.spec)?.rayClusterConfig)?.workerGroupSpecs));
  const counts = [
    ...groups.map((group) => pods(group) * gpusOfPod(group.template)),
    ...dynamoWorkers(inputs).map(
      (one) => pods(one) * ("type" in one ? gpusOfPod(one.podTemplate) : gpusOfService(one)),
    ),
  ];
  return counts.reduce((sum, gpus) => sum + gpus, 0);
}

function pods({ replicas, multinode }: JsonObject): number {
  return numberOr(replicas, 1) * numberOr(asObject(multinode)?.nodeCount, 1);
}

function effectPhrase(
  effect: StoryEffect,
  { kind, formerKind }: ResourceChange,
  interrupts: boolean,
  redeployed: readonly Role[] | undefined,
): string {
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
      return `${redeployed === undefined ? "rolls prefill and decode worker by worker" : `Ray Serve redeploys ${redeployed.join(" and ")}`}${interrupts ? ", nothing serves where there is only one" : ""}`;
    case "in place":
      return "in place, no pod restarts";
  }
}

type Role = "prefill" | "decode";

/** Roles whose part of a RayService's application changes; it is YAML in a string. */
function redeployedRoles({ before, after }: PreviewStep): readonly Role[] {
  const [old, changed] = [rayRoles(before), rayRoles(after)];
  return (["prefill", "decode"] as const).filter((role) => JSON.stringify(old[role]) !== JSON.stringify(changed[role]));
}

function rayRoles(inputs: JsonObject): Readonly<Record<Role, JsonObject | undefined>> {
  const config = asObject(parse(asText(asObject(inputs.spec)?.serveConfigV2), { version: "1.1" }));
  const args = asObject(asObject(asList(config?.applications)[0])?.args);
  return { prefill: asObject(args?.prefill_config), decode: asObject(args?.decode_config) };
}

/** Whether a role that changes has one worker, so that nothing of it serves meanwhile. */
function hasLoneWorker(inputs: JsonObject, redeployed: readonly Role[] | undefined): boolean {
  if (redeployed !== undefined) {
    const roles = rayRoles(inputs);
    return redeployed.some((role) => numberOr(asObject(roles[role]?.deployment_config)?.num_replicas, 1) === 1);
  }
  return dynamoWorkers(inputs).some(({ replicas }) => numberOr(replicas, 1) === 1);
}

/** Dynamo's services or components that are no frontend. */
function dynamoWorkers({ spec }: JsonObject): readonly JsonObject[] {
  const services = objectsIn(Object.values(asObject(asObject(spec)?.services) ?? {}));
  const components = objectsIn(asList(asObject(spec)?.components));
  return [...services, ...components].filter(({ componentType, type }) => (componentType ?? type) !== "frontend");
}
