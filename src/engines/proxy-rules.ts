import type { Problem } from "../problems";
import type { RoutedPools } from "./agreement";
import { areDisjoint, commonSelector, selectorWords } from "./smg/discovery";
import type { RouterSettings } from "./smg/intent";

/** @param proxy its name, as its users know it */
export function checkSelectors({ prefill, decode }: RoutedPools, proxy: string): Problem[] {
  const prefillSelector = commonSelector(prefill);
  const decodeSelector = commonSelector(decode);
  if (areDisjoint(prefillSelector, decodeSelector)) return [];
  return [
    {
      path: "decode",
      what: `"${selectorWords(prefillSelector).join(",")}" and "${selectorWords(decodeSelector).join(",")}" can select one pod`,
      rule: `${proxy} takes one selector per role, and a pod must not have both`,
      fix: "give all pools of a role a label that no pool of the other role has",
    },
  ];
}

export function checkNumbers({
  replicas,
  limits,
  timeouts,
  retries,
  circuitBreaker,
  health,
}: RouterSettings): Problem[] {
  return [
    ...atLeast(1, "replicas", replicas),
    ...atLeast(1, "limits.concurrentRequestsPerReplica", limits.concurrentRequestsPerReplica),
    ...atLeast(0, "limits.queuedRequestsPerReplica", limits.queuedRequestsPerReplica),
    ...atLeast(1, "limits.queueSeconds", limits.queueSeconds),
    ...atLeast(1, "timeouts.requestSeconds", timeouts.requestSeconds),
    ...atLeast(0, "timeouts.shutdownGraceSeconds", timeouts.shutdownGraceSeconds),
    ...atLeast(1, "retries.attempts", retries.attempts),
    ...atLeast(1, "retries.initialBackoffMilliseconds", retries.initialBackoffMilliseconds),
    ...atLeast(retries.initialBackoffMilliseconds, "retries.maxBackoffMilliseconds", retries.maxBackoffMilliseconds),
    ...atLeast(1, "circuitBreaker.failures", circuitBreaker.failures),
    ...atLeast(1, "circuitBreaker.successes", circuitBreaker.successes),
    ...atLeast(1, "circuitBreaker.openSeconds", circuitBreaker.openSeconds),
    ...atLeast(1, "circuitBreaker.windowSeconds", circuitBreaker.windowSeconds),
    ...atLeast(1, "health.intervalSeconds", health.intervalSeconds),
    ...atLeast(1, "health.failures", health.failures),
  ];
}

function atLeast(least: number, path: string, value: number): Problem[] {
  if (Number.isInteger(value) && value >= least) return [];
  return [
    { path, what: `is ${value}`, rule: `must be a whole number from ${least} on`, fix: `write ${least} or more` },
  ];
}

/** @param rule what the proxy does to an answer that is not complete at the timeout */
export function checkAnswerTime(
  { requestSeconds }: Pick<RouterSettings["timeouts"], "requestSeconds">,
  longestAnswerSeconds: number,
  rule: string,
): Problem[] {
  if (requestSeconds > longestAnswerSeconds) return [];
  return [
    {
      path: "timeouts.requestSeconds",
      what: `is ${requestSeconds} s, one full answer takes ${longestAnswerSeconds} s`,
      rule,
      fix: `allow more than ${Math.ceil(longestAnswerSeconds)} s, better twice as much`,
    },
  ];
}
