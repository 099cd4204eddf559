import type { types } from "@pulumi/kubernetes";

/** Above the default of 0 and everything else a user may define below a million; system classes start at 2e9. */
const engineValue = 1_000_000;

/**
 * Engines go first in the queue but never preempt. The scheduler does not free a ComputeDomain channel when it tries a
 * preemption, so an engine could only evict pods without one, which gains it no tray.
 */
export function enginePriorityClass(name: string): types.input.scheduling.v1.PriorityClass {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value: engineValue,
    preemptionPolicy: "Never",
    globalDefault: false,
    description: "Inference engines of an NVL72 rack: scheduled first, never preempting.",
  };
}

/** A router is small, and without it all its client's trays idle: it may take the place of lesser pods. */
export function routerPriorityClass(name: string): types.input.scheduling.v1.PriorityClass {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value: engineValue + 1,
    preemptionPolicy: "PreemptLowerPriority",
    globalDefault: false,
    description: "Routers of an NVL72 rack: the only entrance to their client's engines.",
  };
}
