import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { loadBalancer } from "./load-balancer";
import { shapeName, shapeOf } from "./shapes";
import { missingTransports } from "../ucx";

/** Sizes with a published GB200 worker: srt-slurm gb200-fp4 and gb200-fp8 (c88ef731); 36 in TensorRT-LLM's own example. */
const publishedRanks: Readonly<Record<"dep" | "tep" | "tp", readonly number[]>> = {
  dep: [4, 8, 16, 32, 36],
  tep: [4, 8],
  tp: [4, 8],
};

/** What works, but not as its owner may think. */
export function trtllmWarnings(plan: PoolPlan): readonly Problem[] {
  return [
    ...warnAboutShape(plan),
    ...warnAboutPrefill(plan),
    ...warnAboutTransports(plan),
    ...warnAboutBalancing(plan),
    ...warnAboutMoving(plan),
  ];
}

function warnAboutShape({ parallel }: PoolPlan): readonly Problem[] {
  const published = publishedRanks[shapeOf(parallel)];
  if (published.includes(parallel.tensor)) return [];
  return [
    {
      path: "gpusPerWorker",
      what: `no ${shapeName(parallel)} worker is published for GB200`,
      rule: `NVIDIA's recipes have ${published.join(", ")} GPUs in this shape`,
      fix: "one of them, or measure before keeping it",
    },
  ];
}

/** FP8 experts of DeepSeek-R1 fill half of four GPUs; the GB200 recipes spread them over eight. */
function warnAboutPrefill({ intent, parallel, role }: PoolPlan): readonly Problem[] {
  if (role !== "prefill" || intent.checkpoint.expertFormat !== "fp8" || parallel.tensor >= 8) return [];
  return [
    {
      path: "gpusPerWorker",
      what: `${shapeName(parallel)} prefill with FP8 experts`,
      rule: "NVIDIA's GB200 recipes for FP8 prefill with DEP8 (srt-slurm gb200-fp8, c88ef731)",
      fix: "8, or compare the two",
    },
  ];
}

const neededTransports: readonly string[] = ["cuda_ipc", "rc"];

function warnAboutTransports({ intent }: PoolPlan): readonly Problem[] {
  const missing = missingTransports(intent.extraEnv?.UCX_TLS ?? "all", neededTransports);
  if (missing.length === 0) return [];
  return [
    {
      path: "extraEnv.UCX_TLS",
      what: `${intent.extraEnv?.UCX_TLS ?? ""} is without ${missing.join(" and ")}`,
      rule: "KV then goes over TCP and nobody says so: 4663 instead of 479 ms to the first token (Dynamo, 831bbfd3)",
      fix: `add ${missing.join(",")}, or leave it out`,
    },
  ];
}

function warnAboutBalancing(plan: PoolPlan): readonly Problem[] {
  if (plan.intent.checkpoint.expertFormat !== "fp8" || loadBalancer(plan) === undefined) return [];
  return [
    {
      path: "experts",
      what: "experts in FP8 are replicated or moved",
      rule: "TensorRT-LLM names other kernels than those for FP8 as able to (examples/wide_ep, 0e626045), and no recipe does it",
      fix: "mode off without redundant experts, or an NVFP4 checkpoint",
    },
  ];
}

function warnAboutMoving({ intent }: PoolPlan): readonly Problem[] {
  if (intent.experts.balancing !== "dynamic") return [];
  return [
    {
      path: "experts.mode",
      what: "dynamic balancing copies experts by the hosts, which must be prepared for it",
      rule: "published for hosts with transparent huge pages and, where the driver runs CDMM, gdrdrv (examples/wide_ep, 0e626045)",
      fix: "prepare the trays, or mode static with a recording",
    },
  ];
}
