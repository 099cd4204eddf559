import type { types } from "@pulumi/kubernetes";

/** No pod gets its token unasked; the router, which watches pods, mounts it in its own spec. */
export function serviceAccount(
  name: string,
  namespace: string,
  labels: Record<string, string>,
): types.input.core.v1.ServiceAccount {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace, labels },
    automountServiceAccountToken: false,
  };
}
