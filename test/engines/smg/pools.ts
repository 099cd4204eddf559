import type { RoutedPools } from "../../../src/engines/agreement";
import type { PoolRef } from "../../../src/refs";

const common = {
  version: 1,
  client: "client1",
  engine: "sglang",
  engineVersion: "0.5.8",
  orchestrator: "leader-worker-set",
  image: "lmsysorg/sglang:v0.5.8-cu130",
  namespace: "client1",
  httpPort: 30000,
  leaders: [],
  servedModel: "deepseek-r1",
  kvCacheType: "fp8",
  pageTokens: 64,
  draftTokens: 0,
  contextTokens: 10240,
  startupBudgetSeconds: 1800,
  drainSeconds: 300,
};

function selector(name: string, role: string): Record<string, string> {
  return {
    "leaderworkerset.sigs.k8s.io/name": name,
    "leaderworkerset.sigs.k8s.io/worker-index": "0",
    "nvl72/client": "client1",
    "nvl72/role": role,
  };
}

export const prefill: PoolRef = {
  ...common,
  role: "prefill",
  name: "client1-prefill",
  workers: 3,
  trays: 3,
  gpus: 12,
  bootstrapPort: 30001,
  selector: selector("client1-prefill", "prefill"),
  concurrency: 192,
};

export const decode: PoolRef = {
  ...common,
  role: "decode",
  name: "client1-decode",
  workers: 1,
  trays: 6,
  gpus: 24,
  bootstrapPort: 0,
  selector: selector("client1-decode", "decode"),
  concurrency: 6144,
};

export const pools: RoutedPools = { prefill: [prefill], decode: [decode] };
