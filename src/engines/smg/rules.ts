import type { Problem } from "../../problems";
import { checkAgreement, checkPresent, type RoutedPools } from "../agreement";
import { areDisjoint, commonSelector, selectorWords } from "./discovery";
import type { RouterIntent, RouterSettings } from "./intent";
import { prefillPolicies, routerSettings, routingPolicies } from "./intent";

/** What smg would reject, or accept and then serve wrong. */
export function checkRouter(intent: RouterIntent, pools: RoutedPools): Problem[] {
  const missing = [...checkPresent(pools)];
  if (missing.length > 0) return missing;
  const settings = routerSettings(intent);
  return [
    ...checkAgreement(pools),
    ...checkBootstrap(pools),
    ...checkSelectors(pools),
    ...checkPolicies(settings),
    ...checkNumbers(settings),
    ...checkTimes(settings, intent.longestAnswerSeconds),
  ];
}

/** Worth knowing, and a legitimate choice. */
export function routerWarnings(intent: RouterIntent): Problem[] {
  const { replicas, auth, timeouts } = routerSettings(intent);
  const { longestAnswerSeconds = 0 } = intent;
  const warnings: Problem[] = [];
  if (replicas === 1) {
    warnings.push({
      path: "replicas",
      what: "is 1",
      rule: "every drain of its node and every crash is an outage of the client",
      fix: "run 2",
    });
  }
  if (auth.controlPlaneKey === undefined) {
    warnings.push({
      path: "auth.controlPlaneKey",
      what: "is not set",
      rule: "whoever may send requests may then also add and remove workers at /workers",
      fix: "name a Secret with a key of the form id:name:admin:key",
    });
  }
  if (timeouts.shutdownGraceSeconds < longestAnswerSeconds) {
    warnings.push({
      path: "timeouts.shutdownGraceSeconds",
      what: `is ${timeouts.shutdownGraceSeconds} s, one full answer takes ${longestAnswerSeconds} s`,
      rule: "a roll-out of the router cuts off answers that are still streaming after it",
      fix: `allow ${Math.ceil(longestAnswerSeconds)} s`,
    });
  }
  return warnings;
}

function checkBootstrap({ prefill }: RoutedPools): Problem[] {
  return prefill.flatMap((pool, index) =>
    pool.engine !== "sglang" || pool.bootstrapPort > 0
      ? []
      : [
          {
            path: `prefill[${index}].bootstrapPort`,
            what: "is 0",
            rule: "SGLang's decode workers find the KV of a request at the prefill leader's bootstrap port",
            fix: "deploy the pool with a version of this library that sets it",
          },
        ],
  );
}

function checkSelectors({ prefill, decode }: RoutedPools): Problem[] {
  const prefillSelector = commonSelector(prefill);
  const decodeSelector = commonSelector(decode);
  if (areDisjoint(prefillSelector, decodeSelector)) return [];
  return [
    {
      path: "decode",
      what: `"${selectorWords(prefillSelector).join(",")}" and "${selectorWords(decodeSelector).join(",")}" can select one pod`,
      rule: "smg takes one selector per role, and a pod must not have both",
      fix: "give all pools of a role a label that no pool of the other role has",
    },
  ];
}

function checkPolicies({ prefillPolicy, decodePolicy }: RouterSettings): Problem[] {
  return [
    ...checkPolicy("prefillPolicy", prefillPolicy, prefillPolicies),
    ...checkPolicy("decodePolicy", decodePolicy, routingPolicies),
  ];
}

function checkPolicy(path: string, policy: string, known: readonly string[]): Problem[] {
  if (known.includes(policy)) return [];
  return [
    { path, what: `"${policy}" is unknown`, rule: "smg ends at an unknown policy", fix: `one of ${known.join(", ")}` },
  ];
}

function checkNumbers({ replicas, limits, timeouts, retries, circuitBreaker, health }: RouterSettings): Problem[] {
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

/** Observed with 1.13.0: the timeout counts from the call to the worker, and what it cuts still ends with [DONE] and 200. */
function checkTimes({ timeouts }: RouterSettings, longestAnswerSeconds = 0): Problem[] {
  if (timeouts.requestSeconds > longestAnswerSeconds) return [];
  return [
    {
      path: "timeouts.requestSeconds",
      what: `is ${timeouts.requestSeconds} s, one full answer takes ${longestAnswerSeconds} s`,
      rule: "smg ends a stream at the timeout as if the answer were complete, so users get half of it and no error",
      fix: `allow more than ${Math.ceil(longestAnswerSeconds)} s, better twice as much`,
    },
  ];
}
