import assert from "node:assert/strict";
import { parse } from "yaml";
import type { RouterPlacement } from "../../src/manifests/placement";
import { rayService, serveServiceName, type RayRole } from "../../src/manifests/ray-service";

const head: RouterPlacement = {
  namespace: "client1",
  name: "client1-router",
  client: "client1",
  role: "router",
  image: "rayproject/ray-llm:2.60.0-py312-cu130",
  imagePullSecrets: ["registry"],
  serviceAccount: "client1-router",
  priorityClass: "nvl72-router",
  cpuCores: 4,
  memoryGib: 8,
  nodeSelector: { "kubernetes.io/arch": "arm64" },
};

const labels = {
  "app.kubernetes.io/component": "router",
  "app.kubernetes.io/instance": "client1-router",
  "app.kubernetes.io/managed-by": "pulumi",
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/part-of": "client1",
  "nvl72/client": "client1",
  "nvl72/role": "router",
};

const template = { spec: { containers: [{ name: "engine", image: "x" }] } };
const roles: readonly RayRole[] = [
  {
    name: "client1-prefill",
    workers: 3,
    traysPerWorker: 1,
    podTemplate: template,
    rayStartParams: { "num-gpus": "4" },
  },
  {
    name: "client1-decode",
    workers: 2,
    traysPerWorker: 8,
    podTemplate: template,
    rayStartParams: { "num-gpus": "4" },
  },
];

const drain = { command: ["python3", "-c", "drain"], seconds: 420 };
const service = rayService(head, roles, {
  serveConfig: { http_options: { port: 8000 }, applications: [{ name: "client1", switch: "y", whole: "1_000" }] },
  rayVersion: "2.60.0",
  drain,
});

describe("a RayService", () => {
  it("is one cluster that is not replaced by itself, with a worker group per pool and a pod per tray", () => {
    const { serveConfigV2, rayClusterConfig, upgradeStrategy } = service.spec;
    assert.equal(
      serveConfigV2,
      `http_options:\n  port: 8000\napplications:\n  - name: client1\n    switch: "y"\n    whole: "1_000"\n`,
    );
    assert.deepEqual(upgradeStrategy, { type: "None" });
    assert.deepEqual(rayClusterConfig.workerGroupSpecs, [
      {
        groupName: "client1-prefill",
        replicas: 3,
        minReplicas: 3,
        maxReplicas: 3,
        rayStartParams: { "num-gpus": "4" },
        template,
      },
      {
        groupName: "client1-decode",
        replicas: 16,
        minReplicas: 16,
        maxReplicas: 16,
        rayStartParams: { "num-gpus": "4" },
        template,
      },
    ]);
  });

  it("says the same to a reader of YAML 1.1, to which a bare y is true, and of 1.2", () => {
    const { serveConfigV2 } = service.spec;
    assert.deepEqual(parse(serveConfigV2, { version: "1.1" }), parse(serveConfigV2, { version: "1.2" }));
  });

  it("is done when it is ready and its application runs", () => {
    assert.deepEqual(service.metadata, {
      name: "client1-router",
      namespace: "client1",
      labels,
      annotations: {
        "pulumi.com/waitFor": JSON.stringify([
          "condition=Ready",
          "jsonpath={.status.activeServiceStatus.applicationStatuses['client1'].status}=RUNNING",
        ]),
      },
    });
  });

  it("has a head off the trays, without GPUs and work, that goes after the last request", () => {
    assert.deepEqual(service.spec.rayClusterConfig.headGroupSpec, {
      rayStartParams: { "num-cpus": "0", "num-gpus": "0", "dashboard-host": "0.0.0.0" },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: "client1-router",
          priorityClassName: "nvl72-router",
          imagePullSecrets: [{ name: "registry" }],
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 450,
          securityContext: { seccompProfile: { type: "RuntimeDefault" } },
          nodeSelector: { "kubernetes.io/arch": "arm64" },
          tolerations: [{ key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" }],
          containers: [
            {
              name: "ray-head",
              image: "rayproject/ray-llm:2.60.0-py312-cu130",
              ports: [
                { name: "serve", containerPort: 8000 },
                { name: "gcs", containerPort: 6379 },
                { name: "dashboard", containerPort: 8265 },
                { name: "client", containerPort: 10001 },
                { name: "metrics", containerPort: 8080 },
              ],
              resources: { requests: { cpu: "4", memory: "8Gi" }, limits: { memory: "8Gi" } },
              lifecycle: { preStop: { exec: { command: drain.command } } },
              securityContext: {
                privileged: false,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: false,
              },
              volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "tmp", emptyDir: {} }],
        },
      },
    });
  });

  it("is served by a Service of KubeRay's", () => {
    assert.equal(serveServiceName("client1-router"), "client1-router-serve-svc");
  });
});
