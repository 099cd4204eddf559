import { createHash } from "node:crypto";
import type { types } from "@pulumi/kubernetes";
import { placementDirectory, recordingsDirectory } from "../engines/expert-files";
import { taskVariable, type RecordingTask } from "../engines/recording/task";
import { clientLabels, enginesSelector, operationLabels, operationsSelector } from "./labels";
import { networkPolicy, tcp } from "./network-policy";
import { arm64Toleration } from "./placement";
import { enginePodSecurityContext } from "./security-context";
import { recordingsVolume } from "./volume";

/** A recording to be made: what for, and where its Job runs. */
export interface RecordingRequest {
  readonly namespace: string;
  readonly client: string;
  /** Name of the recorder; Jobs carry it and a hash of what they are asked for. */
  readonly name: string;
  /** Another value is another recording. */
  readonly run: string;
  /** Pool whose recordings are read: their folder in the claim. */
  readonly pool: string;
  readonly image: string;
  /** Of the trays, as Kubernetes calls it: what the image is for. */
  readonly architecture: string;
  readonly imagePullSecrets: readonly string[];
  readonly serviceAccount: string;
  readonly claim: string;
  /** ConfigMap of the placement in force, mounted where the task's `placementFile` is. */
  readonly placement?: { readonly configMap: string; readonly key: string };
  /** Python that makes it. */
  readonly program: string;
  readonly task: RecordingTask;
}

/** Seconds beyond the program's own limit: pulling the image where it is new, and the last dump. */
const marginSeconds = 600;
/** A finished Job stays for its log, and goes by itself. */
const keptSeconds = 24 * 3600;

/**
 * Named after all that it is asked for: the same request finds its Job again, running or done, after an `up` that was
 * interrupted. It runs on a tray, where the image is, and takes none of its GPUs.
 */
export function recordingJob(request: RecordingRequest): types.input.batch.v1.Job {
  const spec = jobSpec(request);
  const hash = createHash("sha256")
    .update(JSON.stringify([request.run, spec]))
    .digest("hex");
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${request.name}-${hash.slice(0, 10)}`,
      namespace: request.namespace,
      labels: operationLabels(request.client, "expert-recorder"),
    },
    spec,
  };
}

function jobSpec(request: RecordingRequest): types.input.batch.v1.JobSpec {
  const { task, client } = request;
  return {
    // A tray that fails takes its pod along; a recording that fails would fail again.
    backoffLimit: 1,
    podFailurePolicy: {
      rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [1] } }],
    },
    activeDeadlineSeconds: task.limitSeconds + marginSeconds,
    ttlSecondsAfterFinished: keptSeconds,
    template: {
      metadata: { labels: operationLabels(client, "expert-recorder") },
      spec: podSpec(request),
    },
  };
}

function podSpec(request: RecordingRequest): types.input.core.v1.PodSpec {
  const { task, client, placement } = request;
  const recordings = recordingsVolume({ claim: request.claim, directory: recordingsDirectory }, request.pool);
  return {
    serviceAccountName: request.serviceAccount,
    ...(request.imagePullSecrets.length > 0 && {
      imagePullSecrets: request.imagePullSecrets.map((name) => ({ name })),
    }),
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Time to stop the recorder.
    terminationGracePeriodSeconds: task.callSeconds + 10,
    securityContext: enginePodSecurityContext,
    nodeSelector: { "kubernetes.io/arch": request.architecture },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }, arm64Toleration],
    affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [besideAnEngine(client)] } },
    containers: [
      {
        name: "recorder",
        image: request.image,
        command: ["python3", "-c", request.program],
        env: [{ name: taskVariable, value: JSON.stringify(task) }],
        resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "4Gi" } },
        // It reads and removes what the engine wrote, which runs as the image's user, like this.
        securityContext: { privileged: false, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        // What it says last is why it failed.
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          ...recordings.mounts,
          ...(placement === undefined ? [] : [{ name: "placement", mountPath: placementDirectory, readOnly: true }]),
        ],
      },
    ],
    volumes: [
      recordings.volume,
      ...(placement === undefined ? [] : [{ name: "placement", configMap: { name: placement.configMap } }]),
    ],
  };
}

/** Where the image is already, gigabytes that need not be pulled. */
function besideAnEngine(client: string): types.input.core.v1.WeightedPodAffinityTerm {
  return {
    weight: 100,
    podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: enginesSelector(client) },
  };
}

/** Jobs of a recorder speak HTTP to the client's engines, and to nobody else. */
export function recorderNetworkPolicy(
  name: string,
  namespace: string,
  client: string,
  httpPort: number,
): types.input.networking.v1.NetworkPolicy {
  return networkPolicy(name, namespace, clientLabels(client), {
    podSelector: operationsSelector(client),
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [{ to: [{ podSelector: enginesSelector(client) }], ports: [tcp(httpPort)] }],
  });
}
