import type { Problem } from "../../problems";
import { checkAgreement, checkPresent, type RoutedPools } from "../agreement";
import { checkAnswerTime, checkNumbers, checkSelectors } from "../proxy-rules";
import type { RouterIntent, RouterSettings } from "./intent";
import { prefillPolicies, routerSettings, routingPolicies } from "./intent";

/** Observed with 1.13.0: the timeout counts from the call to the worker, and what it cuts still ends with [DONE] and 200. */
const cutAnswers =
  "smg ends a stream at the timeout as if the answer were complete, so users get half of it and no error";

/** What smg would reject, or accept and then serve wrong. */
export function checkRouter(intent: RouterIntent, pools: RoutedPools): Problem[] {
  const missing = [...checkPresent(pools)];
  if (missing.length > 0) return missing;
  const settings = routerSettings(intent);
  return [
    ...checkAgreement(pools),
    ...checkBootstrap(pools),
    ...checkSelectors(pools, "smg"),
    ...checkPolicies(settings),
    ...checkNumbers(settings),
    ...checkAnswerTime(settings.timeouts, intent.longestAnswerSeconds ?? 0, cutAnswers),
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
