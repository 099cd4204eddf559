import * as pulumi from "@pulumi/pulumi";

/**
 * The resources that a ref stands for, when it was made in this program. A ref is plain data and orders nothing; a pool
 * whose pods claim a domain's channels must still come after the domain, and go before it on destroy. Keyed by the ref
 * itself: one read from another stack has no resources here, and needs none.
 */
const resourcesByRef = new WeakMap<object, readonly pulumi.Resource[]>();

export function bindRef(ref: object, resources: readonly pulumi.Resource[]): void {
  resourcesByRef.set(ref, resources);
}

export function resourcesOf(...refs: readonly (object | undefined)[]): pulumi.Resource[] {
  return refs.flatMap((ref) => (ref === undefined ? [] : (resourcesByRef.get(ref) ?? [])));
}

/** Resolves to true when all are created and, where they have an await, ready. */
export function whenReady(resources: readonly pulumi.CustomResource[]): pulumi.Output<boolean> {
  return pulumi.output(resources.map((resource) => resource.id)).apply(() => true);
}
