import type * as pulumi from "@pulumi/pulumi";
import { replacedPoolFields } from "../manifests/leader-worker-set";

/** Types of the objects that a client's engine pods can belong to, and of what stands in their place. */
const leaderWorkerSet = "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet";
const configMap = "kubernetes:core/v1:ConfigMap";
const deployment = "kubernetes:apps/v1:Deployment";
const graphs = [
  "kubernetes:ray.io/v1:RayService",
  "kubernetes:nvidia.com/v1alpha1:DynamoGraphDeployment",
  "kubernetes:nvidia.com/v1beta1:DynamoGraphDeployment",
];

/**
 * Another engine may mean another kind of object. Left to itself Pulumi makes what is new, waits until it is ready, and
 * then deletes what is gone; but on a full rack the new pods wait for the old ones' trays, for ever. So the new object is
 * declared to be the old one under another type, and replaced: deleted first, with its pods, then made.
 *
 * On the way back a pool's LeaderWorkerSet waits for trays that the router's graph still has, and is only given them
 * because Pulumi deletes that graph meanwhile: pools and router in one program, and no `--parallel 1`.
 */
function succeeds(aliases: readonly pulumi.Alias[], fields: readonly string[] = []): pulumi.CustomResourceOptions {
  return { aliases: [...aliases], replaceOnChanges: ["kind", "apiVersion", ...fields], deleteBeforeReplace: true };
}

/** Options of a pool's own object: a LeaderWorkerSet, or the note of a pool whose pods are part of a graph. */
export function poolSuccession(): pulumi.CustomResourceOptions {
  const types = [leaderWorkerSet, configMap].map((type) => ({ type }));
  return succeeds(types, replacedPoolFields);
}

/** Options of a router's: the Deployment of a proxy, or a graph. */
export function routerSuccession(router: string): pulumi.CustomResourceOptions {
  const proxy = { name: `${router}-replicas`, type: deployment };
  return succeeds([proxy, ...graphs.map((type) => ({ name: `${router}-graph`, type }))]);
}
