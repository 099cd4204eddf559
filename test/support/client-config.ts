import type { RawConfig } from "../../stacks/config";

export const origin = { stack: "client1", file: "Pulumi.client1.yaml" };

/** Client 1 as its stack file says it, running alone. */
export const client: RawConfig = {
  client: "client1",
  trays: 9,
  workload: { inputTokens: 1024, outputTokens: 8192 },
  model: { preset: "deepseek-r1-nvfp4", weights: { hostPath: "/mnt/models", path: "R1" } },
  engine: { name: "sglang", version: "0.5.8", image: "lmsysorg/sglang:v0.5.8-cu130" },
  pools: {
    prefill: { workers: 1, gpusPerWorker: 4 },
    decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 256 },
  },
  router: { image: "lightseekorg/smg:1.13.0" },
};
