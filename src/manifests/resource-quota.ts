import type { types } from "@pulumi/kubernetes";
import type { RackShape } from "../plan/rack";
import { clientLabels } from "./labels";

/**
 * Keeps a client on its trays. Not for clients that lend under Kueue: the quota counts pods that wait as well, and Kueue
 * knows nothing of it, so it would admit workloads whose pods are then refused. Exact on purpose: a client that creeps
 * beyond its share takes a tray from another. The price: a pod whose creation failed half-way stays counted until the
 * quota controller looks again, after five minutes by default (`--resource-quota-sync-period`), and its group waits.
 */
export function gpuQuota(
  client: string,
  namespace: string,
  trays: number,
  rack: RackShape,
): types.input.core.v1.ResourceQuota {
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "gpus", namespace, labels: clientLabels(client) },
    // Requests of an extended resource equal its limits, so this one entry bounds both.
    spec: { hard: { "requests.nvidia.com/gpu": String(trays * rack.gpusPerTray) } },
  };
}
