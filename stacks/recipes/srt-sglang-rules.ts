import { largestDispatchTokens } from "../../src/plan/dispatch";
import { kvPageTokens } from "../../src/plan/memory";
import { checkpoints, type Checkpoint, type CheckpointPreset } from "../../src/plan/model-shape";
import type { Problem } from "../../src/problems";
import { largestGraph, runningPerRank, type SglangRole } from "./srt-sglang-role";

/** Backends that make SGLang set the expert-parallel size itself, in silence (moe_hook). */
const exchanges = ["deepep", "deepep_v2", "mooncake", "nixl", "ascend_fuseep", "flashinfer", "mori", "pplx", "megamoe"];

/** What SGLang itself asserts of a role, at start or later and less kindly. */
export function checkSglangRole(
  role: SglangRole,
  mode: "prefill" | "decode",
  preset: CheckpointPreset,
): readonly Problem[] {
  const { routedExperts } = checkpoints[preset].shape;
  return [
    ...checkGpus(role),
    ...checkMode(role, mode),
    ...checkAttentionRanks(role),
    ...checkExpertRanks(role, routedExperts),
    ...checkRunner(role),
    ...checkQuantization(role, checkpoints[preset]),
  ];
}

function checkGpus({ path, tp, nodeGpus, workers }: SglangRole): readonly Problem[] {
  if (workers === undefined || workers < 1 || nodeGpus === undefined) {
    return [
      {
        path: path.startsWith("roles") ? path.replace(/\.args$/, "") : "resources",
        what: "nodes or workers are not said",
        rule: "a pool has a number of workers of a size",
        fix: "nodes and workers of both roles",
      },
    ];
  }
  if (tp === nodeGpus) return [];
  return [
    {
      path: `${path}.tp-size`,
      what: `${tp}, while every worker has ${nodeGpus} GPUs`,
      rule: "one tensor-parallel group spans the worker (393 of 393 published worker files)",
      fix: `${nodeGpus}, or other nodes and workers`,
    },
  ];
}

function checkMode({ path, mode, transfer, pipeline }: SglangRole, wanted: "prefill" | "decode"): readonly Problem[] {
  const problems: Problem[] = [];
  if (mode !== undefined && mode !== wanted) {
    problems.push({
      path: `${path}.disaggregation-mode`,
      what: mode,
      rule: "each role runs in its own mode; one server for both is not disaggregated",
      fix: wanted,
    });
  }
  if (transfer === "fake") {
    problems.push({
      path: `${path}.disaggregation-transfer-backend`,
      what: "fake",
      rule: "it hands no KV over: answers are garbage",
      fix: "leave it out",
    });
  }
  if (pipeline > 1) {
    problems.push({
      path: `${path}.pp-size`,
      what: `${pipeline} stages`,
      rule: "pools here have one stage; SGLang excludes drafts and overlapped scheduling with more",
      fix: "1",
    });
  }
  return problems;
}

function checkAttentionRanks({ path, tp, dp, dpAttention, moeDenseTp }: SglangRole): readonly Problem[] {
  const problems: Problem[] = [];
  if (dp > 1 && !dpAttention) {
    problems.push({
      path: `${path}.enable-dp-attention`,
      what: `missing with dp-size ${dp}`,
      rule: "data-parallel ranks of one worker need DP attention",
      fix: "true",
    });
  }
  if (dp > 1 && dp !== tp) {
    problems.push({
      path: `${path}.dp-size`,
      what: `${dp} ranks on ${tp} GPUs`,
      rule:
        tp % dp === 0
          ? "a pool has attention ranks of one GPU, or one of all"
          : "tp-size % dp-size = 0 with DP attention",
      fix: `${tp}, or 1`,
    });
  }
  if (moeDenseTp !== undefined && moeDenseTp !== 1 && moeDenseTp !== tp) {
    problems.push({
      path: `${path}.moe-dense-tp-size`,
      what: `${moeDenseTp}`,
      rule: "SGLang takes 1 or tp-size",
      fix: `1, or ${tp}`,
    });
  }
  return problems;
}

function checkExpertRanks({ path, tp, dp, ep, a2a, redundant }: SglangRole, routedExperts: number): readonly Problem[] {
  const problems: Problem[] = [];
  if (exchanges.includes(a2a) && ep !== tp) {
    problems.push({
      path: `${path}.ep-size`,
      what: `${ep} with ${a2a} on ${tp} GPUs`,
      rule: `with ${a2a} SGLang sets ep-size to tp-size, in silence`,
      fix: `${tp}`,
    });
  }
  if (a2a === "flashinfer" && dp !== tp) {
    problems.push({
      path: `${path}.moe-a2a-backend`,
      what: `flashinfer with ${dp} attention ranks on ${tp} GPUs`,
      rule: "FlashInfer's exchange needs DP attention with dp-size = tp-size",
      fix: `dp-size ${tp}, or another backend`,
    });
  }
  const slots = routedExperts + redundant;
  if (slots % ep !== 0) {
    const fitting = (ep - (routedExperts % ep)) % ep;
    problems.push({
      path: `${path}.ep-num-redundant-experts`,
      what: `${routedExperts} + ${redundant} = ${slots} expert slots do not divide by ${ep} ranks`,
      rule: "every rank holds the same number of experts: (routed + redundant) % ep-size = 0",
      fix: `${fitting} or ${fitting + ep}`,
    });
  }
  return problems;
}

