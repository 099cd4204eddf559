import { balanced, decodeWorkers, prefillWorkers, preset, sglang, shorterWaits, vllm, type Preset } from "./preset";

const burst = { inputTokens: 1024, outputTokens: 1024 } as const;
const scripts = { inputTokens: 1000, outputTokens: 1000 } as const;
const scriptsEngine = { ...sglang, version: "0.5.5.post2", image: "lmsysorg/sglang:v0.5.5.post2" } as const;

/** Decode of source 001: 48 ranks at batch 1024. */
const wideDecode = decodeWorkers(1, 48, 1024, {
  contextTokens: 2176,
  kvTokensPerRank: 3122368,
  dispatchTokensPerRank: 1024,
  reservedDecodeTokens: 112,
});

const decodeAdded = "a decode pool of source 001 is added: source 000 measures prefill alone";
const placement = "a placement loaded from a recording -> experts moved while serving, for want of the recording";
const noLengths = "lengths are not in the source; 1024 in and 1024 out are planned";
const otherVersions =
  "vLLM 0.11.1rc5 and Ray 2.51 with a builder of its own -> 0.29.0 and 2.60, whose built-in application starts data-parallel roles";
const noSimulation = "random expert routing and random dummy inputs, benchmark switches -> off";

/** The documents this library started from. Numbers are those of performance.md 2.5. */
export const sourcePresets: readonly Preset[] = [
  preset(
    "source-000-16k",
    {
      source: "source 000, scenario 1: prefill of 4 ranks with 16k tokens per pass",
      engine: sglang,
      preset: "deepseek-r1-nvfp4",
      workload: burst,
      prefill: prefillWorkers(1, 4, { contextTokens: 2176, kvTokensPerRank: 131072 }),
      decode: wideDecode,
      experts: balanced,
      concurrencies: [1024],
    },
    {
      published: { what: "input per prefill GPU over a burst of 1024 prompts", value: 15312, unit: "tok/s" },
      changed: [decodeAdded],
    },
  ),
  preset(
    "source-000-32k",
    {
      source: "source 000, scenario 2: prefill of 4 ranks with 32k tokens per pass",
      engine: sglang,
      preset: "deepseek-r1-nvfp4",
      workload: burst,
      prefill: prefillWorkers(1, 4, { contextTokens: 2176, kvTokensPerRank: 131072, tokensPerForwardPerRank: 32768 }),
      decode: wideDecode,
      experts: balanced,
      concurrencies: [1024],
    },
    {
      published: { what: "input per prefill GPU over a burst of 1024 prompts", value: 15716, unit: "tok/s" },
      changed: [decodeAdded],
    },
  ),
  preset(
    "source-001",
    {
      source: "source 001 (shifangx/Scripts-SGLang@481e976d): three prefill groups of two trays and decode of 48 ranks",
      engine: scriptsEngine,
      preset: "deepseek-r1-nvfp4",
      workload: scripts,
      prefill: prefillWorkers(3, 8, {
        contextTokens: 2176,
        kvTokensPerRank: 131072,
        // 65536 over 8 ranks; its max-prefill-tokens of 16384 is not divided and does not bind.
        tokensPerForwardPerRank: 8192,
        prefillTokensPerRank: 16384,
        runningRequestsPerRank: 1408,
      }),
      decode: wideDecode,
      experts: balanced,
    },
    {
      published: { what: "output per decode GPU at batch 1024", value: 13150, unit: "tok/s" },
      changed: [placement, shorterWaits],
    },
  ),
  preset(
    "source-002-gb200",
    {
      source: "source 002 on GB200: prefill of 16 ranks on 4 trays, decode of 32 on 8",
      engine: vllm,
      preset: "deepseek-v3-fp8",
      workload: burst,
      prefill: prefillWorkers(1, 16, { contextTokens: 16384 }),
      decode: decodeWorkers(1, 32, 512, { contextTokens: 16384 }),
      experts: balanced,
    },
    { changed: ["8 GPUs per node -> 4 per tray", otherVersions, noLengths, noSimulation] },
  ),
  preset(
    "source-002-h200",
    {
      source: "source 002: prefill of 16 ranks on 2 nodes of 8 GPUs, decode of 32 on 4",
      hardware: "hgx-h200",
      engine: vllm,
      preset: "deepseek-v3-fp8",
      workload: burst,
      prefill: prefillWorkers(1, 16, { contextTokens: 16384 }),
      decode: decodeWorkers(1, 32, 512, { contextTokens: 16384 }),
      experts: balanced,
    },
    { changed: ["four nodes -> six: 16 + 32 ranks are 48 GPUs", otherVersions, noLengths, noSimulation] },
  ),
];
