import type { ClientSizing } from "../../src/plan/choose-pools";
import { planPool } from "../../src/plan/plan-pool";
import type { PoolPlan } from "../../src/plan/pool";
import { gb200Nvl72 } from "../../src/plan/rack";
import { decodeSpeed, prefillSpeed, type Unpredicted } from "../../src/plan/speed/pool-speed";
import { decodeOptions, queueCapacity } from "../../src/plan/worker-options";
import { prefillQueue } from "../../src/plan/ttft";
import { answersPerSecond, meanContextTokens } from "../../src/plan/workload";
import { gpus } from "./question";

/** Pools of one client, by whichever tool. Attention is data-parallel: a worker has as many ranks as GPUs. */
export interface Shape {
  readonly prefill: { readonly workers: number; readonly gpusPerWorker: number };
  readonly decode: readonly DecodeGroup[];
}

export interface DecodeGroup {
  readonly workers: number;
  readonly gpusPerWorker: number;
  readonly batchPerRank: number;
}

/** What our model says of a shape. */
export interface Evaluation {
  readonly prefillRequestsPerSecond: number;
  readonly decodeRequestsPerSecond: number;
  readonly requestsPerSecond: number;
  /** Of the slowest decode workers. */
  readonly tpotMilliseconds: number;
  /** Over all GPUs that could have been used. */
  readonly outputTokensPerSecondPerGpu: number;
}

/** Both pools kept busy, each with its own limit: prefill by TTFT, decode by the shape's batch. */
export function evaluateShape(shape: Shape, sizing: ClientSizing): Evaluation | Unpredicted {
  const prefill = prefillRate(shape, sizing);
  if (typeof prefill !== "number") return prefill;
  const groups = [];
  for (const group of shape.decode) {
    const rate = decodeRate(group, sizing);
    if ("unpredicted" in rate) return rate;
    groups.push(rate);
  }
  const decode = groups.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
  const requestsPerSecond = Math.min(prefill, decode);
  return {
    prefillRequestsPerSecond: prefill,
    decodeRequestsPerSecond: decode,
    requestsPerSecond,
    tpotMilliseconds: Math.max(...groups.map(({ tpotMilliseconds }) => tpotMilliseconds)),
    outputTokensPerSecondPerGpu: (requestsPerSecond * sizing.workload.outputTokens) / gpus,
  };
}

/** The same workers, each decode worker with the batch that serves most within the promise. */
export function withBestBatches(shape: Shape, sizing: ClientSizing): Shape {
  const question = { ...sizing, rack: gb200Nvl72 };
  const decode = shape.decode.map((group) => {
    const { gpusPerWorker } = group;
    const [option] = decodeOptions(sizing.decode, question, { gpusPerWorker }).options;
    return { ...group, batchPerRank: option?.batchPerRank ?? group.batchPerRank };
  });
  return { ...shape, decode };
}

/** "1x4 + 4x8" */
export function describeShape({ prefill, decode }: Shape): string {
  const groups = decode.map(({ workers, gpusPerWorker }) => `${workers}x${gpusPerWorker}`);
  return `${prefill.workers}x${prefill.gpusPerWorker} + ${groups.join(" ")}`;
}

/** "88", or "88/64" where workers differ. */
export function describeBatches({ decode }: Shape): string {
  return decode.map(({ batchPerRank }) => batchPerRank).join("/");
}

function prefillRate({ prefill }: Shape, sizing: ClientSizing): number | Unpredicted {
  const plan = planned({ ...sizing.prefill, ...prefill });
  if ("unpredicted" in plan) return plan;
  const speed = prefillSpeed(plan);
  if ("unpredicted" in speed) return speed;
  const question = { ...sizing, rack: gb200Nvl72 };
  return queueCapacity(prefillQueue(plan, speed, sizing.workload), prefill.workers, question);
}

function decodeRate(
  { workers, gpusPerWorker, batchPerRank }: DecodeGroup,
  sizing: ClientSizing,
): { readonly requestsPerSecond: number; readonly tpotMilliseconds: number } | Unpredicted {
  const plan = planned({ ...sizing.decode, workers, gpusPerWorker, batchPerRank });
  if ("unpredicted" in plan) return plan;
  const speed = decodeSpeed(plan);
  if ("unpredicted" in speed) return speed;
  const contextTokens = meanContextTokens(sizing.workload);
  const batch = Math.min(batchPerRank, speed.batchPerRank(contextTokens));
  const tpotMilliseconds = speed.tpotMilliseconds(batch, contextTokens);
  const running = batch * plan.parallel.data * workers;
  return { requestsPerSecond: answersPerSecond(running, tpotMilliseconds, sizing.workload), tpotMilliseconds };
}

function planned(intent: Parameters<typeof planPool>[0]): PoolPlan | Unpredicted {
  const { plan, problems } = planPool(intent, gb200Nvl72);
  if (plan !== undefined && problems.length === 0) return plan;
  return { unpredicted: `our rules refuse it: ${problems.map(({ what }) => what).join("; ")}` };
}
