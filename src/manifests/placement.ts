import type { types } from "@pulumi/kubernetes";
import type { Member } from "./labels";

/** A string, or something that becomes one (an Output). It is handed on as it is; nothing here looks inside. */
export type PassedThrough = string | object;

/** The manifest types of Pulumi want to see the string; this is the only place that pretends it is one. */
export function passThrough(value: PassedThrough): string {
  return value as string;
}

/** Where and as what a pod runs: everything that is neither the plan nor the process. */
export interface PodPlacement extends Member {
  readonly image: PassedThrough;
  readonly imagePullSecrets: readonly string[];
  readonly serviceAccount: string;
  /** Leave out under Kueue, which has priorities of its own. */
  readonly priorityClass?: string;
  readonly cpuCores: number;
  readonly memoryGib: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly extraTolerations?: readonly types.input.core.v1.Toleration[];
}

/** Where the pods of a pool run. */
export interface Placement extends PodPlacement {
  readonly role: "prefill" | "decode";
  /** ResourceClaimTemplate of the client's ComputeDomain, where it has one. */
  readonly claimTemplate?: string;
  /** Further devices of the tray, by resource name. */
  readonly devices?: Readonly<Record<string, number>>;
  /** Size of /dev/shm; counts towards the pod's memory. */
  readonly sharedMemoryGib: number;
}

export interface RouterPlacement extends PodPlacement {
  readonly role: "router";
}

/** Grace CPUs are arm64; clusters with mixed nodes commonly taint them so. */
export const arm64Toleration: types.input.core.v1.Toleration = {
  key: "kubernetes.io/arch",
  operator: "Equal",
  value: "arm64",
  effect: "NoSchedule",
};

/** The pod fields of a placement that need no thought. Absent ones stay absent: an empty list would be a difference. */
export function placementFields(placement: PodPlacement): Partial<types.input.core.v1.PodSpec> {
  return {
    serviceAccountName: placement.serviceAccount,
    ...(placement.imagePullSecrets.length > 0 && {
      imagePullSecrets: placement.imagePullSecrets.map((name) => ({ name })),
    }),
    ...(placement.priorityClass !== undefined && { priorityClassName: placement.priorityClass }),
  };
}
