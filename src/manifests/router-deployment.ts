import type { types } from "@pulumi/kubernetes";
import type { RouterProcess, RouterVariable } from "../engines/smg/router";
import { labels, podSelector } from "./labels";
import type { RouterPlacement } from "./placement";
import { arm64Toleration, passThrough, placementFields } from "./placement";
import { httpProbe } from "./probe";
import { routerPodSecurityContext, routerSecurityContext } from "./security-context";
import { temporaryFiles } from "./volume";

/** Time for every node and load balancer to stop sending to a pod that is going, before it stops listening. */
const endpointDrainSeconds = 10;

/** Time beyond the grace period for the router to close its connections and end. */
const exitMarginSeconds = 10;

export interface RouterRollout {
  readonly replicas: number;
  /** A router is ready only once workers of both roles are: must exceed the pools' startup budget. */
  readonly progressDeadlineSeconds: number;
}

export function routerDeployment(
  placement: RouterPlacement,
  process: RouterProcess,
  rollout: RouterRollout,
): types.input.apps.v1.Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: placement.name, namespace: placement.namespace, labels: labels(placement) },
    spec: {
      replicas: rollout.replicas,
      progressDeadlineSeconds: rollout.progressDeadlineSeconds,
      // A router needs no GPU, so there is room to surge, and capacity never drops.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: podSelector(placement) },
      template: { metadata: { labels: labels(placement) }, spec: routerPod(placement, process) },
    },
  };
}

function routerPod(placement: RouterPlacement, process: RouterProcess): types.input.core.v1.PodSpec {
  return {
    ...placementFields(placement),
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: endpointDrainSeconds + process.shutdownGraceSeconds + exitMarginSeconds,
    securityContext: routerPodSecurityContext,
    ...(placement.nodeSelector !== undefined && { nodeSelector: { ...placement.nodeSelector } }),
    // No toleration of nvidia.com/gpu: routers stay off the trays.
    tolerations: [arm64Toleration, ...(placement.extraTolerations ?? [])],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: podSelector(placement) },
      },
    ],
    containers: [routerContainer(placement, process)],
    volumes: [temporaryFiles().volume],
  };
}

function routerContainer(placement: RouterPlacement, process: RouterProcess): types.input.core.v1.Container {
  const memory = `${placement.memoryGib}Gi`;
  return {
    name: "router",
    image: passThrough(placement.image),
    command: [...process.command],
    args: [...process.args],
    ...(process.env.length > 0 && { env: process.env.map(variable) }),
    ports: [
      { name: "http", containerPort: process.ports.http },
      { name: "metrics", containerPort: process.ports.metrics },
      // Only where it is another: two entries of one port are refused by server-side apply.
      ...(process.ports.health === process.ports.http ? [] : [{ name: "health", containerPort: process.ports.health }]),
    ],
    resources: { requests: { cpu: String(placement.cpuCores), memory }, limits: { memory } },
    readinessProbe: httpProbe(process.readiness),
    livenessProbe: httpProbe(process.liveness),
    // The kubelet's own sleep (Kubernetes 1.30 and later) needs no shell in the image.
    lifecycle: { preStop: { sleep: { seconds: endpointDrainSeconds } } },
    securityContext: routerSecurityContext,
    volumeMounts: [...temporaryFiles().mounts],
  };
}

function variable({ name, secret }: RouterVariable): types.input.core.v1.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key } } };
}
