import type { OpenArrivals, TraceArrivals, TraceRequest } from "../../../src/plan/simulate/arrivals";
import type {
  ClientUnderTest,
  DecodeWorkerModel,
  PrefillPoolModel,
  SystemUnderTest,
} from "../../../src/plan/simulate/system";

/** A pool of one rank that computes one prompt per pass, at 1 ms per token. */
export function prefillPool(changes: Partial<PrefillPoolModel> = {}): PrefillPoolModel {
  return {
    name: "prefill",
    workers: 1,
    ranksPerWorker: 1,
    tokensPerForwardPerRank: 10_000,
    requestsPerPassPerRank: 1,
    passMilliseconds: (tokens) => tokens,
    kvTokensPerRank: 1e9,
    ...changes,
  };
}

/** One rank with room for everybody, 10 ms per step. */
export function decodeWorker(changes: Partial<DecodeWorkerModel> = {}): DecodeWorkerModel {
  return {
    ranks: 1,
    batchPerRank: 1e6,
    kvTokensPerRank: 1e12,
    graphBatchSizes: [],
    stepMilliseconds: () => 10,
    ...changes,
  };
}

export function client(changes: Partial<ClientUnderTest> = {}): ClientUnderTest {
  return {
    client: "client",
    prefillPool: "prefill",
    decode: [decodeWorker()],
    arrivals: poisson(5),
    draftTokens: 0,
    acceptedTokens: 0,
    slo: {},
    kvBytesPerToken: 1,
    reserve: "full",
    ...changes,
  };
}

export function system(changes: Partial<SystemUnderTest> = {}): SystemUnderTest {
  return {
    prefillPools: [prefillPool()],
    clients: [client()],
    transfer: { bytesPerSecond: Infinity, latencySeconds: 0 },
    ...changes,
  };
}

/** Prompts of 100 tokens that want one token: nothing but prefill takes time. */
export function poisson(requestsPerSecond: number, changes: Partial<OpenArrivals> = {}): OpenArrivals {
  return { kind: "open", requestsPerSecond, inputTokens: 100, outputTokens: 1, ...changes };
}

export function trace(requests: readonly TraceRequest[]): TraceArrivals {
  return { kind: "trace", requests };
}

/** The same request several times, all at the start. */
export function burst(count: number, request: Omit<TraceRequest, "atSeconds">): TraceArrivals {
  return trace(Array.from({ length: count }, () => ({ atSeconds: 0, ...request })));
}

/** Everything is measured. */
export const wholeRun = { seed: 1, warmUpFraction: 0 } as const;

/** The first of what must not be empty. */
export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new RangeError("empty");
  return item;
}

export function near(actual: number, expected: number, relative = 1e-9): void {
  const error = Math.abs(actual - expected);
  if (error <= relative * Math.abs(expected) + 1e-12) return;
  throw new RangeError(`${actual} instead of ${expected}`);
}
