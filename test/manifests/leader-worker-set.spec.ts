import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { EngineProcess } from "../../src/engines/engine";
import { enginePod } from "../../src/manifests/engine-pod";
import { leaderWorkerSet } from "../../src/manifests/leader-worker-set";
import { placement, plan, process } from "./decode-pool";

const labels = {
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/instance": "client1-decode",
  "app.kubernetes.io/component": "decode",
  "app.kubernetes.io/part-of": "client1",
  "app.kubernetes.io/managed-by": "pulumi",
  "nvl72/client": "client1",
  "nvl72/role": "decode",
};

describe("a pool's LeaderWorkerSet", () => {
  it("has a group per worker and one engine pod per tray", () => {
    assert.deepStrictEqual(leaderWorkerSet(placement, plan, process), {
      apiVersion: "leaderworkerset.x-k8s.io/v1",
      kind: "LeaderWorkerSet",
      metadata: {
        name: "client1-decode",
        namespace: "client1",
        labels,
        annotations: { "nvl72/engine": "sglang", "pulumi.com/waitFor": "condition=Available" },
      },
      spec: {
        replicas: 2,
        startupPolicy: "LeaderCreated",
        rolloutStrategy: { type: "RollingUpdate", rollingUpdateConfiguration: { maxUnavailable: 1, maxSurge: 0 } },
        networkConfig: { subdomainPolicy: "Shared" },
        leaderWorkerTemplate: {
          size: 2,
          restartPolicy: "RecreateGroupOnPodRestart",
          workerTemplate: {
            metadata: { labels },
            spec: {
              serviceAccountName: "client1-engine",
              imagePullSecrets: [{ name: "registry" }],
              priorityClassName: "rack1-engine",
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              terminationGracePeriodSeconds: 330,
              securityContext: { seccompProfile: { type: "RuntimeDefault" } },
              nodeSelector: { "kubernetes.io/arch": "arm64" },
              tolerations: [
                { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
                { key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" },
              ],
              affinity: {
                podAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: [
                    {
                      topologyKey: "nvidia.com/gpu.clique",
                      labelSelector: {
                        matchLabels: { "nvl72/client": "client1" },
                        matchExpressions: [{ key: "nvl72/role", operator: "In", values: ["prefill", "decode"] }],
                      },
                    },
                  ],
                },
              },
              resourceClaims: [{ name: "imex-channel", resourceClaimTemplateName: "client1-channel-1a2b3c4d" }],
              containers: [
                {
                  name: "engine",
                  image: "lmsysorg/sglang:v0.5.8-cu130",
                  command: ["python3", "-m", "sglang.launch_server"],
                  args: ["--dist-init-addr", "$(LWS_LEADER_ADDRESS):5757", "--node-rank", "$(LWS_WORKER_INDEX)"],
                  env: [
                    { name: "NCCL_MNNVL_ENABLE", value: "1" },
                    { name: "SGLANG_HOST_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
                  ],
                  ports: [
                    { name: "http", containerPort: 30000 },
                    { name: "dist-init", containerPort: 5757 },
                  ],
                  resources: {
                    requests: { cpu: "120", memory: "850Gi", "nvidia.com/gpu": "4" },
                    limits: { memory: "850Gi", "nvidia.com/gpu": "4" },
                    claims: [{ name: "imex-channel" }],
                  },
                  startupProbe: {
                    httpGet: { path: "/health_generate", port: 30000 },
                    periodSeconds: 10,
                    timeoutSeconds: 8,
                    failureThreshold: 180,
                  },
                  readinessProbe: {
                    httpGet: { path: "/health", port: 30000 },
                    periodSeconds: 5,
                    timeoutSeconds: 5,
                    failureThreshold: 2,
                  },
                  livenessProbe: {
                    httpGet: { path: "/health", port: 30000 },
                    periodSeconds: 30,
                    timeoutSeconds: 20,
                    failureThreshold: 5,
                  },
                  lifecycle: { preStop: { exec: { command: ["python3", "-c", "drain"] } } },
                  securityContext: {
                    privileged: false,
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"], add: ["IPC_LOCK"] },
                  },
                  volumeMounts: [
                    { name: "dshm", mountPath: "/dev/shm" },
                    { name: "weights", mountPath: "/models", readOnly: true },
                    { name: "tmp", mountPath: "/tmp" },
                    { name: "scratch", mountPath: "/root/.cache", subPath: "root/.cache" },
                    { name: "scratch", mountPath: "/root/.triton", subPath: "root/.triton" },
                    {
                      name: "files-0",
                      mountPath: "/etc/nvl72/placement.json",
                      subPath: "placement.json",
                      readOnly: true,
                    },
                  ],
                },
              ],
              volumes: [
                { name: "dshm", emptyDir: { medium: "Memory", sizeLimit: "200Gi" } },
                { name: "weights", persistentVolumeClaim: { claimName: "weights", readOnly: true } },
                { name: "tmp", emptyDir: {} },
                { name: "scratch", emptyDir: {} },
                { name: "files-0", configMap: { name: "client1-decode-experts-0123456789" } },
              ],
            },
          },
        },
      },
    });
  });
});

describe("an engine pod", () => {
  it("leaves out what is not asked for, since an empty field would differ from none", () => {
    const bare = enginePod({ ...placement, imagePullSecrets: [], priorityClass: undefined }, plan, {
      ...process,
      files: [],
      scratchDirectories: [],
    });
    const spec = bare.spec as { volumes: { name: string }[] };
    assert.deepStrictEqual(Object.keys(bare.metadata ?? {}), ["labels"]);
    assert.ok(!("imagePullSecrets" in spec) && !("priorityClassName" in spec));
    assert.deepStrictEqual(
      spec.volumes.map(({ name }) => name),
      ["dshm", "weights", "tmp"],
    );
  });

  it("carries the process's annotations, the placement's nodes and tolerations", () => {
    const pod = enginePod(
      {
        ...placement,
        nodeSelector: { "nvl72/rack": "rack1" },
        extraTolerations: [{ key: "client", operator: "Equal", value: "client1" }],
      },
      plan,
      { ...process, podAnnotations: { "sglang.ai/bootstrap-port": "30001" } },
    );
    const spec = pod.spec as { nodeSelector: object; tolerations: object[] };
    assert.deepStrictEqual((pod.metadata as { annotations: object }).annotations, {
      "sglang.ai/bootstrap-port": "30001",
    });
    assert.deepStrictEqual(spec.nodeSelector, { "kubernetes.io/arch": "arm64", "nvl72/rack": "rack1" });
    assert.deepStrictEqual(spec.tolerations.at(-1), { key: "client", operator: "Equal", value: "client1" });
    assert.equal(spec.tolerations.length, 3);
  });

  it("hands on an image that is not yet known", () => {
    const image = { later: "an output" };
    const pod = enginePod({ ...placement, image }, plan, process);
    assert.equal((pod.spec as { containers: { image: unknown }[] }).containers[0]?.image, image);
  });

  it("reads weights from the tray, and does not start where they are missing", () => {
    const local = {
      ...plan,
      intent: { ...plan.intent, weights: { hostPath: "/mnt/nvme/models", path: "r1", readGibPerSecond: 6 } },
    };
    assert.deepStrictEqual(volumesOf(process, local)[1], {
      name: "weights",
      hostPath: { path: "/mnt/nvme/models", type: "Directory" },
    });
  });

  it("mounts files of several ConfigMaps one by one, also into one directory", () => {
    const files = [
      { configMap: "b", key: "one.json", mountPath: "/etc/nvl72/one.json" },
      { configMap: "a", key: "two.json", mountPath: "/etc/nvl72/two.json" },
      { configMap: "b", key: "three.json", mountPath: "/etc/nvl72/three.json" },
    ];
    const pod = enginePod(placement, plan, { ...process, files });
    const { containers } = pod.spec as { containers: { volumeMounts: { mountPath: string }[] }[] };
    assert.deepStrictEqual(volumesOf({ ...process, files }, plan).slice(-2), [
      { name: "files-0", configMap: { name: "a" } },
      { name: "files-1", configMap: { name: "b" } },
    ]);
    assert.deepStrictEqual(containers[0]?.volumeMounts.slice(-3), [
      { name: "files-0", mountPath: "/etc/nvl72/two.json", subPath: "two.json", readOnly: true },
      { name: "files-1", mountPath: "/etc/nvl72/one.json", subPath: "one.json", readOnly: true },
      { name: "files-1", mountPath: "/etc/nvl72/three.json", subPath: "three.json", readOnly: true },
    ]);
  });
});

function volumesOf(engineProcess: EngineProcess, poolPlan: typeof plan): unknown[] {
  return (enginePod(placement, poolPlan, engineProcess).spec as { volumes: unknown[] }).volumes;
}
