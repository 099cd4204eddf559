import type { types } from "@pulumi/kubernetes";
import type { EngineProcess } from "../engines/engine";
import type { PoolPlan } from "../plan/pool";
import { enginePod } from "./engine-pod";
import { labels } from "./labels";
import type { Placement } from "./placement";

/** The fields of leaderworkerset.x-k8s.io/v1 that a pool sets. */
export interface LeaderWorkerSet {
  readonly apiVersion: "leaderworkerset.x-k8s.io/v1";
  readonly kind: "LeaderWorkerSet";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: {
    readonly replicas: number;
    readonly startupPolicy: "LeaderCreated" | "LeaderReady";
    readonly rolloutStrategy: {
      readonly type: "RollingUpdate";
      readonly rollingUpdateConfiguration: {
        readonly maxUnavailable: number | string;
        readonly maxSurge: number | string;
      };
    };
    readonly networkConfig: { readonly subdomainPolicy: "Shared" | "UniquePerReplica" };
    readonly leaderWorkerTemplate: {
      readonly size: number;
      readonly restartPolicy: "RecreateGroupOnPodRestart" | "None";
      readonly workerTemplate: types.input.core.v1.PodTemplateSpec;
    };
  };
}

const engineAnnotation = "nvl72/engine";

/** Groups of two engines cannot exchange KV, so another engine does not roll through a pool: it replaces it. */
export const replacedPoolFields: readonly string[] = [`metadata.annotations["${engineAnnotation}"]`];

/** A pool: `plan.workers` groups of `plan.traysPerWorker` pods. */
export function leaderWorkerSet(placement: Placement, plan: PoolPlan, process: EngineProcess): LeaderWorkerSet {
  return {
    apiVersion: "leaderworkerset.x-k8s.io/v1",
    kind: "LeaderWorkerSet",
    metadata: {
      name: placement.name,
      namespace: placement.namespace,
      labels: labels(placement),
      annotations: { [engineAnnotation]: plan.intent.engine, "pulumi.com/waitFor": "condition=Available" },
    },
    spec: {
      replicas: plan.workers,
      // The ranks of a group meet in one rendezvous before any of them is ready; LeaderReady would wait for ever.
      startupPolicy: "LeaderCreated",
      // One group at a time and in place: on a full rack there is no tray to surge onto.
      rolloutStrategy: { type: "RollingUpdate", rollingUpdateConfiguration: { maxUnavailable: 1, maxSurge: 0 } },
      networkConfig: { subdomainPolicy: "Shared" },
      leaderWorkerTemplate: {
        size: plan.traysPerWorker,
        // A rank that comes back alone cannot rejoin the communicators of the others.
        restartPolicy: "RecreateGroupOnPodRestart",
        workerTemplate: enginePod(placement, plan, process),
      },
    },
  };
}
