import type { Problem } from "../../problems";
import { checkAgreement, checkPresent, type RoutedPools } from "../agreement";
import { checkAnswerTime, checkNumbers, checkSelectors } from "../proxy-rules";
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

const cutAnswers = "the router ends a call to a worker at the timeout, stream included";

/** What vllm-router would reject, or accept and then serve wrong, or cannot do where smg can. */
export function checkVllmRouter(intent: RouterIntent, pools: RoutedPools): Problem[] {
  const missing = checkPresent(pools);
  if (missing.length > 0) return [...missing];
  const settings = routerSettings(intent);
  return [
    ...checkAgreement(pools),
    ...checkSelectors(pools, "vllm-router"),
    ...checkPolicy("prefillPolicy", settings.prefillPolicy),
    ...checkPolicy("decodePolicy", settings.decodePolicy),
    ...checkAuth(settings),
    ...checkNumbers(settings),
    ...checkAnswerTime(settings.timeouts, intent.longestAnswerSeconds ?? 0, cutAnswers),
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
