import type { LoadedPrediction, Prediction } from "./client";
import type { EngineName } from "./intent";
import { handshakeSeconds } from "./kv-transfer";
import type { PoolPlan } from "./pool";
import { decodeSpeed, prefillSpeed, type DecodeSpeed } from "./speed/pool-speed";
import { prefillCapacity, prefillQueue, ttftAt, type PrefillQueue } from "./ttft";
import { answersPerSecond, meanContextTokens, type Workload } from "./workload";

/** A prediction, or the reason why there is none: a wrong number is worse than none. */
export type Predicted = { readonly prediction: Prediction } | { readonly unpredicted: string };

/** What a client gets from its two pools when they are kept busy, and how it fares at the rate it asks for. */
export function predictClient(prefill: PoolPlan, decode: PoolPlan, workload: Workload): Predicted {
  const prefillModel = prefillSpeed(prefill);
  if ("unpredicted" in prefillModel) return prefillModel;
  const decodeModel = decodeSpeed(decode);
  if ("unpredicted" in decodeModel) return decodeModel;
  const full = fullDecode(decode, decodeModel, workload);
  if (full === undefined) return { unpredicted: "a decode rank's KV pool does not hold one request of this workload" };
  const queue = prefillQueue(prefill, prefillModel, workload);
  const prefillRequestsPerSecond = prefillCapacity(queue);
  const decodeRequestsPerSecond = full.requestsPerSecond;
  const prefillIsFuller = prefillRequestsPerSecond < decodeRequestsPerSecond;
  const uncertainty = prefillIsFuller ? prefillModel.uncertainty(workload.inputTokens) : full.uncertainty;
  const requestsPerSecond = Math.min(prefillRequestsPerSecond, decodeRequestsPerSecond);
  const asked = workload.requestsPerSecond;
  const loaded =
    asked === undefined || asked > requestsPerSecond
      ? undefined
      : {
          tpotMilliseconds: tpotAtRate(decode, decodeModel, workload, asked),
          prefillUtilisation: asked / prefillRequestsPerSecond,
          decodeUtilisation: asked / decodeRequestsPerSecond,
        };
  return {
    prediction: {
      requestsPerSecond,
      prefillRequestsPerSecond,
      decodeRequestsPerSecond,
      tpotMilliseconds: full.tpotMilliseconds,
      saturatedPool: prefillIsFuller ? "prefill" : "decode",
      uncertainty,
      basis: `measured GB200 operations, scaled to ${publishedRuns[decode.intent.engine]}`,
      ...(loaded === undefined || asked === undefined
        ? {}
        : {
            atAskedRate: { ...loaded, ttft: quotedTtft(queue, asked, loaded) },
          }),
    },
  };
}

/** Above this, a small error in the load is a large one in the waiting. */
const quotableUtilisation = 0.95;

/** KV transfer and the first decode step come after the pass. */
function quotedTtft(
  queue: PrefillQueue,
  requestsPerSecond: number,
  load: Omit<LoadedPrediction, "ttft">,
): LoadedPrediction["ttft"] {
  for (const pool of ["prefill", "decode"] as const) {
    const utilisation = load[`${pool}Utilisation`];
    if (utilisation <= quotableUtilisation) continue;
    return { refused: `${pool} is ${(100 * utilisation).toFixed(0)} % utilised; above 95 % no TTFT is quoted` };
  }
  const { p50Seconds, p90Seconds } = ttftAt(queue, requestsPerSecond);
  const handOver = handshakeSeconds + load.tpotMilliseconds / 1000;
  return { p50Seconds: p50Seconds + handOver, p90Seconds: p90Seconds + handOver };
}

interface FullDecode {
  readonly requestsPerSecond: number;
  readonly tpotMilliseconds: number;
  readonly uncertainty: number;
}

/** A decode pool with every batch slot taken that its KV pool can hold. */
function fullDecode(pool: PoolPlan, speed: DecodeSpeed, workload: Workload): FullDecode | undefined {
  const contextTokens = meanContextTokens(workload);
  const batch = speed.batchPerRank(contextTokens);
  if (batch < 1) return undefined;
  const tpotMilliseconds = speed.tpotMilliseconds(batch, contextTokens);
  return {
    requestsPerSecond: answersPerSecond(batch * ranksOf(pool), tpotMilliseconds, workload),
    tpotMilliseconds,
    uncertainty: speed.uncertainty(batch, contextTokens),
  };
}

/**
 * Time per output token at a rate below the pool's capacity: requests in decode = rate x answer x time per token
 * (Little's law), and the time per token depends on them. The batch is found by bisection: more requests at once always
 * serve more.
 */
function tpotAtRate(pool: PoolPlan, speed: DecodeSpeed, workload: Workload, requestsPerSecond: number): number {
  const contextTokens = meanContextTokens(workload);
  const tpot = (batch: number): number => speed.tpotMilliseconds(batch, contextTokens);
  const served = (batch: number): number => answersPerSecond(batch * ranksOf(pool), tpot(batch), workload);
  let low = 0;
  let high = speed.batchPerRank(contextTokens);
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (served(middle) < requestsPerSecond) low = middle;
    else high = middle;
  }
  // A step computes at least one request on the ranks that have any.
  return tpot(Math.max(1, high));
}

function ranksOf(pool: PoolPlan): number {
  return pool.parallel.data * pool.workers;
}

const publishedRuns: Readonly<Record<EngineName, string>> = {
  sglang: "published SGLang runs",
  trtllm: "published TensorRT-LLM runs",
  vllm: "the one published vLLM run",
};
