import { balanced, chat, decodeWorkers, documents, prefillWorkers, preset, vllm, type Preset } from "./preset";

const grove = "llm-d@018994e8, Grove variant: DeepSeek-R1 NVFP4 with prefill of 4 and decode of 32 ranks";
const expertDecode = "source 002 (Ray and vLLM, H200): decode of 32 ranks with 32 redundant experts";
const megamoe = "llm-d, DeepSeek-V4-Pro on GB200: four prefill workers of 8 ranks and decode of 16";

const onRay = "vLLM 0.23.0 in pods of its own -> 0.29.0 on Ray 2.60, which is built for it";

/** Workers of vLLM on GB200 for both clients (peers-and-kubernetes.md 13.3). None has a published rate. */
export const vllmPresets: readonly Preset[] = [
  preset(
    "1k8k-vllm-nvfp4",
    {
      source: grove,
      engine: vllm,
      preset: "deepseek-r1-nvfp4",
      workload: chat,
      prefill: prefillWorkers(1, 4, { runningRequestsPerRank: 64 }),
      decode: decodeWorkers(1, 32, 128),
    },
    { changed: [onRay] },
  ),
  preset(
    "8k1k-vllm-nvfp4",
    {
      source: grove,
      engine: vllm,
      preset: "deepseek-r1-nvfp4",
      workload: documents,
      prefill: prefillWorkers(8, 4, { runningRequestsPerRank: 64 }),
      decode: decodeWorkers(1, 16, 128),
    },
    {
      changed: [
        onRay,
        "1 x 4 + 32 GPUs -> 8 x 4 + 16: the proportion of srt-slurm's TensorRT-LLM recipe for 8k prompts",
      ],
    },
  ),
  preset(
    "1k8k-vllm-fp8",
    {
      source: expertDecode,
      engine: vllm,
      preset: "deepseek-r1-fp8",
      workload: chat,
      prefill: prefillWorkers(1, 8),
      decode: decodeWorkers(1, 32, 512),
      experts: balanced,
    },
    { changed: ["prefill of 16 ranks -> 8: two trays hold FP8 weights, and 1k prompts need no more"] },
  ),
  preset(
    "8k1k-vllm-fp8",
    {
      source: megamoe,
      engine: vllm,
      preset: "deepseek-r1-fp8",
      workload: documents,
      prefill: prefillWorkers(4, 8, { runningRequestsPerRank: 16 }),
      decode: decodeWorkers(1, 16, 256),
    },
    {
      changed: [
        "DeepSeek-V4-Pro -> DeepSeek-R1 FP8, whose shape is known here",
        "32768 tokens per pass -> 16384; batch 512 -> 256, as the KV of 8k prompts allows",
      ],
    },
  ),
];
