import type { types } from "@pulumi/kubernetes";
import { clientLabels } from "./labels";

/**
 * Pod security `privileged`: engines add IPC_LOCK and may mount weights by hostPath, both beyond `baseline`. Audit and
 * warn say the same, or every engine pod would raise both in clusters with a stricter default.
 */
export function clientNamespace(client: string, name: string): types.input.core.v1.Namespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: {
        ...clientLabels(client),
        "pod-security.kubernetes.io/enforce": "privileged",
        "pod-security.kubernetes.io/audit": "privileged",
        "pod-security.kubernetes.io/warn": "privileged",
      },
    },
  };
}
