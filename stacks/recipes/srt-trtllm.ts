import { checkpoints } from "../../src/plan/model-shape";
import { leftOutOf, variablesOf, type Reasons } from "./left-out";
import type { LeftOut, Recipe, RecipePrefill } from "./recipe";
import type { SrtDocument, SrtRole } from "./srt-document";
import type { EngineReading } from "./srt-sglang";
import { checkTrtllm } from "./srt-trtllm-rules";
import { trtllmRole, trtllmSettings, type TrtllmRole } from "./srt-trtllm-role";

/** Reads the worker files of a TensorRT-LLM recipe. Their numbers are per rank already. */
export function readTrtllm(
  document: SrtDocument,
  preset: Recipe["preset"],
  workload: Recipe["workload"],
): EngineReading {
  const prefill = trtllmRole(document.prefill, document.gpusPerNode);
  const decode = trtllmRole(document.decode, document.gpusPerNode);
  const parts = [carried(document.prefill), carried(document.decode)] as const;
  // What one role admits the other must be able to finish, so both get the longer of their limits.
  const sequence = Math.max(prefill.sequence ?? 0, decode.sequence ?? 0);
  const context = sequence === 0 ? {} : { contextTokens: sequence };
  const { routedExperts } = checkpoints[preset].shape;
  return {
    prefill: {
      ...shared(prefill),
      ...context,
      tokensPerForwardPerRank: prefill.tokens,
      runningRequestsPerRank: prefill.batch,
      ...parts[0].extras,
    },
    decode: {
      ...shared(decode),
      ...context,
      batchPerRank: decode.batch,
      ...(decode.graphs === undefined ? {} : { graphBatchSizes: decode.graphs }),
      ...parts[1].extras,
    },
    experts:
      decode.slots === 0 ? { mode: "off", redundant: 0 } : { mode: "dynamic", redundant: decode.slots - routedExperts },
    draftTokens: decode.drafts,
    problems: checkTrtllm(prefill, decode, workload, preset),
    limits: [],
    notes: [],
    leftOut: [
      ...parts[0].leftOut,
      ...prefillSequence(prefill, sequence),
      ...parts[1].leftOut,
      ...iterationTokens(decode),
    ],
  };
}

function shared(role: TrtllmRole): Omit<RecipePrefill, "tokensPerForwardPerRank"> {
  return {
    workers: role.workers,
    gpusPerWorker: role.tensor,
    attention: role.attentionDp ? "data" : "tensor",
    ...(role.kvCache === undefined ? {} : { kvCacheType: role.kvCache.includes("fp8") ? "fp8" : "bf16" }),
  };
}

const rendered = "rendered by the library";
const reasons: Reasons = [
  [
    rendered,
    [
      "allreduce_strategy",
      "disable_overlap_scheduler",
      "enable_lm_head_tp_in_adp",
      "moe_config",
      "num_postprocess_workers",
      "nvfp4_gemm_config",
      "print_iter_log",
      "stream_interval",
    ],
  ],
  ["batch sizes are read, the rest is rendered by the library", ["cuda_graph_config"]],
  ["the element type is read; the share of free memory is not, because KV is planned in tokens", ["kv_cache_config"]],
  ["derived from the prompt", ["cache_transceiver_config"]],
];

function carried(role: SrtRole): {
  readonly extras: { readonly extraEnv?: Readonly<Record<string, string>> };
  readonly leftOut: readonly LeftOut[];
} {
  const { extraEnv, leftOut } = variablesOf(role);
  return {
    extras: extraEnv === undefined ? {} : { extraEnv },
    leftOut: [...leftOutOf(role.argsPath, Object.keys(role.args), trtllmSettings, reasons), ...leftOut],
  };
}

function prefillSequence({ path, sequence }: TrtllmRole, common: number): readonly LeftOut[] {
  if (sequence === undefined || sequence === common) return [];
  return [{ key: `${path}.max_seq_len`, reason: `both roles take requests of ${common} tokens` }];
}

function iterationTokens({ path }: TrtllmRole): readonly LeftOut[] {
  return [{ key: `${path}.max_num_tokens`, reason: "derived: batch x (1 + drafts)" }];
}
