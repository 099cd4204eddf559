import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { RouterIntent } from "../../../src/engines/smg/intent";
import { routerSettings } from "../../../src/engines/smg/intent";
import { routerProcess } from "../../../src/engines/smg/router";
import { pools, prefill } from "./pools";

function processOf(intent: RouterIntent, routed = pools) {
  return routerProcess(routerSettings(intent), routed);
}

/** What follows a flag, up to the next one. */
function valuesOf(args: readonly string[], flag: string): string[] {
  const start = args.indexOf(flag) + 1;
  const end = args.findIndex((arg, index) => index >= start && arg.startsWith("--"));
  return args.slice(start, end === -1 ? undefined : end);
}

describe("the router process", () => {
  it("joins prefill and decode by discovery, with nothing configured", () => {
    assert.deepStrictEqual(processOf({}), {
      command: ["smg"],
      args: [
        "launch",
        ...["--host", "0.0.0.0"],
        ...["--port", "30000"],
        ...["--prometheus-port", "29000"],
        ...["--health-check-port", "29001"],
        "--log-json",
        "--pd-disaggregation",
        "--service-discovery",
        ...["--service-discovery-namespace", "client1"],
        ...["--service-discovery-port", "30000"],
        "--prefill-selector",
        "leaderworkerset.sigs.k8s.io/name=client1-prefill",
        "leaderworkerset.sigs.k8s.io/worker-index=0",
        "nvl72/client=client1",
        "nvl72/role=prefill",
        "--decode-selector",
        "leaderworkerset.sigs.k8s.io/name=client1-decode",
        "leaderworkerset.sigs.k8s.io/worker-index=0",
        "nvl72/client=client1",
        "nvl72/role=decode",
        ...["--prefill-policy", "cache_aware"],
        ...["--decode-policy", "power_of_two"],
        ...["--max-concurrent-requests", "73728"],
        ...["--queue-size", "100"],
        ...["--queue-timeout-secs", "60"],
        ...["--request-timeout-secs", "1800"],
        ...["--shutdown-grace-period-secs", "1800"],
        ...["--retry-max-retries", "2"],
        ...["--retry-initial-backoff-ms", "50"],
        ...["--retry-max-backoff-ms", "30000"],
        ...["--cb-failure-threshold", "10"],
        ...["--cb-success-threshold", "3"],
        ...["--cb-timeout-duration-secs", "60"],
        ...["--cb-window-duration-secs", "120"],
        ...["--health-check-interval-secs", "10"],
        ...["--health-failure-threshold", "3"],
        ...["--history-backend", "none"],
        "--disable-tokenizer-autoload",
      ],
      env: [],
      ports: { http: 30000, metrics: 29000, health: 29001 },
      readiness: { path: "/readiness", port: 29001, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
      liveness: { path: "/liveness", port: 29001, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      shutdownGraceSeconds: 1800,
    });
  });

  it("selects all prefill pools by what their selectors share", () => {
    const burst = {
      ...prefill,
      name: "client1-burst",
      selector: { ...prefill.selector, "leaderworkerset.sigs.k8s.io/name": "client1-burst" },
    };
    const { args } = processOf({}, { ...pools, prefill: [prefill, burst] });
    assert.deepStrictEqual(valuesOf(args, "--prefill-selector"), [
      "leaderworkerset.sigs.k8s.io/worker-index=0",
      "nvl72/client=client1",
      "nvl72/role=prefill",
    ]);
    assert.deepStrictEqual(valuesOf(args, "--max-concurrent-requests"), ["73728"]);
  });

  it("waits for an answer that has just begun before it stops", () => {
    const process = processOf({ longestAnswerSeconds: 240.5 });
    assert.equal(process.shutdownGraceSeconds, 241);
    assert.deepStrictEqual(valuesOf(process.args, "--shutdown-grace-period-secs"), ["241"]);
  });

  it("names keys in its arguments and takes them from secrets", () => {
    const { args, env } = processOf({
      auth: {
        apiKey: { name: "client1-keys", key: "api" },
        controlPlaneKey: { name: "client1-keys", key: "admin" },
      },
    });
    assert.deepStrictEqual(args.slice(-4), [
      ...["--api-key", "$(SMG_API_KEY)"],
      ...["--control-plane-api-keys", "$(SMG_CONTROL_PLANE_KEY)"],
    ]);
    assert.deepStrictEqual(env, [
      { name: "SMG_API_KEY", secret: { name: "client1-keys", key: "api" } },
      { name: "SMG_CONTROL_PLANE_KEY", secret: { name: "client1-keys", key: "admin" } },
    ]);
  });

  it("renders every setting that is given", () => {
    const { args } = processOf({
      prefillPolicy: "bucket",
      decodePolicy: "least_load",
      limits: { concurrentRequestsPerReplica: 500, queuedRequestsPerReplica: 0, queueSeconds: 5 },
      timeouts: { requestSeconds: 900, shutdownGraceSeconds: 600 },
      retries: { attempts: 1, initialBackoffMilliseconds: 10, maxBackoffMilliseconds: 20 },
      circuitBreaker: { failures: 4, successes: 2, openSeconds: 15, windowSeconds: 30 },
      health: { intervalSeconds: 5, failures: 2 },
    });
    assert.deepStrictEqual(args.slice(args.indexOf("--prefill-policy"), args.indexOf("--history-backend")), [
      ...["--prefill-policy", "bucket"],
      ...["--decode-policy", "least_load"],
      ...["--max-concurrent-requests", "500"],
      ...["--queue-size", "0"],
      ...["--queue-timeout-secs", "5"],
      ...["--request-timeout-secs", "900"],
      ...["--shutdown-grace-period-secs", "600"],
      ...["--retry-max-retries", "1"],
      ...["--retry-initial-backoff-ms", "10"],
      ...["--retry-max-backoff-ms", "20"],
      ...["--cb-failure-threshold", "4"],
      ...["--cb-success-threshold", "2"],
      ...["--cb-timeout-duration-secs", "15"],
      ...["--cb-window-duration-secs", "30"],
      ...["--health-check-interval-secs", "5"],
      ...["--health-failure-threshold", "2"],
    ]);
  });
});
