import assert from "node:assert/strict";
import { leaderWorkerSetVariables } from "../../src/engines/engine";
import { sglang } from "../../src/engines/sglang/sglang";
import { leaderWorkerSet } from "../../src/manifests/leader-worker-set";
import { poolNetworkPolicy } from "../../src/manifests/pool-network-policy";
import { DecodePool } from "../../src/index";
import { decodeArgs, domain, engineImage, poolRef } from "../support/component-args";
import { created, createdObjects, onTheWire } from "../support/created-objects";
import { decodeIntent, planned } from "../support/intents";
import { runProgram } from "../support/registration-harness";

const name = "client1-decode";
const plan = planned(decodeIntent({ experts: { balancing: "off", redundantExperts: 0 } }));
const engine = sglang.process(plan, leaderWorkerSetVariables);
const placement = {
  namespace: "client1",
  name,
  client: "client1",
  role: "decode",
  image: engineImage,
  imagePullSecrets: [],
  claimTemplate: "client1-channel-87a7acbd",
  serviceAccount: "engine",
  cpuCores: 120,
  memoryGib: 850,
  sharedMemoryGib: 64,
} as const;

const labels = {
  "app.kubernetes.io/component": "decode",
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/managed-by": "pulumi",
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/part-of": "client1",
  "nvl72/client": "client1",
  "nvl72/role": "decode",
};

describe("a decode pool", () => {
  it("is a LeaderWorkerSet of what was planned, a Service of leaders, a disruption budget and a network policy", async () => {
    const run = await runProgram(() => new DecodePool(name, decodeArgs()));
    assert.deepEqual(createdObjects(run), {
      [`${name}-workers`]: onTheWire(leaderWorkerSet(placement, plan, engine)),
      [`${name}-leaders`]: {
        apiVersion: "v1",
        kind: "Service",
        metadata: {
          name: "client1-decode-leaders",
          namespace: "client1",
          labels,
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          clusterIP: "None",
          ports: [{ name: "http", port: 30000, targetPort: 30000 }],
          selector: {
            "leaderworkerset.sigs.k8s.io/name": name,
            "leaderworkerset.sigs.k8s.io/worker-index": "0",
            "nvl72/client": "client1",
            "nvl72/role": "decode",
          },
        },
      },
      [`${name}-budget`]: {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name, namespace: "client1", labels },
        spec: {
          maxUnavailable: 1,
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: {
            matchLabels: { "app.kubernetes.io/instance": name, "nvl72/client": "client1", "nvl72/role": "decode" },
          },
        },
      },
      [`${name}-network`]: onTheWire(poolNetworkPolicy(placement, engine.ports, "monitoring")),
    });
  });

  it("plans what its arguments say", async () => {
    const run = await runProgram(
      () =>
        new DecodePool(
          name,
          decodeArgs({
            domain: { ...domain, priorityClass: "nvl72-engine", monitoringNamespace: "prometheus" },
            engine: { name: "sglang", version: "0.5.8", image: engineImage, imagePullSecrets: ["registry"] },
            model: {
              preset: "deepseek-r1-nvfp4",
              weights: { claim: "weights", path: "r1", readGibPerSecond: 2 },
            },
            workers: 2,
            gpusPerWorker: 8,
            inputTokens: 2048,
            outputTokens: 1024,
            contextTokens: 4096,
            kvTokensPerRank: 300_032,
            kvCacheType: "bf16",
            speculation: { draftTokens: 1, acceptedTokens: 0.8 },
            staticMemoryFraction: 0.8,
            drainSeconds: 90,
            batchPerRank: 64,
            dispatchTokensPerRank: 256,
            graphBatchSizes: [64, 32],
            reservedDecodeTokens: 256,
            resources: { cpuCores: 100, memoryGib: 800, sharedMemoryGib: 200 },
            nodeSelector: { "nvl72/rack": "rack1" },
            purpose: "benchmark",
            extraArgs: ["--log-level", "debug"],
            extraEnv: { NCCL_DEBUG: "INFO" },
          }),
        ),
    );
    const plan = planned(
      decodeIntent({
        weights: { claim: "weights", path: "r1", readGibPerSecond: 2 },
        workers: 2,
        gpusPerWorker: 8,
        inputTokens: 2048,
        outputTokens: 1024,
        contextTokens: 4096,
        kvTokensPerRank: 300_032,
        kvCacheType: "bf16",
        speculation: { draftTokens: 1, acceptedTokens: 0.8 },
        staticMemoryFraction: 0.8,
        drainSeconds: 90,
        batchPerRank: 64,
        dispatchTokensPerRank: 256,
        graphBatchSizes: [64, 32],
        reservedDecodeTokens: 256,
        purpose: "benchmark",
        extraArgs: ["--log-level", "debug"],
        extraEnv: { NCCL_DEBUG: "INFO" },
        experts: { balancing: "off", redundantExperts: 0 },
      }),
    );
    const engine = sglang.process(plan, leaderWorkerSetVariables);
    const settled = {
      ...placement,
      imagePullSecrets: ["registry"],
      priorityClass: "nvl72-engine",
      cpuCores: 100,
      memoryGib: 800,
      sharedMemoryGib: 200,
      nodeSelector: { "nvl72/rack": "rack1" },
    };
    assert.deepEqual(created(run, `${name}-workers`).inputs, onTheWire(leaderWorkerSet(settled, plan, engine)));
    assert.deepEqual(
      created(run, `${name}-network`).inputs,
      onTheWire(poolNetworkPolicy(placement, engine.ports, "prometheus")),
    );
  });

  it("waits for its workers as long as they may take to start after the old ones drained", async () => {
    const run = await runProgram(() => new DecodePool(name, decodeArgs()));
    // 1500 s start-up budget, 410 s drain, 600 s for pulling the image and scheduling.
    assert.deepEqual(created(run, `${name}-workers`).customTimeouts, {
      create: "2510s",
      update: "2510s",
      delete: "2510s",
    });
  });

  it("tells a router all it needs, at once and without an output", async () => {
    const { result } = await runProgram(() => new DecodePool(name, decodeArgs()).ref);
    assert.deepEqual(result, poolRef("decode"));
  });
});
