import type { types } from "@pulumi/kubernetes";
import { stringify } from "yaml";
import type { Drain, JsonObject } from "../engines/engine";
import { rayHeadPorts } from "../engines/vllm/ports";
import { exitMarginSeconds } from "./engine-pod";
import { labels } from "./labels";
import type { RouterPlacement } from "./placement";
import { arm64Toleration, passThrough, placementFields } from "./placement";
import { enginePodSecurityContext, routerSecurityContext } from "./security-context";
import { temporaryFiles } from "./volume";

/** The pods of one role: `workers` instances of `traysPerWorker` each, told apart from others by what they offer Ray. */
export interface RayRole {
  /** Name of the pool, and of its worker group. */
  readonly name: string;
  readonly workers: number;
  readonly traysPerWorker: number;
  readonly podTemplate: types.input.core.v1.PodTemplateSpec;
  readonly rayStartParams: Readonly<Record<string, string>>;
}

/** What a cluster serves, and how its head ends. */
export interface RayApplication {
  readonly serveConfig: JsonObject;
  readonly rayVersion: string;
  /** The head goes last: nodes that lose it end after a minute, with what they have in flight. */
  readonly drain: Drain;
}

interface WorkerGroup {
  readonly groupName: string;
  readonly replicas: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly rayStartParams: Readonly<Record<string, string>>;
  readonly template: types.input.core.v1.PodTemplateSpec;
}

/** The fields of ray.io/v1 RayService that a client sets. */
export interface RayService {
  readonly apiVersion: "ray.io/v1";
  readonly kind: "RayService";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: {
    readonly serveConfigV2: string;
    readonly upgradeStrategy: { readonly type: "None" };
    readonly rayClusterConfig: {
      readonly rayVersion: string;
      readonly headGroupSpec: {
        readonly rayStartParams: Readonly<Record<string, string>>;
        readonly template: types.input.core.v1.PodTemplateSpec;
      };
      readonly workerGroupSpecs: readonly WorkerGroup[];
    };
  };
}

/** KubeRay names the Service of what is served after the RayService. */
export function serveServiceName(rayService: string): string {
  return `${rayService}-serve-svc`;
}

/** One Ray cluster with a worker group per pool, and the application that it serves. */
export function rayService(
  head: RouterPlacement,
  roles: readonly RayRole[],
  { serveConfig, rayVersion, drain }: RayApplication,
): RayService {
  return {
    apiVersion: "ray.io/v1",
    kind: "RayService",
    metadata: {
      name: head.name,
      namespace: head.namespace,
      labels: labels(head),
      // Ready only says that something answers: of a change to the application it says nothing.
      annotations: { "pulumi.com/waitFor": JSON.stringify(["condition=Ready", running(head.client)]) },
    },
    spec: {
      // KubeRay and Ray read YAML 1.1, to which a bare `y` is a boolean.
      serveConfigV2: stringify(serveConfig, { version: "1.1", lineWidth: 0 }),
      // A new cluster beside the old one would need every tray twice; Pulumi replaces the object instead.
      upgradeStrategy: { type: "None" },
      rayClusterConfig: {
        rayVersion,
        headGroupSpec: {
          // The head schedules and serves HTTP; work goes to the trays.
          rayStartParams: { "num-cpus": "0", "num-gpus": "0", "dashboard-host": "0.0.0.0" },
          template: headTemplate(head, drain),
        },
        workerGroupSpecs: roles.map(workerGroup),
      },
    },
  };
}

/** The application of a client is named after it. */
function running(application: string): string {
  return `jsonpath={.status.activeServiceStatus.applicationStatuses['${application}'].status}=RUNNING`;
}

function workerGroup({ name, workers, traysPerWorker, rayStartParams, podTemplate }: RayRole): WorkerGroup {
  const pods = workers * traysPerWorker;
  return {
    groupName: name,
    replicas: pods,
    // Ray's autoscaler is off; equal bounds keep it from taking a tray when somebody turns it on.
    minReplicas: pods,
    maxReplicas: pods,
    rayStartParams,
    template: podTemplate,
  };
}

function headTemplate(head: RouterPlacement, drain: Drain): types.input.core.v1.PodTemplateSpec {
  const memory = `${head.memoryGib}Gi`;
  return {
    metadata: { labels: labels(head) },
    spec: {
      ...placementFields(head),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: drain.seconds + exitMarginSeconds,
      securityContext: enginePodSecurityContext,
      ...(head.nodeSelector !== undefined && { nodeSelector: { ...head.nodeSelector } }),
      // No toleration of nvidia.com/gpu: the head stays off the trays.
      tolerations: [arm64Toleration, ...(head.extraTolerations ?? [])],
      containers: [
        {
          name: "ray-head",
          image: passThrough(head.image),
          ports: Object.entries(rayHeadPorts).map(([name, containerPort]) => ({ name, containerPort })),
          resources: { requests: { cpu: String(head.cpuCores), memory }, limits: { memory } },
          lifecycle: { preStop: { exec: { command: [...drain.command] } } },
          // Ray writes its session below /tmp and its images run as a user of their own.
          securityContext: { ...routerSecurityContext, readOnlyRootFilesystem: false },
          volumeMounts: [...temporaryFiles().mounts],
        },
      ],
      volumes: [temporaryFiles().volume],
    },
  };
}
