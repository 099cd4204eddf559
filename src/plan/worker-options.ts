import type { NearestMiss, WorkerOption } from "./allocate/request";
import { largestDispatchTokens } from "./dispatch";
import type { DecodeIntent, EngineName, PrefillIntent } from "./intent";
import { handshakeSeconds } from "./kv-transfer";
import { planPool } from "./plan-pool";
import type { PoolPlan } from "./pool";
import type { RackShape } from "./rack";
import { decodeSpeed, prefillSpeed } from "./speed/pool-speed";
import { withUsualRedundancy } from "./redundancy";
import { largestRate, prefillQueue, ttftP90Seconds, type PrefillQueue } from "./ttft";
import { answersPerSecond, meanContextTokens, type Slo, type Workload } from "./workload";

/** What decides how much one worker of a client sustains. */
export interface WorkerQuestion {
  readonly workload: Workload;
  readonly slo: Slo;
  readonly rack: RackShape;
  /** Share of a pool's capacity that stays free for bursts and faults. */
  readonly headroom: number;
  /** Whether every decode worker size gets the replicas it needs, instead of those of the intent. */
  readonly plansRedundancy?: boolean;
}

/** Sizes that an operator has fixed; the planner chooses the others. */
export interface FixedSizes {
  readonly gpusPerWorker?: number;
  /** Decode only. */
  readonly batchPerRank?: number;
}

export interface WorkerOptions {
  readonly options: readonly WorkerOption[];
  /** Prefill: the queue before one worker of each option. */
  readonly queues?: ReadonlyMap<WorkerOption, PrefillQueue>;
  /** How close the nearest size comes where none meets the promise. */
  readonly nearest?: NearestMiss;
  /** Why nothing is known of any size. */
  readonly unpredicted?: string;
}

/** Prefill gains nothing from wide workers: published ones have 4 GPUs with NVFP4 and 8 with FP8 weights. */
const prefillTrays = [1, 2, 4] as const;

/**
 * Decode workers that somebody has run on GB200, where an engine's kernels would take more: TensorRT-LLM's recipes
 * (NVIDIA/srt-slurm, submit_disagg.sh) and vLLM's (llm-d, Dynamo). The planner proposes no others; an operator may.
 */
const publishedDecodeGpus: Readonly<Partial<Record<EngineName, readonly number[]>>> = {
  trtllm: [4, 8, 16, 32],
  vllm: [4, 8, 16, 32],
};

/** Batches that are worth trying: close where a step is short, far apart where it hardly changes. */
const batchLadder: readonly number[] = [
  ...steps(1, 16, 1),
  ...steps(16, 64, 4),
  ...steps(64, 256, 8),
  ...steps(256, 512, 16),
  ...steps(512, 1024, 32),
  largestDispatchTokens,
];

/**
 * Where a larger batch brings less than this, the smaller one is taken: from there on users only wait longer (source
 * 001's pool gained 2 % from 37 % more requests).
 */
const worthwhileGain = 0.01;
/**
 * Up to this much is given for a batch whose requests fit at their longest: nothing is retracted then, whatever the
 * answers do.
 */
const worthwhileCertainty = 0.1;

/** Decode workers of every number of trays that the rules allow, each at the batch that serves most within the promise. */
export function decodeOptions(intent: DecodeIntent, question: WorkerQuestion, fixed: FixedSizes = {}): WorkerOptions {
  const sizes = Array.from({ length: question.rack.trays }, (_, i) => i + 1);
  const published = fixed.gpusPerWorker === undefined ? publishedDecodeGpus[intent.engine] : undefined;
  const gpus = workerGpus(sizes, question.rack, fixed).filter((size) => published?.includes(size) ?? true);
  return collect(
    gpus.map((gpusPerWorker) =>
      decodeOption(decodeWorker(intent, gpusPerWorker, question), question, fixed.batchPerRank),
    ),
  );
}

/** One decode worker of a size, with the replicas it needs where those are planned. */
export function decodeWorker(
  intent: DecodeIntent,
  gpusPerWorker: number,
  { plansRedundancy }: Pick<WorkerQuestion, "plansRedundancy">,
): DecodeIntent {
  const worker = { ...intent, workers: 1, gpusPerWorker };
  return plansRedundancy === true ? withUsualRedundancy(worker) : worker;
}

/** Prefill workers of every size that holds the model. */
export function prefillOptions(intent: PrefillIntent, question: WorkerQuestion, fixed: FixedSizes = {}): WorkerOptions {
  return collect(
    workerGpus(prefillTrays, question.rack, fixed).map((gpusPerWorker) =>
      prefillOption({ ...intent, workers: 1, gpusPerWorker }, question),
    ),
  );
}

/** Requests per second of a prefill pool: a larger one keeps a promise on TTFT at a higher load. */
export function queueCapacity(queue: PrefillQueue, workers: number, { slo, headroom }: WorkerQuestion): number {
  return largestRate({ ...queue, workers }, promisedPrefillSeconds(slo), 1 - headroom);
}

/** What is left of a promise on TTFT after KV transfer and the first decode step. */
export function promisedPrefillSeconds({ ttftSeconds, tpotMilliseconds = 0 }: Slo): number {
  return (ttftSeconds ?? Infinity) - handshakeSeconds - tpotMilliseconds / 1000;
}

function workerGpus(trays: readonly number[], rack: RackShape, { gpusPerWorker }: FixedSizes): readonly number[] {
  if (gpusPerWorker !== undefined) return [gpusPerWorker];
  return trays.filter((count) => count <= rack.trays).map((count) => count * rack.gpusPerTray);
}