function checkRunner({
  path,
  runner,
  tp,
  ep,
  a2a,
  deepepMode,
  twoBatchOverlap,
  draftSteps,
}: SglangRole): readonly Problem[] {
  const problems: Problem[] = [];
  if (runner === "flashinfer_cutedsl" && a2a === "deepep" && deepepMode === "normal") {
    problems.push({
      path: `${path}.deepep-mode`,
      what: "normal with flashinfer_cutedsl",
      rule: "CuteDSL experts read the layout of low-latency dispatch only",
      fix: "low_latency",
    });
  }
  if ((runner === "flashinfer_cutlass" || runner === "flashinfer_cutedsl") && ep !== 1 && ep !== tp) {
    problems.push({
      path: `${path}.ep-size`,
      what: `${ep} with ${runner}`,
      rule: "it runs with ep-size 1 or tp-size",
      fix: `1 or ${tp}`,
    });
  }
  if (twoBatchOverlap && draftSteps > 0) {
    problems.push({
      path: `${path}.enable-two-batch-overlap`,
      what: `with ${draftSteps} drafted tokens`,
      rule: "two-batch overlap and speculative decoding exclude each other in SGLang",
      fix: "one of the two",
    });
  }
  return problems;
}

function checkQuantization({ path, quantization }: SglangRole, checkpoint: Checkpoint): readonly Problem[] {
  if (quantization === undefined) return [];
  const fp4 = quantization.includes("fp4");
  if (fp4 === (checkpoint.expertFormat === "nvfp4")) return [];
  return [
    {
      path: `${path}.quantization`,
      what: `${quantization} with ${checkpoint.preset}`,
      rule: "the flag names the format that the checkpoint is in",
      fix: checkpoint.expertFormat === "nvfp4" ? "modelopt_fp4" : "leave it out, the checkpoint says so itself",
    },
  ];
}

/** Rules of prompts: chunks are divided by the ranks before they are checked. */
export function checkSglangPrefill(role: SglangRole): readonly Problem[] {
  const { path, chunk, dp, a2a, deepepMode } = role;
  const problems: Problem[] = [];
  if (chunk !== undefined && Math.floor(chunk / dp) % kvPageTokens !== 0) {
    problems.push({
      path: `${path}.chunked-prefill-size`,
      what: `${chunk} / ${dp} ranks = ${Math.floor(chunk / dp)}, not whole KV pages`,
      rule: `the engine divides it by the ranks and then wants pages of ${kvPageTokens} tokens`,
      fix: `${Math.max(1, Math.round(chunk / dp / kvPageTokens)) * kvPageTokens * dp}`,
    });
  }
  if (a2a === "deepep" && deepepMode === "low_latency") {
    problems.push({
      path: `${path}.deepep-mode`,
      what: "low_latency in a prefill worker",
      rule: "its buffer holds at most 1024 tokens per rank, a prefill pass has thousands",
      fix: "normal",
    });
  }
  return problems;
}

/** Rules of decode steps. */
export function checkSglangDecode({ path, a2a, deepepMode }: SglangRole): readonly Problem[] {
  if (a2a !== "deepep" || deepepMode !== "normal") return [];
  return [
    {
      path: `${path}.deepep-mode`,
      what: "normal in a decode worker",
      rule: "normal mode turns CUDA graphs off, which decode lives by",
      fix: "low_latency",
    },
  ];
}

/** Limits that a smaller batch keeps: what is captured, and what one dispatch holds. */
export function checkSglangLimits(role: SglangRole): readonly Problem[] {
  return [...checkGraphs(role), ...(role.a2a === "deepep" ? checkCap(role) : [])];
}

function checkGraphs(role: SglangRole): readonly Problem[] {
  const running = runningPerRank(role);
  const graph = largestGraph(role);
  // A batch beyond the dispatch cap is refused for that, which is the smaller number.
  if (running === undefined || graph === undefined || running <= graph) return [];
  if (role.a2a === "deepep" && running * role.draftTokens > role.cap) return [];
  return [
    {
      path: `${role.path}.${role.graphs === undefined ? "cuda-graph-max-bs" : "cuda-graph-bs"}`,
      what: `the largest graph is for ${graph} requests, ${role.maxRunning ?? 0} / ${role.dp} ranks = ${running} may run`,
      rule: "a step beyond the largest captured graph runs without one, several times slower",
      fix: `max-running-requests ${graph * role.dp}, or a graph for ${running}`,
    },
  ];
}

/** The published rate of a benchmark may stay below a cap that its settings allow to pass; a service's does not. */
function checkCap(role: SglangRole): readonly Problem[] {
  const { path, envPath, cap, dp, draftTokens } = role;
  if (cap > largestDispatchTokens) {
    return [
      {
        path: `${envPath}.SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK`,
        what: `${cap} tokens per rank and dispatch`,
        rule: `DeepEP asserts at most ${largestDispatchTokens}; 1408 needs changes that no release has (DeepEP#440)`,
        fix: `${largestDispatchTokens}`,
      },
    ];
  }
  const running = runningPerRank(role);
  if (running === undefined || running * draftTokens <= cap) return [];
  const tokens =
    draftTokens > 1 ? `${running} requests x ${draftTokens} tokens = ${running * draftTokens}` : `${running}`;
  const fitting = Math.floor(cap / draftTokens);
  return [
    {
      path: `${path}.max-running-requests`,
      what: `${role.maxRunning ?? 0} / ${dp} ranks = ${tokens} > ${cap}, the dispatch cap`,
      rule: "a low-latency dispatch of more tokens stops the worker; only the benchmark's own concurrency kept it below",
      fix: `${Math.min(fitting, largestGraph(role) ?? fitting) * dp} (${Math.min(fitting, largestGraph(role) ?? fitting)} per rank)`,
    },
  ];
}
