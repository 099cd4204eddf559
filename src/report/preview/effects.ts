import type { PreviewStep } from "./digest";
import { changedPaths } from "./fields";

/** What a step does to what runs. */
export type Effect =
  /** Every worker group is started anew, group by group. */
  | "rolls"
  /** Groups or pods come or go; those that stay are not touched. */
  | "scales"
  /** Pods of a Deployment are started anew. */
  | "restarts"
  /** A command is carried out, once; what it leaves is not this object. */
  | "runs"
  /** The object changes, nothing is started anew. */
  | "in place"
  | "replaced"
  | "created"
  | "deleted"
  /** Read or refreshed. */
  | "none";

export const leaderWorkerSetType = "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet";
/** Objects that hold all roles of a client. */
export const rayServiceType = /^kubernetes:ray\.io\/v\d\w*:RayService$/;
export const dynamoGraphType = /^kubernetes:nvidia\.com\/v\d\w*:DynamoGraphDeployment$/;
const commandType = "command:local:Command";
const deploymentType = "kubernetes:apps/v1:Deployment";

/**
 * The parts of a LeaderWorkerSet that are in its revision: a change of them rolls the groups, a change of anything else
 * does not (kubernetes-sigs/lws v0.9.0, pkg/utils/revision getPatch).
 */
const rollingParts = /^spec\.(leaderWorkerTemplate|networkConfig)\b/;

export function effectOf(step: PreviewStep): Effect {
  if (step.type === commandType && /^(create|replace|create-replacement)$/.test(step.op)) return "runs";
  switch (step.op) {
    case "create":
    case "import":
      // A provider is a setting of the program, nothing that is built.
      return step.type.startsWith("pulumi:providers:") ? "none" : "created";
    case "delete":
      return "deleted";
    case "replace":
    case "create-replacement":
    case "import-replacement":
      return "replaced";
    case "update":
      return effectOfUpdate(step);
    default:
      return "none";
  }
}

function effectOfUpdate(step: PreviewStep): Effect {
  const paths = changedPaths(step);
  const touches = (part: RegExp): boolean => paths.some((path) => part.test(path));
  if (step.type === leaderWorkerSetType && touches(rollingParts)) return "rolls";
  if (step.type === deploymentType && touches(/^spec\.template\b/)) return "restarts";
  if (rayServiceType.test(step.type) || dynamoGraphType.test(step.type)) return effectOnGraph(paths);
  if ((step.type === leaderWorkerSetType || step.type === deploymentType) && touches(/^spec\.replicas$/))
    return "scales";
  return "in place";
}

/** Sizes of a role, wherever the object keeps them. */
const graphSizes = /\.(replicas|minReplicas|maxReplicas)$/;

/** Ray Serve redeploys what its application changes; any other change of Dynamo's roles rolls all of them. */
function effectOnGraph(paths: readonly string[]): Effect {
  const inside = paths.filter((path) => path.startsWith("spec."));
  if (inside.some((path) => !graphSizes.test(path))) return "rolls";
  return inside.length > 0 ? "scales" : "in place";
}
