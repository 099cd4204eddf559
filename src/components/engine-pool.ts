import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PoolObjects } from "../manifests/pool-objects";
import type { PoolIntent } from "../plan/intent";
import { customObject } from "./custom-object";
import { gatedImage } from "./gated-image";
import type { PoolArgs } from "./pool-args";
import { designPool, type PoolDesign } from "./pool-design";
import { resourcesOf } from "./ref-resources";
import { poolSuccession } from "./succession";
import { accepted, outputProblems, refuseIfAny } from "./refusal";

/** Pulling the image and being scheduled, before the startup probe begins to count. */
const schedulingSeconds = 600;

/** @throws RunError with every problem, before anything is registered. */
export function checkEnginePool<Args extends PoolArgs>(
  name: string,
  args: Args,
  toIntent: (args: Args) => PoolIntent,
): PoolDesign {
  refuseIfAny(name, outputProblems(args, ["engine.image"]));
  const design = accepted(name, designPool(name, args, toIntent));
  const { image } = args.engine;
  if (typeof image === "string") return design;
  const gated = { ...args.engine, image: gatedImage(name, "engine.image", image) };
  return accepted(name, designPool(name, { ...args, engine: gated }, toIntent));
}

/** Creates the objects of a pool below `owner`. */
export function emitEnginePool(
  owner: pulumi.ComponentResource,
  name: string,
  args: PoolArgs,
  { objects, plan }: PoolDesign,
): pulumi.CustomResource[] {
  const before = resourcesOf(args.domain, args.experts);
  const child = { parent: owner, dependsOn: before };
  const patience = `${plan.startup.budgetSeconds + plan.drainSeconds + schedulingSeconds}s`;
  const { configuration, leaders } = objects;
  const files = configuration && new k8s.core.v1.ConfigMap(`${name}-configuration`, configuration, child);
  return [
    ...(files === undefined ? [] : [files]),
    emitWorkers(name, objects, {
      parent: owner,
      dependsOn: files === undefined ? before : [...before, files],
      customTimeouts: { create: patience, update: patience, delete: patience },
      ...poolSuccession(),
    }),
    ...(leaders === undefined ? [] : [new k8s.core.v1.Service(`${name}-leaders`, leaders, child)]),
    new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, objects.budget, child),
    new k8s.networking.v1.NetworkPolicy(`${name}-network`, objects.network, child),
  ];
}

function emitWorkers(
  name: string,
  { workers, note }: PoolObjects,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  if (workers !== undefined) return customObject(`${name}-workers`, workers, opts);
  return new k8s.core.v1.ConfigMap(`${name}-workers`, note, opts);
}
