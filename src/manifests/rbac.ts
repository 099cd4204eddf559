import type { types } from "@pulumi/kubernetes";
import type { Member } from "./labels";
import { labels } from "./labels";

/** The router finds its workers by watching pods, in its own namespace only. */
export function discoveryRole(router: Member): types.input.rbac.v1.Role {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: router.name, namespace: router.namespace, labels: labels(router) },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
  };
}

export function discoveryRoleBinding(router: Member, serviceAccount: string): types.input.rbac.v1.RoleBinding {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: router.name, namespace: router.namespace, labels: labels(router) },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: router.name },
    subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace: router.namespace }],
  };
}
