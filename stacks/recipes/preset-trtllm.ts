import { balanced, chat, decodeWorkers, documents, prefillWorkers, preset, trtllm, type Preset } from "./preset";

const recipes = "NVIDIA/srt-slurm@c88ef731 recipes/trtllm";

/** Two prompts of 8k and their chat templates. */
const twoPrompts = { tokensPerForwardPerRank: 16640, runningRequestsPerRank: 2 } as const;
const sixteenPrompts = { runningRequestsPerRank: 16 } as const;
const context = { contextTokens: 9256 } as const;

/** Workers of TensorRT-LLM on GB200 for both clients (engines.md E.3; peers-and-kubernetes.md 13.4). */
export const trtllmPresets: readonly Preset[] = [
  preset(
    "1k8k-trtllm-nvfp4",
    {
      source: `${recipes}/gb200-fp4/1k8k/stp/ctx1_gen1_dep32_batch128_eplb288_mtp0.yaml`,
      engine: trtllm,
      preset: "deepseek-r1-nvfp4",
      workload: chat,
      prefill: prefillWorkers(1, 4, { ...context, ...sixteenPrompts }),
      decode: decodeWorkers(1, 32, 128, context),
      experts: balanced,
      concurrencies: [4096],
    },
    { published: { what: "output per decode GPU at 4096 requests in flight", value: 5270, unit: "tok/s" } },
  ),
  preset(
    "8k1k-trtllm-nvfp4",
    {
      source: `${recipes}/gb200-fp4/8k1k/stp/ctx8_gen1_dep16_batch128_eplb0_mtp0.yaml`,
      engine: trtllm,
      preset: "deepseek-r1-nvfp4",
      workload: documents,
      prefill: prefillWorkers(8, 4, { ...context, ...twoPrompts }),
      decode: decodeWorkers(1, 16, 128, context),
      concurrencies: [2253],
    },
    { published: { what: "output per decode GPU at 2253 requests in flight", value: 4629, unit: "tok/s" } },
  ),
  preset("1k8k-trtllm-fp8", {
    source: `${recipes}/gb200-fp8/1k8k/stp/ctx1_gen1_dep32_batch64_eplb0_mtp0_2048.yaml`,
    engine: trtllm,
    preset: "deepseek-r1-fp8",
    workload: chat,
    prefill: prefillWorkers(1, 8, { ...context, ...sixteenPrompts }),
    decode: decodeWorkers(1, 32, 64, context),
    concurrencies: [2048],
  }),
  preset("8k1k-trtllm-fp8", {
    source: `${recipes}/gb200-fp8/8k1k/stp/ctx5_gen1_dep16_batch64_eplb0_mtp0_1229.yaml`,
    engine: trtllm,
    preset: "deepseek-r1-fp8",
    workload: documents,
    prefill: prefillWorkers(5, 8, { ...context, runningRequestsPerRank: 2 }),
    decode: decodeWorkers(1, 16, 64, context),
    concurrencies: [1229],
  }),
];
