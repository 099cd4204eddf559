import type { ClientPlan, Prediction, RackPlan, TrayUse } from "../../src/plan/client";
import { checkpoints } from "../../src/plan/model-shape";
import type { PoolIntentCommon } from "../../src/plan/intent";
import type { PoolPlan } from "../../src/plan/pool";
import { gb200Nvl72 } from "../../src/plan/rack";

/** Plans as the planner makes them, written down: what a report says of a plan must not change with the planner. */
type Overrides = Partial<PoolPlan>;

const intent: PoolIntentCommon = {
  client: "client1",
  checkpoint: checkpoints["deepseek-r1-nvfp4"],
  engine: "sglang",
  engineVersion: "0.5.8",
  orchestrator: "leader-worker-set",
  workers: 1,
  gpusPerWorker: 4,
  attention: "data",
  inputTokens: 1024,
  outputTokens: 8192,
  kvCacheType: "fp8",
  experts: { balancing: "static", redundantExperts: 32 },
  weights: { claim: "models", path: "DeepSeek-R1-0528-NVFP4-v2", readGibPerSecond: 2 },
  purpose: "production",
};

export function prefillPool(overrides: Overrides = {}): PoolPlan {
  return {
    intent: { ...intent, role: "prefill", tokensPerForwardPerRank: 16384 },
    role: "prefill",
    rack: gb200Nvl72,
    client: "client1",
    workers: 1,
    gpusPerWorker: 4,
    traysPerWorker: 1,
    trays: 1,
    gpus: 4,
    parallel: { tensor: 4, data: 4, expert: 4, nodes: 1, denseTensor: 1, dispatch: "none" },
    contextTokens: 9216,
    kvTokensPerRank: 131072,
    runningRequestsPerRank: 128,
    tokensPerForwardPerRank: 16384,
    prefillTokensPerRank: 16384,
    dispatchTokensPerRank: 0,
    graphBatchSizes: [],
    reservedDecodeTokens: 0,
    physicalExperts: 256,
    memory: {
      usableGib: 179.73,
      weightsGib: 112.5,
      kvGib: 4.29,
      dispatchGib: 0,
      workspaceGib: 12,
      freeGib: 50.94,
      largestKvTokens: 1687000,
    },
    staticMemoryFraction: 0.93,
    startup: { loadSeconds: 187, preparationSeconds: 360, expectedSeconds: 547, budgetSeconds: 1680 },
    drainSeconds: 60,
    warnings: [],
    ...overrides,
  };
}

export function decodePool(overrides: Overrides = {}): PoolPlan {
  return {
    ...prefillPool(),
    intent: { ...intent, role: "decode", gpusPerWorker: 32, batchPerRank: 128 },
    role: "decode",
    gpusPerWorker: 32,
    traysPerWorker: 8,
    trays: 8,
    gpus: 32,
    parallel: { tensor: 32, data: 32, expert: 32, nodes: 8, denseTensor: 1, dispatch: "low-latency" },
    kvTokensPerRank: 1179648,
    runningRequestsPerRank: 128,
    tokensPerForwardPerRank: 0,
    prefillTokensPerRank: 0,
    dispatchTokensPerRank: 128,
    graphBatchSizes: [1, 2, 4, 8, 16, 32, 64, 96, 128],
    reservedDecodeTokens: 512,
    physicalExperts: 288,
    memory: {
      usableGib: 179.73,
      weightsGib: 38.92,
      kvGib: 38.6,
      dispatchGib: 4.03,
      workspaceGib: 9.2,
      freeGib: 88.98,
      largestKvTokens: 3898000,
    },
    staticMemoryFraction: 0.9,
    startup: { loadSeconds: 187, preparationSeconds: 404, expectedSeconds: 591, budgetSeconds: 1800 },
    drainSeconds: 420,
    ...overrides,
  };
}

const predictionOfClient1: Prediction = {
  requestsPerSecond: 20.84,
  prefillRequestsPerSecond: 73.88,
  decodeRequestsPerSecond: 20.84,
  tpotMilliseconds: 23.99,
  saturatedPool: "decode",
  uncertainty: 0.1,
  basis: "published GB200 measurements of NVFP4 DeepSeek-R1: 5 decode points (EP16 to EP48), 3 prefill points",
};

export function client1Plan(overrides: Partial<ClientPlan> = {}): ClientPlan {
  return {
    client: "client1",
    workload: { inputTokens: 1024, outputTokens: 8192, requestsPerSecond: 20 },
    slo: { ttftSeconds: 5, tpotMilliseconds: 30 },
    engine: "sglang",
    engineVersion: "0.5.8",
    prefill: prefillPool(),
    decode: decodePool(),
    trays: 9,
    gpus: 36,
    prediction: predictionOfClient1,
    warnings: [],
    ...overrides,
  };
}

export function client2Plan(overrides: Partial<ClientPlan> = {}): ClientPlan {
  return {
    client: "client2",
    workload: { inputTokens: 8192, outputTokens: 1024 },
    slo: { tpotMilliseconds: 20 },
    engine: "sglang",
    engineVersion: "0.5.8",
    prefill: prefillPool({ client: "client2", workers: 5, trays: 5, gpus: 20, runningRequestsPerRank: 16 }),
    decode: decodePool({
      client: "client2",
      gpusPerWorker: 8,
      traysPerWorker: 2,
      workers: 1,
      trays: 2,
      gpus: 8,
      parallel: { tensor: 8, data: 8, expert: 8, nodes: 2, denseTensor: 1, dispatch: "low-latency" },
      runningRequestsPerRank: 96,
      kvTokensPerRank: 884736,
      graphBatchSizes: [1, 2, 4, 8, 16, 32, 64, 96],
    }),
    trays: 7,
    gpus: 28,
    warnings: [
      {
        path: "pools.decode.experts",
        what: "32 redundant experts without a placement",
        rule: "spare slots help only where a placement uses them",
        fix: "record the pool and set experts.recording",
      },
    ],
    ...overrides,
  };
}

/** Prefill before decode, worker by worker, in the order of the clients. */
export function trayUseOf(clients: readonly ClientPlan[]): TrayUse[] {
  const uses = clients.flatMap((plan) =>
    [plan.prefill, plan.decode].flatMap((pool) =>
      Array.from({ length: pool.trays }, (_, tray) => ({
        client: plan.client,
        role: pool.role,
        worker: Math.floor(tray / pool.traysPerWorker),
      })),
    ),
  );
  return uses.map((use, tray) => ({ tray, ...use }));
}

export function rackPlan(clients: readonly ClientPlan[] = [client1Plan(), client2Plan()]): RackPlan {
  const trayUse = trayUseOf(clients);
  return { rack: gb200Nvl72, clients, trayUse, freeTrays: gb200Nvl72.trays - trayUse.length };
}
