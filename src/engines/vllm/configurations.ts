import type { PoolPlan } from "../../plan/pool";
import type { JsonObject } from "../engine";
import type { Dialect } from "./dialect";

/** Versions whose NixlConnector knows no roles; later ones call `kv_both` deprecated and warn (0.25.1 connector.py). */
const beforeKvRoles = ["0.11.2", "0.20.0"];

/** How KV leaves a prefill rank and reaches a decode rank. */
export function kvTransferConfig({ role }: PoolPlan, dialect: Dialect): JsonObject {
  const own = role === "prefill" ? "kv_producer" : "kv_consumer";
  return {
    kv_connector: "NixlConnector",
    kv_role: beforeKvRoles.includes(dialect.version) ? "kv_both" : own,
    // "recompute" would turn a decode rank into a prefill rank in silence when a transfer fails; the router retries.
    ...(dialect.fields.KVTransferConfig.has("kv_load_failure_policy") ? { kv_load_failure_policy: "fail" } : {}),
  };
}

/**
 * Graphs of whole decode steps. Sizes are in tokens, so a step with drafts counts them; those above
 * `max_num_batched_tokens` are dropped (vllm/config/vllm.py). Fusion passes are left to the optimization level: their
 * names changed, and since 0.20 an unknown one ends the start.
 */
export function compilationConfig({ graphBatchSizes, intent }: PoolPlan): JsonObject {
  const tokens = 1 + (intent.speculation?.draftTokens ?? 0);
  return {
    cudagraph_mode: "FULL_DECODE_ONLY",
    cudagraph_capture_sizes: graphBatchSizes.map((size) => size * tokens),
  };
}

/** Moving experts at run time. The intervals are vLLM's defaults, said because the expert report counts on them. */
export function eplbConfig({ intent }: PoolPlan): JsonObject {
  return {
    window_size: 1000,
    step_interval: 3000,
    num_redundant_experts: intent.experts.redundantExperts,
    // A log line per step costs an all-reduce per step.
    log_balancedness: false,
  };
}

/** Drafts of the checkpoint's own prediction layers: `mtp` in all known versions, where `deepseek_mtp` is an old name. */
export function speculativeConfig(draftTokens: number): JsonObject {
  return { method: "mtp", num_speculative_tokens: draftTokens };
}
