import * as pulumi from "@pulumi/pulumi";
import { formatRefusal, formatWarning, type Problem } from "../problems";

/** Ends the program with all problems at once: called before `super`, so nothing is registered. */
export function refuseIfAny(subject: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw refusal(subject, problems);
}

/** The design of arguments that are fine. @throws RunError with every problem of others. */
export function accepted<Design>(
  subject: string,
  designed: { readonly design: Design } | { readonly problems: readonly Problem[] },
): Design {
  if ("design" in designed) return designed.design;
  throw refusal(subject, designed.problems);
}

/**
 * An error that Pulumi prints as it is. It has no stack of its own: the message says everything, and Pulumi inspects the
 * stack in colours, which Node 20 takes half a minute for when source-mapped frames are in it. `consequence` is for
 * refusals once resources are on their way, when "nothing was changed" would be wrong.
 */
export function refusal(subject: string, problems: readonly Problem[], consequence?: string): pulumi.RunError {
  const error = new pulumi.RunError(formatRefusal(subject, problems, consequence));
  error.stack = error.message;
  return error;
}

/** Warnings become lines of the preview, beside the component they are about. */
export function warn(component: pulumi.ComponentResource, warnings: readonly Problem[]): void {
  for (const warning of warnings) void pulumi.log.warn(formatWarning(warning), component);
}

/**
 * The plan is made before anything is created, so what it rests on must be plain values. Types say so; callers without
 * types, or in other languages, learn it here. `mayBeOutput` names the paths that are only passed on.
 */
export function outputProblems(args: object, mayBeOutput: readonly string[]): readonly Problem[] {
  return outputPaths(args, "")
    .filter((path) => !mayBeOutput.includes(path))
    .map((path) => ({
      path,
      what: "an output, whose value is not known yet",
      rule: "sizes, names and settings are planned and checked before anything is created",
      fix: "a plain value; refs of this library's components are plain already",
    }));
}

function outputPaths(value: unknown, path: string): readonly string[] {
  if (pulumi.Output.isInstance(value)) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => outputPaths(item, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => outputPaths(item, path === "" ? key : `${path}.${key}`));
}
