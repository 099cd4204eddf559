import assert from "node:assert/strict";
import type { RecordingTask } from "../../src/engines/recording/task";
import { recorderNetworkPolicy, recordingJob, type RecordingRequest } from "../../src/manifests/recording-job";
import { recordingsVolume } from "../../src/manifests/volume";

const task: RecordingTask = {
  model: "deepseek-r1-nvfp4",
  layers: 2,
  experts: 4,
  ranks: 2,
  directory: "/var/lib/nvl72/recordings",
  leaders: ["http://client1-decode-0.client1-decode.inference-1.svc:30000"],
  startingRow: [0, 1, 2, 3],
  moving: false,
  keepRecording: false,
  windowSeconds: 20,
  leastWindows: 5,
  errorPercent: 1,
  limitSeconds: 900,
  callSeconds: 60,
  promised: 0.99,
  margin: 0.05,
};

/** A recording of a pool whose experts were placed. */
const request: RecordingRequest = {
  namespace: "inference-1",
  client: "client1",
  name: "client1-record",
  run: "1",
  pool: "client1-decode",
  image: "lmsysorg/sglang:v0.5.8-cu130",
  architecture: "arm64",
  imagePullSecrets: [],
  serviceAccount: "engine",
  claim: "recordings",
  placement: { configMap: "client1-experts-0123456789", key: "placement.json" },
  program: "print('a recording')",
  task,
};

const ownLabels = {
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/part-of": "client1",
  "app.kubernetes.io/managed-by": "pulumi",
  "nvl72/client": "client1",
};
const operation = { ...ownLabels, "app.kubernetes.io/component": "expert-recorder", "nvl72/role": "operation" };
const engines = {
  matchLabels: { "nvl72/client": "client1" },
  matchExpressions: [{ key: "nvl72/role", operator: "In", values: ["prefill", "decode"] }],
};

interface Rendered {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly activeDeadlineSeconds: number; readonly template: { readonly spec: RenderedPod } };
}
interface RenderedPod {
  readonly volumes: readonly object[];
  readonly imagePullSecrets?: readonly object[];
  readonly containers: readonly [{ readonly volumeMounts: readonly object[] }];
}

function rendered(changes: Partial<RecordingRequest> = {}): Rendered {
  return recordingJob({ ...request, ...changes }) as unknown as Rendered;
}

describe("the Job of a recording", () => {
  it("reads what the pool wrote and where its experts sit, beside an engine, without a GPU and without rights", () => {
    assert.deepEqual(recordingJob(request), {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: rendered().metadata.name, namespace: "inference-1", labels: operation },
      spec: {
        backoffLimit: 1,
        podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [1] } }] },
        activeDeadlineSeconds: 1500,
        ttlSecondsAfterFinished: 86400,
        template: {
          metadata: { labels: operation },
          spec: {
            serviceAccountName: "engine",
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            nodeSelector: { "kubernetes.io/arch": "arm64" },
            terminationGracePeriodSeconds: 70,
            securityContext: { seccompProfile: { type: "RuntimeDefault" } },
            tolerations: [
              { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
              { key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" },
            ],
            affinity: {
              podAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  {
                    weight: 100,
                    podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: engines },
                  },
                ],
              },
            },
            containers: [
              {
                name: "recorder",
                image: "lmsysorg/sglang:v0.5.8-cu130",
                command: ["python3", "-c", "print('a recording')"],
                env: [{ name: "NVL72_RECORDING_TASK", value: JSON.stringify(task) }],
                resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "4Gi" } },
                securityContext: {
                  privileged: false,
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ["ALL"] },
                },
                terminationMessagePolicy: "FallbackToLogsOnError",
                volumeMounts: [
                  { name: "recordings", mountPath: "/var/lib/nvl72/recordings", subPath: "client1-decode" },
                  { name: "placement", mountPath: "/etc/nvl72/experts", readOnly: true },
                ],
              },
            ],
            volumes: [
              { name: "recordings", persistentVolumeClaim: { claimName: "recordings" } },
              { name: "placement", configMap: { name: "client1-experts-0123456789" } },
            ],
          },
        },
      },
    });
  });

  it("mounts no placement where there is none", () => {
    const { volumes, containers } = rendered({ placement: undefined }).spec.template.spec;
    assert.deepEqual(volumes, [{ name: "recordings", persistentVolumeClaim: { claimName: "recordings" } }]);
    assert.deepEqual(containers[0].volumeMounts, [
      { name: "recordings", mountPath: "/var/lib/nvl72/recordings", subPath: "client1-decode" },
    ]);
  });

  it("pulls its image with the secrets that are named, and says nothing of secrets otherwise", () => {
    const secrets = (imagePullSecrets: string[]): unknown =>
      rendered({ imagePullSecrets }).spec.template.spec.imagePullSecrets;
    assert.deepEqual(secrets(["mirror", "other"]), [{ name: "mirror" }, { name: "other" }]);
    assert.equal(secrets([]), undefined);
  });

  it("may take ten minutes more than its recording", () => {
    assert.equal(rendered({ task: { ...task, limitSeconds: 60 } }).spec.activeDeadlineSeconds, 660);
  });

  it("has the name of its recorder and of all that it is asked for", () => {
    const others: readonly Partial<RecordingRequest>[] = [
      { run: "2" },
      { image: "lmsysorg/sglang:v0.5.9-cu130" },
      { program: "print('another')" },
      { placement: { configMap: "client1-experts-abcdefabcd", key: "placement.json" } },
      { pool: "client1-prefill" },
      { claim: "other" },
      { task: { ...task, errorPercent: 2 } },
    ];
    const names = [{}, ...others].map((changes) => rendered(changes).metadata.name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^client1-record-[0-9a-f]{10}$/);
    assert.equal(rendered({ task: { ...task } }).metadata.name, names[0]);
  });
});

describe("the policy of a recorder's Jobs", () => {
  it("opens the engines' HTTP port to them and nothing to anybody else", () => {
    assert.deepEqual(recorderNetworkPolicy("client1-record", "inference-1", "client1", 30000), {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "client1-record", namespace: "inference-1", labels: ownLabels },
      spec: {
        podSelector: { matchLabels: { "nvl72/client": "client1", "nvl72/role": "operation" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [{ to: [{ podSelector: engines }], ports: [{ protocol: "TCP", port: 30000 }] }],
      },
    });
  });

  it("selects the Job's pods, and none that serves", () => {
    const { podSelector } = recorderNetworkPolicy("r", "inference-1", "client1", 30000).spec as {
      podSelector: { matchLabels: Record<string, string> };
    };
    const { labels } = (recordingJob(request) as unknown as { spec: { template: { metadata: { labels: object } } } })
      .spec.template.metadata;
    assert.deepEqual({ ...labels, ...podSelector.matchLabels }, labels);
    assert.ok(!engines.matchExpressions[0]?.values.includes(podSelector.matchLabels["nvl72/role"] ?? ""));
  });
});

describe("the volume of recordings", () => {
  it("has a folder for every pool of a client", () => {
    const place = { claim: "recordings", directory: "/var/lib/nvl72/recordings" };
    assert.deepEqual(recordingsVolume(place, "client1-prefill"), {
      volume: { name: "recordings", persistentVolumeClaim: { claimName: "recordings" } },
      mounts: [{ name: "recordings", mountPath: "/var/lib/nvl72/recordings", subPath: "client1-prefill" }],
    });
  });
});
