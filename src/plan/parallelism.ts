import type { Problem } from "../problems";
import { checkDispatch, usualDispatch } from "./exchange";
import type { ModelShape } from "./model-shape";
import type { AttentionSplit, ExpertSplit, ParallelPlan, PoolIntent } from "./intent";
import type { RackShape } from "./rack";

/**
 * Group sizes of one worker. One tensor-parallel group spans the worker; with DP attention every GPU is an attention
 * rank of its own and the experts are spread over all of them. An all-to-all backend forces expert = tensor in the
 * engines (SGLang moe_hook), so it is said rather than left to be overridden.
 */
export function planParallel(intent: PoolIntent, rack: RackShape): ParallelPlan {
  const tensor = intent.gpusPerWorker;
  const dispatch = intent.dispatch ?? usualDispatch(intent, rack);
  const dataAttention = intent.attention === "data";
  const whole = (intent.expertSplit ?? usualExpertSplit(intent)) === "whole";
  return {
    tensor,
    data: dataAttention ? tensor : 1,
    expert: whole || dispatch !== "none" ? tensor : 1,
    nodes: Math.ceil(tensor / rack.gpusPerTray),
    denseTensor: dataAttention ? 1 : tensor,
    dispatch,
  };
}

/**
 * Whole experts beside attention ranks, which have tokens of their own to send them. Beside attention that is split by
 * heads SGLang's and vLLM's recipes slice experts as well (TP), TensorRT-LLM's keep them whole (TEP, srt-slurm gb200-fp4).
 */
function usualExpertSplit({ attention, engine }: PoolIntent): ExpertSplit {
  return attention === "data" || engine === "trtllm" ? "whole" : "sliced";
}

export function physicalExperts(shape: ModelShape, redundantExperts: number): number {
  return shape.routedExperts + redundantExperts;
}

/** Rules of worker sizes and process groups; each is one that an engine or the rack enforces later and less kindly. */
export function checkParallel(intent: PoolIntent, parallel: ParallelPlan, rack: RackShape): readonly Problem[] {
  return [
    ...checkWorkerSize(intent, rack),
    ...checkHeads(intent.checkpoint.shape, intent.attention, intent.gpusPerWorker),
    ...checkExpertSplit(intent),
    ...checkExperts(intent, parallel),
    ...checkDispatch(intent, parallel, rack),
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

function checkExpertSplit({ attention, expertSplit }: PoolIntent): readonly Problem[] {
  if (attention === "tensor" || expertSplit !== "sliced") return [];
  return [
    {
      path: "expertSplit",
      what: "sliced experts beside attention ranks with requests of their own",
      rule: "a slice of every expert on every GPU needs the same tokens on all of them; with DP attention each has its own",
      fix: 'leave it out, or attention "tensor"',
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

function redundancyThatDivides(routed: number, ranks: number): readonly number[] {
  const first = (ranks - (routed % ranks)) % ranks;
  return [first, first + ranks];
}

function divisorsBelow(value: number, limit: number): readonly number[] {
  return Array.from({ length: limit }, (_, i) => i + 1).filter((d) => value % d === 0);
}
