import { routerSettings, type RouterIntent } from "../engines/smg/intent";
import { routerPorts, routerProcess, smgVersion, type RouterProcess } from "../engines/smg/router";
import { checkRouter, routerWarnings } from "../engines/smg/rules";
import { vllmRouterProcess } from "../engines/vllm-router/router";
import { checkVllmRouter } from "../engines/vllm-router/rules";
import { routerObjects } from "../manifests/router-objects";
import type { PoolRef } from "../refs";
import type { Designed, EntranceQuestion, ProxyDesign } from "./entrance";
import type { RouterArgs } from "./router-args";

/** smg is known by version; another one may read other flags. */
export function usualProxyImage({ engine }: PoolRef): string | undefined {
  return engine === "vllm" ? undefined : `lightseekorg/smg:${smgVersion}`;
}

export function designProxy({ args, pools, placement, patienceSeconds }: EntranceQuestion): Designed<ProxyDesign> {
  const intent = intentOf(args);
  const settings = routerSettings(intent);
  const vllm = pools.decode[0]?.engine === "vllm";
  const problems = vllm ? checkVllmRouter(intent, pools) : checkRouter(intent, pools);
  if (problems.length > 0) return { problems };
  const process: RouterProcess = vllm ? vllmRouterProcess(settings, pools) : routerProcess(settings, pools);
  const objects = routerObjects(
    placement,
    process,
    { replicas: settings.replicas, progressDeadlineSeconds: patienceSeconds },
    {
      callerNamespaces: args.callerNamespaces ?? [],
      monitoringNamespace: args.domain.monitoringNamespace,
      enginePort: pools.decode[0]?.httpPort ?? 0,
      apiServerCidr: args.domain.apiServerCidr,
    },
  );
  const { http: port, metrics: metricsPort } = routerPorts;
  return {
    entrance: { kind: "proxy", objects, service: placement.name, port, metricsPort },
    // vllm-router knows no keys, and its rules refuse them.
    warnings: routerWarnings(intent).filter(({ path }) => !(vllm && path.startsWith("auth."))),
  };
}

function intentOf(args: RouterArgs): RouterIntent {
  const { replicas, prefillPolicy, decodePolicy, limits, timeouts, retries, circuitBreaker, auth } = args;
  const longestAnswerSeconds =
    args.longestAnswerSeconds ?? Math.max(0, ...args.decode.map((pool) => pool.drainSeconds));
  return {
    replicas,
    prefillPolicy,
    decodePolicy,
    limits,
    timeouts,
    retries,
    circuitBreaker,
    auth,
    longestAnswerSeconds,
  };
}
