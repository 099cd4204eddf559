import assert from "node:assert/strict";
import { Router } from "../../src/index";
import { routerSettings } from "../../src/engines/smg/intent";
import { routerPorts, routerProcess } from "../../src/engines/smg/router";
import { discoveryRole, discoveryRoleBinding } from "../../src/manifests/rbac";
import { routerDeployment } from "../../src/manifests/router-deployment";
import { routerNetworkPolicy } from "../../src/manifests/router-network-policy";
import { domainRef } from "../../src/components/domain-ref";
import { domain, domainArgs, poolRef, routerArgs, routerImage } from "../support/component-args";
import { created, createdObjects, onTheWire } from "../support/created-objects";
import { refusalOf, runProgram } from "../support/registration-harness";

const name = "client1-router";
const pools = { prefill: [poolRef("prefill")], decode: [poolRef("decode")] };
const placement = {
  namespace: "client1",
  name,
  client: "client1",
  role: "router",
  image: routerImage,
  imagePullSecrets: [],
  serviceAccount: name,
  cpuCores: 4,
  memoryGib: 8,
} as const;

const labels = {
  "app.kubernetes.io/component": "router",
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/managed-by": "pulumi",
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/part-of": "client1",
  "nvl72/client": "client1",
  "nvl72/role": "router",
};
const selector = { "app.kubernetes.io/instance": name, "nvl72/client": "client1", "nvl72/role": "router" };

describe("a router", () => {
  it("is a Deployment of smg with its Service, budget and network, and the right to watch pods", async () => {
    const run = await runProgram(() => new Router(name, routerArgs()));
    const process = routerProcess(routerSettings({ longestAnswerSeconds: 410 }), pools);
    const peers = { callerNamespaces: [], monitoringNamespace: "monitoring", enginePort: 30000 };
    assert.deepEqual(createdObjects(run), {
      [`${name}-account`]: {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name, namespace: "client1", labels },
        automountServiceAccountToken: false,
      },
      [`${name}-discovery (Role)`]: onTheWire(discoveryRole(placement)),
      [`${name}-discovery (RoleBinding)`]: onTheWire(discoveryRoleBinding(placement, name)),
      [`${name}-service`]: {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace: "client1", labels, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "ClusterIP",
          selector,
          ports: [
            { name: "http", port: 30000, targetPort: 30000 },
            { name: "metrics", port: 29000, targetPort: 29000 },
          ],
        },
      },
      [`${name}-budget`]: {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name, namespace: "client1", labels },
        spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: selector } },
      },
      [`${name}-network`]: onTheWire(routerNetworkPolicy(placement, routerPorts, peers)),
      [`${name}-replicas`]: onTheWire(
        routerDeployment(placement, process, { replicas: 2, progressDeadlineSeconds: 3600 }),
      ),
    });
  });

  it("runs as its arguments say", async () => {
    const settings = {
      replicas: 3,
      prefillPolicy: "bucket",
      decodePolicy: "least_load",
      limits: { concurrentRequestsPerReplica: 2048, queuedRequestsPerReplica: 0, queueSeconds: 5 },
      timeouts: { requestSeconds: 900, shutdownGraceSeconds: 500 },
      retries: { attempts: 1, initialBackoffMilliseconds: 10, maxBackoffMilliseconds: 20 },
      circuitBreaker: { failures: 4, successes: 1, openSeconds: 30, windowSeconds: 90 },
      auth: { apiKey: { name: "keys", key: "api" }, controlPlaneKey: { name: "keys", key: "admin" } },
      longestAnswerSeconds: 300,
    };
    const run = await runProgram(
      () =>
        new Router(
          name,
          routerArgs({
            ...settings,
            domain: {
              ...domain,
              routerPriorityClass: "nvl72-router",
              monitoringNamespace: "prometheus",
              apiServerCidr: "10.0.0.1/32",
            },
            callerNamespaces: ["gateway"],
            nodeSelector: { pool: "cpu" },
            cpuCores: 8,
            memoryGib: 16,
          }),
        ),
    );
    const settled = {
      ...placement,
      priorityClass: "nvl72-router",
      cpuCores: 8,
      memoryGib: 16,
      nodeSelector: { pool: "cpu" },
    };
    const peers = {
      callerNamespaces: ["gateway"],
      monitoringNamespace: "prometheus",
      enginePort: 30000,
      apiServerCidr: "10.0.0.1/32",
    };
    assert.deepEqual(
      created(run, `${name}-replicas`).inputs,
      onTheWire(
        routerDeployment(settled, routerProcess(routerSettings(settings), pools), {
          replicas: 3,
          progressDeadlineSeconds: 3600,
        }),
      ),
    );
    assert.deepEqual(
      created(run, `${name}-network`).inputs,
      onTheWire(routerNetworkPolicy(settled, routerPorts, peers)),
    );
  });

  it("waits as long as its slowest pool may take to start, in half hours", async () => {
    const decode = [poolRef("decode", { startupBudgetSeconds: 3100 })];
    const run = await runProgram(() => new Router(name, routerArgs({ decode })));
    const replicas = created(run, `${name}-replicas`);
    assert.deepEqual(replicas.customTimeouts, { create: "5400s", update: "5400s", delete: "5400s" });
    const spec = replicas.inputs.spec as { progressDeadlineSeconds: number };
    assert.equal(spec.progressDeadlineSeconds, 5400);
  });

  it("tells where requests go, at once and without an output", async () => {
    const { result } = await runProgram(() => new Router(name, routerArgs()).ref);
    assert.deepEqual(result, {
      version: 1,
      client: "client1",
      namespace: "client1",
      service: name,
      port: 30000,
      metricsPort: 29000,
      url: "http://client1-router.client1.svc:30000",
      servedModel: "DeepSeek-R1-0528-NVFP4-v2",
    });
  });

  it("refuses another client's pools, and a name that no Service can have", async () => {
    const domain = domainRef(domainArgs({ client: "client2" }));
    const message = (await refusalOf(() => new Router("Client1_Router", routerArgs({ domain })))).message;
    assert.deepEqual(
      message.split("\n").filter((line) => /^ {2}\w/.test(line)),
      [
        '  name: "Client1_Router" (14 characters) is no name that Kubernetes takes everywhere',
        "  domain: client2 in namespace client2, but the pools are client1's in client1",
      ],
    );
  });

  it("refuses pools of two clients, pools that store KV differently, and all else at once", async () => {
    const decode = [poolRef("decode", { client: "client2", namespace: "client2", kvCacheType: "bf16" })];
    const refusal = await refusalOf(() => new Router(name, routerArgs({ decode, replicas: 0, image: "smg:latest" })));
    assert.equal(
      refusal.message,
      [
        "nvl72: client1-router cannot run as configured (5 problems), nothing was changed",
        "  decode[0].client: is client2, but client1 in prefill[0]",
        "      rule: clients share nothing but the rack",
        "      fix:  give both pools the same client",
        "  decode[0].namespace: is client2, but client1 in prefill[0]",
        "      rule: discovery and the network policy end at the namespace",
        "      fix:  give both pools the same namespace",
        "  decode[0].kvCacheType: is bf16, but fp8 in prefill[0]",
        "      rule: KV is handed over as it is stored",
        "      fix:  give both pools the same kvCacheType",
        "  replicas: is 0",
        "      rule: must be a whole number from 1 on",
        "      fix:  write 1 or more",
        '  image: the tag "latest" moves',
        "      rule: prefill, decode and every restarted rank must run the same image, so its name must not change its meaning",
        "      fix:  name a release tag, better with its digest: repository:tag@sha256:...",
      ].join("\n"),
    );
  });
});
