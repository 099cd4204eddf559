import type { PoolPlan } from "../../plan/pool";
import type { JsonObject } from "../engine";
import { loadBalancer } from "./load-balancer";
import { shapeOf } from "./shapes";

/** From this many ranks on the published NVFP4 decode workers change kernels (srt-slurm gb200-fp4, c88ef731). */
const wideRanks = 16;

/**
 * How experts are computed. `WIDEEP` of older recipes is not among the choices: TensorRT-LLM's newest configuration has
 * dropped it (llm_args.py MoeConfig, 00043967), and CUTEDSL carries wide expert parallelism in all of ours.
 */
export function moeConfig(plan: PoolPlan): JsonObject {
  const balancer = loadBalancer(plan);
  return {
    backend: moeBackend(plan),
    ...(combinesInLowPrecision(plan) && { use_low_precision_moe_combine: true }),
    ...(balancer !== undefined && { load_balancer: balancer }),
  };
}

type MoeBackend = "CUTEDSL" | "CUTLASS" | "DEEPGEMM" | "TRTLLM";

function moeBackend({ intent, parallel, role }: PoolPlan): MoeBackend {
  const { expertFormat } = intent.checkpoint;
  if (expertFormat === "fp8") return "DEEPGEMM";
  if (expertFormat === "bf16") return "CUTLASS";
  if (role === "prefill" || shapeOf(parallel) !== "dep") return "TRTLLM";
  return parallel.expert >= wideRanks ? "CUTEDSL" : "CUTLASS";
}

/** Halves what comes back over NVLink; llm_args.py offers it for NVFP4 only. */
function combinesInLowPrecision({ intent, parallel, role }: PoolPlan): boolean {
  return (
    role === "decode" &&
    intent.checkpoint.expertFormat === "nvfp4" &&
    shapeOf(parallel) === "dep" &&
    parallel.expert >= wideRanks
  );
}
