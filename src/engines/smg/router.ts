import type { HttpProbe } from "../engine";
import type { RoutedPools } from "../agreement";
import { commonSelector, selectorWords } from "./discovery";
import type { RouterSettings, SecretKey } from "./intent";
import { admissionFlags, failureFlags } from "../proxy-flags";

/** Version of smg whose flags are rendered here; `test/engines/smg` holds them against its `smg launch --help`. */
export const smgVersion = "1.13.0";

export interface RouterPorts {
  readonly http: number;
  readonly metrics: number;
  /** Probes have a listener of their own, so that a router busy with requests is not taken for dead. */
  readonly health: number;
}

/** `http` and `metrics` are smg's defaults; `health` is next to them, as smg has no default for it. */
export const routerPorts: RouterPorts = { http: 30000, metrics: 29000, health: 29001 };

/** An environment variable whose value only the kubelet ever reads. */
export interface RouterVariable {
  readonly name: string;
  readonly secret: SecretKey;
}

/** One router process. `$(NAME)` in `args` is expanded by Kubernetes from `env`. */
export interface RouterProcess {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly RouterVariable[];
  readonly ports: RouterPorts;
  readonly readiness: HttpProbe;
  readonly liveness: HttpProbe;
  readonly shutdownGraceSeconds: number;
}

/** Call only with pools and settings that `checkRouter` has no problem with. */
export function routerProcess(settings: RouterSettings, pools: RoutedPools): RouterProcess {
  return {
    command: ["smg"],
    args: [
      "launch",
      ...listeners(routerPorts),
      ...discovery(pools),
      ...routing(settings),
      ...admission(settings),
      ...failureFlags(settings),
      ...storage(),
      ...credentials(settings),
    ],
    env: variables(settings),
    ports: routerPorts,
    // /readiness answers 200 once at least one worker of each role is healthy (observed).
    readiness: {
      path: "/readiness",
      port: routerPorts.health,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 2,
    },
    liveness: {
      path: "/liveness",
      port: routerPorts.health,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    shutdownGraceSeconds: settings.timeouts.shutdownGraceSeconds,
  };
}

function listeners(ports: RouterPorts): string[] {
  return [
    ...["--host", "0.0.0.0"],
    ...["--port", String(ports.http)],
    ...["--prometheus-port", String(ports.metrics)],
    ...["--health-check-port", String(ports.health)],
    "--log-json",
  ];
}

/** Workers come and go with their pods: smg watches the API server and takes in what is Ready. */
function discovery({ prefill, decode }: RoutedPools): string[] {
  const [pool] = decode;
  return [
    "--pd-disaggregation",
    "--service-discovery",
    ...["--service-discovery-namespace", pool?.namespace ?? ""],
    // smg would call port 80.
    ...["--service-discovery-port", String(pool?.httpPort ?? 0)],
    ...["--prefill-selector", ...selectorWords(commonSelector(prefill))],
    ...["--decode-selector", ...selectorWords(commonSelector(decode))],
  ];
}

function routing(settings: RouterSettings): string[] {
  return ["--prefill-policy", settings.prefillPolicy, "--decode-policy", settings.decodePolicy];
}

function admission({ limits, timeouts }: RouterSettings): string[] {
  return [
    ...admissionFlags({ limits, timeouts }),
    ...["--shutdown-grace-period-secs", String(timeouts.shutdownGraceSeconds)],
  ];
}

function storage(): string[] {
  return [
    // Replicas share no memory, so stored conversations would be found at random; and prompts are not ours to keep.
    ...["--history-backend", "none"],
    // HTTP workers tokenize themselves, and the network policy would let nobody fetch a tokenizer.
    "--disable-tokenizer-autoload",
  ];
}

/**
 * smg reads keys from its arguments only. Kubernetes puts them in when it starts the container, so no object holds
 * them, and smg overwrites its own command line at once with `smg::router` (both observed with 1.13.0).
 */
function credentials({ auth }: RouterSettings): string[] {
  return [
    ...(auth.apiKey ? ["--api-key", "$(SMG_API_KEY)"] : []),
    ...(auth.controlPlaneKey ? ["--control-plane-api-keys", "$(SMG_CONTROL_PLANE_KEY)"] : []),
  ];
}

function variables({ auth }: RouterSettings): RouterVariable[] {
  return [
    ...(auth.apiKey ? [{ name: "SMG_API_KEY", secret: auth.apiKey }] : []),
    ...(auth.controlPlaneKey ? [{ name: "SMG_CONTROL_PLANE_KEY", secret: auth.controlPlaneKey }] : []),
  ];
}
