import type { types } from "@pulumi/kubernetes";

export type Role = "prefill" | "decode" | "router";

/** What a pod belongs to. Every label and selector derives from these four names, none of which a setting can change. */
export interface Member {
  readonly namespace: string;
  /** Name of the workload object: the pool's LeaderWorkerSet or the router's Deployment. */
  readonly name: string;
  readonly client: string;
  readonly role: Role;
}

export const clientLabel = "nvl72/client";
export const roleLabel = "nvl72/role";
const instanceLabel = "app.kubernetes.io/instance";

/** Labels that the LeaderWorkerSet controller puts on its pods (lws v0.9.0, api/leaderworkerset/v1). */
const setNameLabel = "leaderworkerset.sigs.k8s.io/name";
const workerIndexLabel = "leaderworkerset.sigs.k8s.io/worker-index";

/** All labels of an object that belongs to `member`. */
export function labels(member: Member): Record<string, string> {
  return {
    "app.kubernetes.io/name": "nvl72",
    [instanceLabel]: member.name,
    "app.kubernetes.io/component": member.role,
    "app.kubernetes.io/part-of": member.client,
    "app.kubernetes.io/managed-by": "pulumi",
    [clientLabel]: member.client,
    [roleLabel]: member.role,
  };
}

/** Labels of what a client owns as a whole. */
export function clientLabels(client: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "nvl72",
    "app.kubernetes.io/part-of": client,
    "app.kubernetes.io/managed-by": "pulumi",
    [clientLabel]: client,
  };
}

/** Selects the pods of one pool or router. Immutable in a Deployment, hence only the labels that identify. */
export function podSelector(member: Member): Record<string, string> {
  return { [instanceLabel]: member.name, [clientLabel]: member.client, [roleLabel]: member.role };
}

/** Selects exactly the leaders of a pool: the pods of rank 0, which alone serve HTTP requests. */
export function leaderSelector(pool: Member): Record<string, string> {
  return {
    [setNameLabel]: pool.name,
    [workerIndexLabel]: "0",
    [clientLabel]: pool.client,
    [roleLabel]: pool.role,
  };
}

/** Selects every engine pod of a client, prefill and decode. */
export function enginesSelector(client: string): types.input.meta.v1.LabelSelector {
  return {
    matchLabels: { [clientLabel]: client },
    matchExpressions: [{ key: roleLabel, operator: "In", values: ["prefill", "decode"] }],
  };
}

/** Labels of what a client runs beside serving, on an engine pod's behalf: recordings. */
export function operationLabels(client: string, operation: string): Record<string, string> {
  return { ...clientLabels(client), "app.kubernetes.io/component": operation, [roleLabel]: operationRole };
}

export function operationsSelector(client: string): types.input.meta.v1.LabelSelector {
  return { matchLabels: { [clientLabel]: client, [roleLabel]: operationRole } };
}

const operationRole = "operation";
