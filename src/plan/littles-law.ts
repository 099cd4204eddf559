import type { Problem } from "../problems";

/** Requests in flight = rate x time in the system (Little's law). */
export function requestsInFlight(requestsPerSecond: number, secondsPerRequest: number): number {
  return requestsPerSecond * secondsPerRequest;
}

/** A statement about a decode pool, as found in designs and slides. */
export interface ThroughputClaim {
  readonly concurrentRequests: number;
  readonly outputTokensPerSecond: number;
  readonly outputTokens: number;
  readonly secondsPerRequest: number;
}

/**
 * Holds the three numbers of a claim against each other: `concurrentRequests` requests that share
 * `outputTokensPerSecond` take `concurrentRequests x outputTokens / outputTokensPerSecond` seconds each.
 * A claim within a factor of two passes: ramps and mixed lengths explain that much.
 */
export function checkThroughputClaim(claim: ThroughputClaim): readonly Problem[] {
  const { concurrentRequests, outputTokensPerSecond, outputTokens, secondsPerRequest } = claim;
  const seconds = (concurrentRequests * outputTokens) / outputTokensPerSecond;
  const ratio = seconds / secondsPerRequest;
  if (ratio >= 0.5 && ratio <= 2) return [];
  const perUser = outputTokensPerSecond / concurrentRequests;
  return [
    {
      path: "secondsPerRequest",
      what:
        `${concurrentRequests} requests sharing ${outputTokensPerSecond} tokens/s get ${perUser.toFixed(1)} tokens/s ` +
        `each, so ${outputTokens} tokens take ${seconds.toFixed(0)} s and not ${secondsPerRequest} s`,
      rule: "Little's law: requests in flight = rate x time in the system",
      fix: `${((concurrentRequests * outputTokens) / secondsPerRequest).toFixed(0)} tokens/s, or ${((outputTokensPerSecond * secondsPerRequest) / outputTokens).toFixed(0)} concurrent requests`,
    },
  ];
}

/** Does the pool have as many slots as the promised rate keeps busy at the promised speed? */
export function checkConcurrency(demand: {
  readonly requestsPerSecond: number;
  readonly outputTokens: number;
  readonly tpotMilliseconds: number;
  readonly slots: number;
}): readonly Problem[] {
  const secondsPerRequest = (demand.outputTokens * demand.tpotMilliseconds) / 1000;
  const needed = Math.ceil(requestsInFlight(demand.requestsPerSecond, secondsPerRequest));
  if (needed <= demand.slots) return [];
  return [
    {
      path: "workload.requestsPerSecond",
      what:
        `${demand.requestsPerSecond} requests/s of ${demand.outputTokens} tokens at ${Number(demand.tpotMilliseconds.toFixed(1))} ms each ` +
        `keep ${needed} requests in decode, the pool holds ${demand.slots}`,
      rule: "Little's law: requests in flight = rate x time in the system",
      fix: `batchPerRank or workers for ${needed} requests, or ${Math.floor((demand.slots / secondsPerRequest) * 10) / 10} requests/s`,
    },
  ];
}
