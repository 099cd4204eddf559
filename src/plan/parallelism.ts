import type { Problem } from "../problems";
import type { Checkpoint, ModelShape } from "./model-shape";
import type { AttentionSplit, Dispatch, ParallelPlan, PoolIntent } from "./intent";
import type { RackShape } from "./rack";

/**
 * Group sizes of one worker. One tensor-parallel group spans the worker; with DP attention every GPU is an attention
 * rank of its own and the experts are spread over all of them. An all-to-all backend forces expert = tensor in the
 * engines (SGLang moe_hook), so it is said rather than left to be overridden.
 */
export function planParallel(intent: PoolIntent, rack: RackShape): ParallelPlan {
  const tensor = intent.gpusPerWorker;
  const dispatch = intent.dispatch ?? usualDispatch(intent);
  const dataAttention = intent.attention === "data";
  return {
    tensor,
    data: dataAttention ? tensor : 1,
    expert: dataAttention || dispatch !== "none" ? tensor : 1,
    nodes: Math.ceil(tensor / rack.gpusPerTray),
    denseTensor: dataAttention ? 1 : tensor,
    dispatch,
  };
}

/**
 * DeepEP low-latency for decode and its throughput kernels for prefill, where they work: they cannot carry NVFP4
 * prefill (InferenceX#2299), and attention split by heads has nothing to dispatch from.
 */
function usualDispatch(intent: PoolIntent): Dispatch {
  if (intent.attention === "tensor") return "none";
  if (intent.role === "decode") return "low-latency";
  return intent.checkpoint.expertFormat === "nvfp4" ? "none" : "normal";
}

export function physicalExperts(shape: ModelShape, redundantExperts: number): number {
  return shape.routedExperts + redundantExperts;
}

/** Rules of worker sizes and process groups; each is one that an engine or the rack enforces later and less kindly. */
export function checkParallel(intent: PoolIntent, parallel: ParallelPlan, rack: RackShape): readonly Problem[] {
  return [
    ...checkWorkerSize(intent, rack),
    ...checkHeads(intent.checkpoint.shape, intent.attention, intent.gpusPerWorker),
    ...checkExperts(intent, parallel),
    ...checkDispatch(intent, parallel),
  ];
}

function checkWorkerSize({ workers, gpusPerWorker }: PoolIntent, rack: RackShape): readonly Problem[] {
  const problems: Problem[] = [];
  const gpus = rack.trays * rack.gpusPerTray;
  if (!Number.isInteger(workers) || workers < 1) {
    problems.push({
      path: "workers",
      what: `${workers} is not a number of workers`,
      rule: "a pool has at least one worker; prefill and decode need each other",
      fix: "1 or more; remove the client's stack to stop serving it",
    });
  }
  if (!Number.isInteger(gpusPerWorker) || gpusPerWorker < 1 || gpusPerWorker % rack.gpusPerTray !== 0) {
    const next = Math.max(rack.gpusPerTray, Math.ceil(gpusPerWorker / rack.gpusPerTray) * rack.gpusPerTray);
    problems.push({
      path: "gpusPerWorker",
      what: `${gpusPerWorker} GPUs are not whole trays of ${rack.gpusPerTray}`,
      rule: "a tray's ComputeDomain channel can be claimed by one pod only, so an engine pod takes the whole tray",
      fix: `${next}`,
    });
  } else if (gpusPerWorker > gpus) {
    problems.push({
      path: "gpusPerWorker",
      what: `one worker of ${gpusPerWorker} GPUs does not fit the rack's ${gpus}`,
      rule: "a worker lives in one NVLink domain",
      fix: `at most ${gpus}`,
    });
  }
  return problems;
}

function checkHeads(shape: ModelShape, attention: AttentionSplit, gpus: number): readonly Problem[] {
  const { heads } = shape.attention;
  if (attention === "data" || heads % gpus === 0) return [];
  return [
    {
      path: "gpusPerWorker",
      what: `${heads} attention heads do not divide by ${gpus} GPUs`,
      rule: "attention split by heads gives every GPU the same number of them",
      fix: `${divisorsBelow(heads, gpus).slice(-1).join("")} GPUs, or attention "data"`,
    },
  ];
}

