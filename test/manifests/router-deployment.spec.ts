import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { routerDeployment } from "../../src/manifests/router-deployment";
import { router, routerProcess } from "./router";

const selector = {
  "app.kubernetes.io/instance": "client1-router",
  "nvl72/client": "client1",
  "nvl72/role": "router",
};
const labels = {
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/instance": "client1-router",
  "app.kubernetes.io/component": "router",
  "app.kubernetes.io/part-of": "client1",
  "app.kubernetes.io/managed-by": "pulumi",
  "nvl72/client": "client1",
  "nvl72/role": "router",
};

describe("a router's Deployment", () => {
  it("never loses capacity in a roll-out and lets answers finish", () => {
    assert.deepStrictEqual(routerDeployment(router, routerProcess, { replicas: 2, progressDeadlineSeconds: 2400 }), {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "client1-router", namespace: "client1", labels },
      spec: {
        replicas: 2,
        progressDeadlineSeconds: 2400,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: "client1-router",
            automountServiceAccountToken: true,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 260,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65532,
              runAsGroup: 65532,
              seccompProfile: { type: "RuntimeDefault" },
            },
            tolerations: [{ key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" }],
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "kubernetes.io/hostname",
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: { matchLabels: selector },
              },
            ],
            containers: [
              {
                name: "router",
                image: "lightseekorg/smg:1.13.0",
                command: ["smg"],
                args: ["launch", "--api-key", "$(SMG_API_KEY)"],
                env: [{ name: "SMG_API_KEY", valueFrom: { secretKeyRef: { name: "client1-keys", key: "api" } } }],
                ports: [
                  { name: "http", containerPort: 30000 },
                  { name: "metrics", containerPort: 29000 },
                  { name: "health", containerPort: 29001 },
                ],
                resources: { requests: { cpu: "8", memory: "16Gi" }, limits: { memory: "16Gi" } },
                readinessProbe: {
                  httpGet: { path: "/readiness", port: 29001 },
                  periodSeconds: 5,
                  timeoutSeconds: 3,
                  failureThreshold: 2,
                },
                livenessProbe: {
                  httpGet: { path: "/liveness", port: 29001 },
                  periodSeconds: 10,
                  timeoutSeconds: 5,
                  failureThreshold: 6,
                },
                lifecycle: { preStop: { sleep: { seconds: 10 } } },
                securityContext: {
                  privileged: false,
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
                volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
              },
            ],
            volumes: [{ name: "tmp", emptyDir: {} }],
          },
        },
      },
    });
  });

  it("goes where its placement says", () => {
    const deployment = routerDeployment(
      {
        ...router,
        imagePullSecrets: ["registry"],
        priorityClass: "rack1-router",
        nodeSelector: { pool: "cpu" },
        extraTolerations: [{ key: "cpu", operator: "Exists" }],
      },
      routerProcess,
      { replicas: 1, progressDeadlineSeconds: 600 },
    );
    const { spec } = (deployment.spec as { template: { spec: object } }).template as {
      spec: Record<string, unknown> & { tolerations: object[] };
    };
    assert.deepStrictEqual(spec.imagePullSecrets, [{ name: "registry" }]);
    assert.equal(spec.priorityClassName, "rack1-router");
    assert.deepStrictEqual(spec.nodeSelector, { pool: "cpu" });
    assert.deepStrictEqual(spec.tolerations.at(-1), { key: "cpu", operator: "Exists" });
  });
});
