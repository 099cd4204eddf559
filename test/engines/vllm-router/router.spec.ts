import assert from "node:assert/strict";
import type { RoutedPools } from "../../../src/engines/agreement";
import { routerSettings } from "../../../src/engines/smg/intent";
import { vllmRouterProcess, vllmRouterVersion } from "../../../src/engines/vllm-router/router";
import { checkVllmRouter, vllmRouterPolicies } from "../../../src/engines/vllm-router/rules";
import { decode, prefill } from "../smg/pools";
import known from "./vllm-router-flags.json";

const ofVllm = { engine: "vllm", engineVersion: "0.33.0", httpPort: 8000, bootstrapPort: 0 } as const;
const pools: RoutedPools = { prefill: [{ ...prefill, ...ofVllm }], decode: [{ ...decode, ...ofVllm }] };
const secret = { name: "keys", key: "key" };

const problemsOf = (...given: Parameters<typeof checkVllmRouter>): readonly string[] =>
  checkVllmRouter(...given).map(({ path, what, fix }) => `${path} ${what} -> ${fix}`);

describe("the router of vLLM pools", () => {
  const process = vllmRouterProcess(routerSettings({ longestAnswerSeconds: 410 }), pools);

  it("finds both roles by their labels and hands KV over as NIXL does", () => {
    assert.deepEqual(process.command, ["vllm-router"]);
    assert.deepEqual(process.args, [
      ...["--host", "0.0.0.0"],
      ...["--port", "30000"],
      ...["--prometheus-host", "0.0.0.0"],
      ...["--prometheus-port", "29000"],
      "--vllm-pd-disaggregation",
      ...["--kv-connector", "nixl"],
      "--service-discovery",
      ...["--service-discovery-namespace", "client1"],
      ...["--service-discovery-port", "8000"],
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
      ...["--retry-max-retries", "2"],
      ...["--retry-initial-backoff-ms", "50"],
      ...["--retry-max-backoff-ms", "30000"],
      ...["--cb-failure-threshold", "10"],
      ...["--cb-success-threshold", "3"],
      ...["--cb-timeout-duration-secs", "60"],
      ...["--cb-window-duration-secs", "120"],
      ...["--health-check-interval-secs", "10"],
      ...["--health-failure-threshold", "3"],
    ]);
  });

  it("is asked for its health where it takes requests, as it has no other listener", () => {
    assert.deepEqual(process.ports, { http: 30000, metrics: 29000, health: 30000 });
    assert.deepEqual([process.readiness.path, process.readiness.port], ["/readiness", 30000]);
    assert.deepEqual([process.liveness.path, process.liveness.port], ["/liveness", 30000]);
    assert.equal(process.shutdownGraceSeconds, 410);
  });

  it("uses flags and policies that the declared version knows", () => {
    assert.equal(known.version, vllmRouterVersion);
    const flags = process.args.filter((word) => word.startsWith("--"));
    assert.deepEqual(
      flags.filter((flag) => !known.flags.includes(flag)),
      [],
    );
    assert.equal(new Set(flags).size, flags.length);
    assert.deepEqual([...vllmRouterPolicies, "kv_aware"].sort(), [...known.policies].sort());
  });

  it("has nothing against what it can do", () => {
    assert.deepEqual(problemsOf({}, pools), []);
    assert.deepEqual(problemsOf({ prefillPolicy: "consistent_hash", decodePolicy: "sticky_least_loaded" }, pools), []);
  });

  it("refuses by name what smg can and it cannot", () => {
    assert.deepEqual(problemsOf({ auth: { apiKey: secret, controlPlaneKey: secret } }, pools), [
      "auth.apiKey is set -> check keys at the gateway before it, or let the network policy admit trusted namespaces alone",
      "auth.controlPlaneKey is set -> remove it, and let the network policy admit trusted namespaces alone",
    ]);
    assert.deepEqual(problemsOf({ prefillPolicy: "consistent_hashing", decodePolicy: "least_load" }, pools), [
      'prefillPolicy "consistent_hashing" is no policy of vllm-router -> consistent_hash',
      `decodePolicy "least_load" is no policy of vllm-router -> one of ${vllmRouterPolicies.join(", ")}`,
    ]);
    assert.match(
      checkVllmRouter({ prefillPolicy: "kv_aware" }, pools)[0]?.rule ?? "",
      /fixed list of KV event sources/,
    );
  });

  it("refuses numbers and times that the router would reject or cut answers with", () => {
    assert.deepEqual(problemsOf({ replicas: 0, retries: { attempts: 0 } }, pools), [
      "replicas is 0 -> write 1 or more",
      "retries.attempts is 0 -> write 1 or more",
    ]);
    assert.deepEqual(problemsOf({ timeouts: { requestSeconds: 60 }, longestAnswerSeconds: 410 }, pools), [
      "timeouts.requestSeconds is 60 s, one full answer takes 410 s -> allow more than 410 s, better twice as much",
    ]);
  });

  it("refuses pools that do not belong together, and selectors that one pod can match", () => {
    assert.deepEqual(
      checkVllmRouter({}, { ...pools, decode: [] }).map(({ path }) => path),
      ["decode"],
    );
    const other = { ...decode, ...ofVllm, engineVersion: "0.29.0" };
    assert.deepEqual(
      checkVllmRouter({}, { ...pools, decode: [other] }).map(({ path }) => path),
      ["decode[0].engineVersion"],
    );
    const same = { ...decode, ...ofVllm, selector: prefill.selector };
    assert.match(problemsOf({}, { ...pools, decode: [same] })[0] ?? "", /can select one pod/);
  });
});
