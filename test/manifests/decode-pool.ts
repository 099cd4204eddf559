import type { EngineProcess } from "../../src/engines/engine";
import type { Placement } from "../../src/manifests/placement";
import { checkpoints } from "../../src/plan/model-shape";
import type { PoolPlan } from "../../src/plan/pool";
import { gb200Nvl72 } from "../../src/plan/rack";

/** Two decode workers of two trays each. */
export const plan: PoolPlan = {
  intent: {
    role: "decode",
    client: "client1",
    checkpoint: checkpoints["deepseek-r1-nvfp4"],
    engine: "sglang",
    engineVersion: "0.5.8",
    orchestrator: "leader-worker-set",
    workers: 2,
    gpusPerWorker: 8,
    attention: "data",
    inputTokens: 1024,
    outputTokens: 8192,
    kvCacheType: "fp8",
    experts: { balancing: "off", redundantExperts: 0 },
    weights: { claim: "weights", path: "DeepSeek-R1-0528-NVFP4-v2", readGibPerSecond: 2 },
    purpose: "production",
    batchPerRank: 256,
  },
  role: "decode",
  rack: gb200Nvl72,
  client: "client1",
  workers: 2,
  gpusPerWorker: 8,
  traysPerWorker: 2,
  trays: 4,
  gpus: 16,
  parallel: { tensor: 8, data: 8, expert: 8, nodes: 2, denseTensor: 1, dispatch: "low-latency" },
  contextTokens: 9216,
  kvTokensPerRank: 1_000_000,
  runningRequestsPerRank: 256,
  tokensPerForwardPerRank: 0,
  prefillTokensPerRank: 0,
  dispatchTokensPerRank: 256,
  graphBatchSizes: [256],
  reservedDecodeTokens: 8192,
  physicalExperts: 256,
  memory: {
    usableGib: 180,
    weightsGib: 60,
    kvGib: 60,
    dispatchGib: 10,
    workspaceGib: 20,
    freeGib: 30,
    largestKvTokens: 1_500_000,
  },
  staticMemoryFraction: 0.8,
  startup: { loadSeconds: 200, preparationSeconds: 400, expectedSeconds: 600, budgetSeconds: 1800 },
  drainSeconds: 300,
  warnings: [],
};

export const placement: Placement = {
  namespace: "client1",
  name: "client1-decode",
  client: "client1",
  role: "decode",
  image: "lmsysorg/sglang:v0.5.8-cu130",
  imagePullSecrets: ["registry"],
  claimTemplate: "client1-channel-1a2b3c4d",
  serviceAccount: "client1-engine",
  priorityClass: "rack1-engine",
  cpuCores: 120,
  memoryGib: 850,
  sharedMemoryGib: 200,
};

export const process: EngineProcess = {
  command: ["python3", "-m", "sglang.launch_server"],
  args: ["--dist-init-addr", "$(LWS_LEADER_ADDRESS):5757", "--node-rank", "$(LWS_WORKER_INDEX)"],
  env: [
    { name: "NCCL_MNNVL_ENABLE", value: "1" },
    { name: "SGLANG_HOST_IP", fieldPath: "status.podIP" },
  ],
  ports: [
    { name: "http", port: 30000, callers: ["router", "worker", "monitoring"], why: "requests" },
    { name: "dist-init", port: 5757, callers: ["worker"], why: "rendezvous" },
    { name: "transfer", port: 32768, lastPort: 60999, callers: ["worker", "client"], why: "KV handshake" },
  ],
  probes: {
    startup: { path: "/health_generate", port: 30000, periodSeconds: 10, timeoutSeconds: 8, failureThreshold: 180 },
    readiness: { path: "/health", port: 30000, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    liveness: { path: "/health", port: 30000, periodSeconds: 30, timeoutSeconds: 20, failureThreshold: 5 },
  },
  drain: { command: ["python3", "-c", "drain"], seconds: 300 },
  files: [
    { configMap: "client1-decode-experts-0123456789", key: "placement.json", mountPath: "/etc/nvl72/placement.json" },
  ],
  scratchDirectories: ["/root/.cache", "/root/.triton"],
  configuration: [],
  podAnnotations: {},
  settings: {},
};
