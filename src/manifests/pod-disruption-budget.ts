import type { types } from "@pulumi/kubernetes";
import type { Member } from "./labels";
import { labels, podSelector } from "./labels";

/**
 * One voluntary disruption at a time, as the most that may be missing. In a pool one lost pod restarts its whole group, so that the budget stays spent
 * until the group is back; draining several trays then takes one worker after the other. For a router it leaves all
 * replicas but one at any size, and does not block a drain for ever when there is only one.
 */
export function disruptionBudget(member: Member): types.input.policy.v1.PodDisruptionBudget {
  return budget(member, { maxUnavailable: 1 });
}

/**
 * The same as the least that must be there: pods of an object without a scale subresource, as a RayCluster is, cannot be
 * counted for `maxUnavailable` (Kubernetes, "Arbitrary workloads and arbitrary selectors").
 */
export function countedDisruptionBudget(member: Member, pods: number): types.input.policy.v1.PodDisruptionBudget {
  return budget(member, { minAvailable: pods - 1 });
}

function budget(
  member: Member,
  bound: { readonly maxUnavailable: number } | { readonly minAvailable: number },
): types.input.policy.v1.PodDisruptionBudget {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: member.name, namespace: member.namespace, labels: labels(member) },
    spec: {
      ...bound,
      selector: { matchLabels: podSelector(member) },
      // A pod that serves nothing, crashed or still loading, must not hold up the drain of its tray.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
