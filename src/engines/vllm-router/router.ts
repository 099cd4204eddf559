import type { RoutedPools } from "../agreement";
import { commonSelector, selectorWords } from "../smg/discovery";
import type { RouterSettings } from "../smg/intent";
import { routerPorts, type RouterPorts, type RouterProcess } from "../smg/router";
import { admissionFlags, failureFlags } from "../proxy-flags";

/** Version of vllm-router whose flags are rendered here; `test/engines/vllm-router` holds them against its `--help`. */
export const vllmRouterVersion = "0.1.17";

/** smg's, of which this is a fork; it has no listener for probes, so they share that of requests. */
const vllmRouterPorts: RouterPorts = { ...routerPorts, health: routerPorts.http };

/**
 * The router that hands a request to a prefill worker first and its KV's address to a decode worker then, as NIXL wants
 * it. Call only with pools and settings that `checkVllmRouter` has no problem with.
 */
export function vllmRouterProcess(settings: RouterSettings, pools: RoutedPools): RouterProcess {
  const { health } = vllmRouterPorts;
  return {
    command: ["vllm-router"],
    args: [
      ...listeners(vllmRouterPorts),
      ...discovery(pools),
      ...routing(settings),
      ...admissionFlags(settings),
      ...failureFlags(settings),
    ],
    env: [],
    ports: vllmRouterPorts,
    // 503 until a prefill and a decode worker are healthy (observed with 0.1.17).
    readiness: { path: "/readiness", port: health, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
    liveness: { path: "/liveness", port: health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    // At SIGTERM it takes no more requests and waits for those it has, without a limit of its own (observed).
    shutdownGraceSeconds: settings.timeouts.shutdownGraceSeconds,
  };
}

function listeners(ports: RouterPorts): string[] {
  return [
    ...["--host", "0.0.0.0"],
    ...["--port", String(ports.http)],
    // 127.0.0.1 by default, where no Prometheus comes.
    ...["--prometheus-host", "0.0.0.0"],
    ...["--prometheus-port", String(ports.metrics)],
  ];
}

/**
 * Workers come and go with their pods. Every tray of a data-parallel worker is one, and vLLM balances between the ranks
 * on it: so the router does not address ranks (`--intra-node-data-parallel-size` stays 1).
 */
function discovery({ prefill, decode }: RoutedPools): string[] {
  const [pool] = decode;
  return [
    "--vllm-pd-disaggregation",
    ...["--kv-connector", "nixl"],
    "--service-discovery",
    // Without it the router watches all namespaces, which its account may not.
    ...["--service-discovery-namespace", pool?.namespace ?? ""],
    ...["--service-discovery-port", String(pool?.httpPort ?? 0)],
    ...["--prefill-selector", ...selectorWords(commonSelector(prefill))],
    ...["--decode-selector", ...selectorWords(commonSelector(decode))],
  ];
}

function routing({ prefillPolicy, decodePolicy }: RouterSettings): string[] {
  return ["--prefill-policy", prefillPolicy, "--decode-policy", decodePolicy];
}