function checkExperts(intent: PoolIntent, parallel: ParallelPlan): readonly Problem[] {
  const { routedExperts, name } = intent.checkpoint.shape;
  const { redundantExperts, balancing, configMap } = intent.experts;
  const problems: Problem[] = [];
  const physical = routedExperts + redundantExperts;
  if (!Number.isInteger(redundantExperts) || redundantExperts < 0) {
    problems.push({
      path: "experts.redundantExperts",
      what: `${redundantExperts} is not a number of experts`,
      rule: "redundant experts are whole replicas",
      fix: "0 or more",
    });
  } else if (parallel.expert === 1 && redundantExperts > 0) {
    problems.push({
      path: "experts.redundantExperts",
      what: `${redundantExperts} replicas with every expert sliced over all ${parallel.tensor} GPUs`,
      rule: "replicas balance ranks that own different experts; with expert parallelism 1 there are none",
      fix: '0, or attention "data"',
    });
  } else if (physical % parallel.expert !== 0) {
    const suggestions = redundancyThatDivides(routedExperts, parallel.expert);
    problems.push({
      path: "experts.redundantExperts",
      what: `${routedExperts} + ${redundantExperts} = ${physical} expert slots do not divide by ${parallel.expert} ranks`,
      rule: `every rank holds the same number of ${name}'s experts: (routed + redundant) % expert parallel size = 0`,
      fix: `${suggestions.join(" or ")} redundant experts with ${parallel.expert} GPUs`,
    });
  }
  if (balancing === "static" && configMap === undefined) {
    problems.push({
      path: "experts",
      what: "static balancing without a placement",
      rule: "a static placement is computed by an ExpertBalancer from a recording",
      fix: "pass the `ref` of an ExpertBalancer, or use dynamic or off",
    });
  }
  if (balancing !== "off" && parallel.expert === 1) {
    problems.push({
      path: "experts.mode",
      what: `${balancing} balancing with expert parallelism 1`,
      rule: "there is one rank group, hence nothing to balance",
      fix: "off",
    });
  }
  return problems;
}

function checkDispatch(intent: PoolIntent, parallel: ParallelPlan): readonly Problem[] {
  const problems: Problem[] = [];
  if (parallel.dispatch === "none") return problems;
  if (intent.attention === "tensor") {
    problems.push({
      path: "dispatch",
      what: `${parallel.dispatch} dispatch with attention split by heads`,
      rule: "all-to-all dispatch sends each attention rank's own tokens; with dp 1 all GPUs hold the same ones",
      fix: 'dispatch "none", or attention "data"',
    });
  }
  if (intent.role === "prefill" && parallel.dispatch === "low-latency") {
    problems.push({
      path: "dispatch",
      what: "low-latency dispatch in a prefill pool",
      rule: "its buffer holds at most 1024 tokens per rank, a prefill pass has thousands",
      fix: '"normal", or leave it out',
    });
  }
  if (intent.role === "prefill" && parallel.dispatch === "normal" && isNvfp4(intent.checkpoint)) {
    problems.push({
      path: "dispatch",
      what: "DeepEP dispatch in an NVFP4 prefill pool",
      rule: "DeepEP's throughput kernels cannot carry NVFP4 experts (InferenceX#2299)",
      fix: 'leave it out: "none" with workers of 4 GPUs, or an FP8 checkpoint',
    });
  }
  if (intent.role === "decode" && parallel.dispatch === "normal") {
    problems.push({
      path: "dispatch",
      what: "throughput dispatch in a decode pool",
      rule: "DeepEP normal mode turns CUDA graphs off, which decode lives by",
      fix: '"low-latency"',
    });
  }
  return [...problems, ...checkDispatchRanks(parallel)];
}

/**
 * Peers of one NVLink group in released DeepEP (csrc/kernels/configs.cuh, NUM_MAX_NVL_PEERS). Its buffer asserts fewer
 * ranks than that, or a multiple of it; published GB200 workers have 4, 8, 16, 32 or 48.
 */
const deepEpPeers = 8;

function checkDispatchRanks(parallel: ParallelPlan): readonly Problem[] {
  const ranks = parallel.expert;
  if (ranks < deepEpPeers || ranks % deepEpPeers === 0) return [];
  const below = Math.floor(ranks / deepEpPeers) * deepEpPeers;
  return [
    {
      path: "gpusPerWorker",
      what: `${ranks} ranks with ${parallel.dispatch} dispatch`,
      rule: `DeepEP asserts fewer than ${deepEpPeers} ranks, or a multiple of ${deepEpPeers}`,
      fix: `${below} or ${below + deepEpPeers} GPUs per worker`,
    },
  ];
}

function isNvfp4(checkpoint: Checkpoint): boolean {
  return checkpoint.expertFormat === "nvfp4";
}

function redundancyThatDivides(routed: number, ranks: number): readonly number[] {
  const first = (ranks - (routed % ranks)) % ranks;
  return [first, first + ranks];
}

function divisorsBelow(value: number, limit: number): readonly number[] {
  return Array.from({ length: limit }, (_, i) => i + 1).filter((d) => value % d === 0);
}
