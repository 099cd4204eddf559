import {
  chat,
  decodeWorkers,
  documents,
  prefillWorkers,
  preset,
  sglang,
  shorterWaits,
  trivialOrder,
  type Preset,
} from "./preset";

const recipes = "NVIDIA/srt-slurm@c88ef731 recipes";

/** Workers of SGLang on GB200 for both clients (engines.md E.3; peers-and-kubernetes.md 13.1). */
export const sglangPresets: readonly Preset[] = [
  preset(
    "1k8k-sglang-nvfp4",
    {
      source: `${recipes}/gb200-fp4/1k8k/max-tpt.yaml`,
      engine: sglang,
      preset: "deepseek-r1-nvfp4",
      workload: chat,
      prefill: prefillWorkers(4, 4, { contextTokens: 10000, kvTokensPerRank: 131072, runningRequestsPerRank: 7500 }),
      decode: decodeWorkers(1, 48, 512, {
        contextTokens: 10000,
        kvTokensPerRank: 3122368,
        dispatchTokensPerRank: 1024,
        reservedDecodeTokens: 112,
      }),
      experts: trivialOrder,
      concurrencies: [256, 512, 1024, 2048],
    },
    {
      changed: [
        "max-running-requests 67584 (1408 per rank) -> 24576 (512 per rank): a dispatch holds 1024 tokens, and 3122368 KV tokens hold 609 requests of 5120",
        shorterWaits,
      ],
    },
  ),
  preset(
    "8k1k-sglang-nvfp4",
    {
      source: `${recipes}/gb200-fp4/8k1k/max-tpt.yaml`,
      engine: sglang,
      preset: "deepseek-r1-nvfp4",
      workload: documents,
      prefill: prefillWorkers(10, 4, { attention: "tensor", contextTokens: 9600, kvTokensPerRank: 131072 }),
      decode: decodeWorkers(1, 32, 60, {
        contextTokens: 9600,
        kvTokensPerRank: 524288,
        dispatchTokensPerRank: 512,
        reservedDecodeTokens: 112,
      }),
      experts: trivialOrder,
      concurrencies: [2048],
    },
    {
      published: { what: "output per decode GPU at 8192 requests in flight", value: 1908, unit: "tok/s" },
      changed: [
        "chunked-prefill-size 131072 -> 16384 per pass: the activations of 131072 tokens are not in the memory plan",
        "max-running-requests 16384 (512 per rank) -> 1920 (60 per rank): 524288 KV tokens hold 60 requests of 8704",
        shorterWaits,
      ],
    },
  ),
  preset(
    "1k8k-sglang-fp8",
    {
      source: `${recipes}/gb200-fp8/1k8k/max_tpt.yaml`,
      engine: sglang,
      preset: "deepseek-r1-fp8",
      workload: chat,
      prefill: prefillWorkers(2, 8, { contextTokens: 10000, kvTokensPerRank: 524288, runningRequestsPerRank: 3750 }),
      decode: decodeWorkers(1, 32, 512, { contextTokens: 10000, dispatchTokensPerRank: 768 }),
      experts: trivialOrder,
      concurrencies: [1024, 2048, 4096, 6144],
    },
    {
      changed: [
        "max-running-requests 45000 (1406 per rank) -> 16384 (512 per rank): a dispatch holds 768 tokens, and KV fewer requests of 5120",
        shorterWaits,
      ],
    },
  ),
  preset(
    "8k1k-sglang-fp8",
    {
      source: `${recipes}/gb200-fp8/8k1k/max_tpt.yaml`,
      engine: sglang,
      preset: "deepseek-r1-fp8",
      workload: documents,
      prefill: prefillWorkers(6, 8, { contextTokens: 9300, kvTokensPerRank: 524288, runningRequestsPerRank: 3750 }),
      decode: decodeWorkers(1, 24, 341, { contextTokens: 9300, dispatchTokensPerRank: 512 }),
      experts: trivialOrder,
      concurrencies: [2048, 4096, 6144],
    },
    { changed: [shorterWaits] },
  ),
];