type Tried =
  | { readonly option: WorkerOption; readonly queue?: PrefillQueue }
  | { readonly miss: NearestMiss }
  | { readonly unpredicted: string }
  /** The rules do not allow the size. */
  | "impossible";

function collect(tried: readonly Tried[]): WorkerOptions {
  const outcomes = tried.filter((outcome) => outcome !== "impossible");
  const possible = outcomes.filter((outcome) => "option" in outcome);
  const options = possible.map(({ option }) => option);
  const queues = possible.flatMap(({ option, queue }) => (queue === undefined ? [] : [[option, queue] as const]));
  if (options.length > 0) return { options, ...(queues.length > 0 ? { queues: new Map(queues) } : {}) };
  const misses = outcomes.flatMap((outcome) => ("miss" in outcome ? [outcome.miss] : []));
  const nearest = misses.sort((a, b) => a.milliseconds - b.milliseconds)[0];
  const unpredicted = outcomes.flatMap((outcome) => ("unpredicted" in outcome ? [outcome.unpredicted] : []))[0];
  return {
    options,
    ...(nearest === undefined ? {} : { nearest }),
    ...(unpredicted === undefined ? {} : { unpredicted }),
  };
}

function decodeOption(intent: DecodeIntent, question: WorkerQuestion, fixedBatch: number | undefined): Tried {
  const smallest = possible({ ...intent, batchPerRank: 1 }, question.rack);
  if (smallest === undefined) return "impossible";
  const speed = decodeSpeed(smallest);
  if ("unpredicted" in speed) return speed;
  const contextTokens = meanContextTokens(question.workload);
  const promised = question.slo.tpotMilliseconds ?? Infinity;
  const ranks = smallest.parallel.data;
  const at = (batchPerRank: number): { readonly tpot: number; readonly rate: number } => {
    const tpot = speed.tpotMilliseconds(batchPerRank, contextTokens);
    return { tpot, rate: answersPerSecond(batchPerRank * ranks, tpot, question.workload) };
  };
  const ladder = fixedBatch === undefined ? batchLadder : [fixedBatch];
  const fastest = at(ladder[0] ?? 1).tpot;
  if (fastest > promised) return missed(intent.gpusPerWorker, fastest, promised);
  const meets = lastTrue(ladder, (batch) => at(batch).tpot <= promised);
  const within = ladder.slice(0, meets + 1);
  const room = (tokens: number): number =>
    lastTrue(within, (batch) => holds({ ...intent, batchPerRank: batch }, tokens, question.rack));
  const fits = room(contextTokens);
  if (fits < 0) return "impossible";
  const rates = ladder.slice(0, fits + 1).map((batch) => at(batch).rate);
  const chosen = chooseBatch(rates, room(smallest.contextTokens));
  return {
    option: {
      gpus: intent.gpusPerWorker,
      trays: smallest.traysPerWorker,
      requestsPerSecond: (rates[chosen] ?? 0) * (1 - question.headroom),
      batchPerRank: ladder[chosen] ?? 1,
    },
  };
}

/** Index of the smallest batch that serves nearly as much as any; one that is certain to fit, if that costs little. */
function chooseBatch(rates: readonly number[], certain: number): number {
  const best = Math.max(...rates);
  const smallest = rates.findIndex((rate) => rate >= best * (1 - worthwhileGain));
  return (rates[certain] ?? 0) >= best * (1 - worthwhileCertainty) ? Math.min(smallest, certain) : smallest;
}

function prefillOption(intent: PrefillIntent, question: WorkerQuestion): Tried {
  const plan = possible(intent, question.rack);
  if (plan === undefined) return "impossible";
  const speed = prefillSpeed(plan);
  if ("unpredicted" in speed) return speed;
  const queue = prefillQueue(plan, speed, question.workload);
  const promised = promisedPrefillSeconds(question.slo);
  const alone = ttftP90Seconds(queue, 0);
  if (alone > promised) {
    const total = (question.slo.ttftSeconds ?? Infinity) + alone - promised;
    return missed(intent.gpusPerWorker, 1000 * total, 1000 * (question.slo.ttftSeconds ?? Infinity));
  }
  return {
    option: {
      gpus: intent.gpusPerWorker,
      trays: plan.traysPerWorker,
      requestsPerSecond: queueCapacity(queue, 1, question),
      batchPerRank: 0,
    },
    queue,
  };
}

/** Rounded up: the limit that is said to be met has to be. */
function missed(gpus: number, milliseconds: number, limitMilliseconds: number): Tried {
  return { miss: { gpus, milliseconds: Math.ceil(milliseconds * 10) / 10, limitMilliseconds } };
}

/** The plan of a pool that breaks no rule. */
function possible(intent: DecodeIntent | PrefillIntent, rack: RackShape): PoolPlan | undefined {
  const { plan, problems } = planPool(intent, rack);
  return problems.length > 0 ? undefined : plan;
}

/** Whether the KV pool has room for a full batch of requests of so many tokens each. */
function holds(intent: DecodeIntent, tokens: number, rack: RackShape): boolean {
  const plan = possible(intent, rack);
  return plan !== undefined && plan.kvTokensPerRank >= intent.batchPerRank * tokens;
}

/** Index of the last entry for which a condition holds that holds up to some entry and not beyond; -1 for none. */
function lastTrue(values: readonly number[], holdsFor: (value: number) => boolean): number {
  let low = -1;
  let high = values.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const value = values[middle];
    if (value !== undefined && holdsFor(value)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function steps(from: number, to: number, by: number): readonly number[] {
  return Array.from({ length: (to - from) / by }, (_, i) => from + i * by);
}
