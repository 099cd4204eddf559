import type { Problem } from "../../problems";
import { checkAgreement, checkPresent, type RoutedPools } from "../agreement";
import { areDisjoint, commonSelector, selectorWords } from "../smg/discovery";
import { routerSettings, type RouterIntent, type RouterSettings } from "../smg/intent";

/** Policies of vllm-router 0.1.17 for either role, but for `kv_aware`, whose sources of KV events it cannot discover. */
export const vllmRouterPolicies = [
  "random",
  "round_robin",
  "cache_aware",
  "power_of_two",
  "consistent_hash",
  "sticky_least_loaded",
] as const;

/** What vllm-router would reject, or accept and then serve wrong, or cannot do where smg can. */
export function checkVllmRouter(intent: RouterIntent, pools: RoutedPools): Problem[] {
  const missing = checkPresent(pools);
  if (missing.length > 0) return [...missing];
  const settings = routerSettings(intent);
  return [
    ...checkAgreement(pools),
    ...checkSelectors(pools),
    ...checkPolicy("prefillPolicy", settings.prefillPolicy),
    ...checkPolicy("decodePolicy", settings.decodePolicy),
    ...checkAuth(settings),
    ...checkNumbers(settings),
    ...checkTimes(settings, intent.longestAnswerSeconds),
  ];
}

function checkSelectors({ prefill, decode }: RoutedPools): Problem[] {
  const selectors = [commonSelector(prefill), commonSelector(decode)] as const;
  if (areDisjoint(...selectors)) return [];
  const [ofPrefill, ofDecode] = selectors.map((selector) => selectorWords(selector).join(","));
  return [
    {
      path: "decode",
      what: `"${ofPrefill ?? ""}" and "${ofDecode ?? ""}" can select one pod`,
      rule: "vllm-router takes one selector per role, and a pod must not have both",
      fix: "give all pools of a role a label that no pool of the other role has",
    },
  ];
}

function checkPolicy(path: string, policy: string): Problem[] {
  const known: readonly string[] = vllmRouterPolicies;
  if (known.includes(policy)) return [];
  return [
    {
      path,
      what: `"${policy}" is no policy of vllm-router`,
      rule:
        policy === "kv_aware" ? "it needs a fixed list of KV event sources" : "the router ends at an unknown policy",
      fix: policy === "consistent_hashing" ? "consistent_hash" : `one of ${known.join(", ")}`,
    },
  ];
}

/** `--api-key` is what the router shows to workers; requests without one pass (observed with 0.1.17). */
function checkAuth({ auth }: RouterSettings): Problem[] {
  const problems: Problem[] = [];
  if (auth.apiKey !== undefined) {
    problems.push({
      path: "auth.apiKey",
      what: "is set",
      rule: "vllm-router checks no key of its callers: its --api-key is for the workers",
      fix: "check keys at the gateway before it, or let the network policy admit trusted namespaces alone",
    });
  }
  if (auth.controlPlaneKey !== undefined) {
    problems.push({
      path: "auth.controlPlaneKey",
      what: "is set",
      rule: "vllm-router has no key for /add_worker and /remove_worker",
      fix: "remove it, and let the network policy admit trusted namespaces alone",
    });
  }
  return problems;
}

function checkNumbers({ replicas, limits, timeouts, retries, circuitBreaker, health }: RouterSettings): Problem[] {
  const numbers: readonly (readonly [path: string, value: number, least: number])[] = [
    ["replicas", replicas, 1],
    ["limits.concurrentRequestsPerReplica", limits.concurrentRequestsPerReplica, 1],
    ["limits.queuedRequestsPerReplica", limits.queuedRequestsPerReplica, 0],
    ["limits.queueSeconds", limits.queueSeconds, 1],
    ["timeouts.requestSeconds", timeouts.requestSeconds, 1],
    ["timeouts.shutdownGraceSeconds", timeouts.shutdownGraceSeconds, 0],
    ["retries.attempts", retries.attempts, 1],
    ["retries.initialBackoffMilliseconds", retries.initialBackoffMilliseconds, 1],
    ["retries.maxBackoffMilliseconds", retries.maxBackoffMilliseconds, retries.initialBackoffMilliseconds],
    ["circuitBreaker.failures", circuitBreaker.failures, 1],
    ["circuitBreaker.successes", circuitBreaker.successes, 1],
    ["circuitBreaker.openSeconds", circuitBreaker.openSeconds, 1],
    ["circuitBreaker.windowSeconds", circuitBreaker.windowSeconds, 1],
    ["health.intervalSeconds", health.intervalSeconds, 1],
    ["health.failures", health.failures, 1],
  ];
  return numbers
    .filter(([, value, least]) => !Number.isInteger(value) || value < least)
    .map(([path, value, least]) => ({
      path,
      what: `is ${value}`,
      rule: `must be a whole number from ${least} on`,
      fix: `write ${least} or more`,
    }));
}

function checkTimes({ timeouts }: RouterSettings, longestAnswerSeconds = 0): Problem[] {
  if (timeouts.requestSeconds > longestAnswerSeconds) return [];
  return [
    {
      path: "timeouts.requestSeconds",
      what: `is ${timeouts.requestSeconds} s, one full answer takes ${longestAnswerSeconds} s`,
      rule: "the router ends a call to a worker at the timeout, stream included",
      fix: `allow more than ${Math.ceil(longestAnswerSeconds)} s, better twice as much`,
    },
  ];
}
