import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { RoutedPools } from "../../../src/engines/agreement";
import type { RouterIntent } from "../../../src/engines/smg/intent";
import { checkRouter, routerWarnings } from "../../../src/engines/smg/rules";
import { decode, pools, prefill } from "./pools";

function pathsOf(intent: RouterIntent, routed: RoutedPools = pools): string[] {
  return checkRouter(intent, routed).map(({ path }) => path);
}

describe("a router is refused", () => {
  it("never for its defaults", () => {
    assert.deepStrictEqual(checkRouter({}, pools), []);
  });

  it("without a pool of either role", () => {
    assert.deepStrictEqual(pathsOf({}, { prefill: [], decode: [] }), ["prefill", "decode"]);
  });

  it("when a pool is passed under the other role", () => {
    assert.deepStrictEqual(pathsOf({}, { prefill: [prefill], decode: [decode, prefill] }), ["decode[1]"]);
  });

  it("when its pools differ in what a request carries from one to the other", () => {
    const other = { ...decode, servedModel: "deepseek-v3", kvCacheType: "bf16", contextTokens: 4096 };
    assert.deepStrictEqual(pathsOf({}, { ...pools, decode: [other] }), [
      "decode[0].servedModel",
      "decode[0].kvCacheType",
      "decode[0].contextTokens",
    ]);
  });

  it("when one discovery cannot reach all its pools", () => {
    const other = { ...decode, namespace: "client2", client: "client2", engine: "vllm", httpPort: 8000 };
    assert.deepStrictEqual(pathsOf({}, { ...pools, decode: [other] }), [
      "decode[0].client",
      "decode[0].namespace",
      "decode[0].engine",
      "decode[0].httpPort",
    ]);
  });

  it("when a prefill pool of SGLang has no bootstrap port", () => {
    assert.deepStrictEqual(pathsOf({}, { ...pools, prefill: [{ ...prefill, bootstrapPort: 0 }] }), [
      "prefill[0].bootstrapPort",
    ]);
  });

  it("when one pod could be found under both roles", () => {
    const labels = { app: "engine" };
    const routed = { prefill: [{ ...prefill, selector: labels }], decode: [{ ...decode, selector: labels }] };
    assert.deepStrictEqual(checkRouter({}, routed), [
      {
        path: "decode",
        what: '"app=engine" and "app=engine" can select one pod',
        rule: "smg takes one selector per role, and a pod must not have both",
        fix: "give all pools of a role a label that no pool of the other role has",
      },
    ]);
  });

  it("for a policy that smg does not have, or not for decode", () => {
    assert.deepStrictEqual(pathsOf({ prefillPolicy: "fair", decodePolicy: "bucket" }), [
      "prefillPolicy",
      "decodePolicy",
    ]);
  });

  it("for numbers that mean nothing", () => {
    assert.deepStrictEqual(
      pathsOf({
        replicas: 0,
        limits: { concurrentRequestsPerReplica: 0, queuedRequestsPerReplica: -1, queueSeconds: 0.5 },
        timeouts: { shutdownGraceSeconds: -1 },
        retries: { attempts: 0, initialBackoffMilliseconds: 100, maxBackoffMilliseconds: 99 },
        circuitBreaker: { failures: 0, successes: 0, openSeconds: 0, windowSeconds: 0 },
        health: { intervalSeconds: 0, failures: 0 },
      }),
      [
        "replicas",
        "limits.concurrentRequestsPerReplica",
        "limits.queuedRequestsPerReplica",
        "limits.queueSeconds",
        "timeouts.shutdownGraceSeconds",
        "retries.attempts",
        "retries.maxBackoffMilliseconds",
        "circuitBreaker.failures",
        "circuitBreaker.successes",
        "circuitBreaker.openSeconds",
        "circuitBreaker.windowSeconds",
        "health.intervalSeconds",
        "health.failures",
      ],
    );
  });

  it("when its timeout would cut a full answer", () => {
    const intent = { timeouts: { requestSeconds: 300 }, longestAnswerSeconds: 300 };
    assert.deepStrictEqual(checkRouter(intent, pools), [
      {
        path: "timeouts.requestSeconds",
        what: "is 300 s, one full answer takes 300 s",
        rule: "smg ends a stream at the timeout as if the answer were complete, so users get half of it and no error",
        fix: "allow more than 300 s, better twice as much",
      },
    ]);
    assert.deepStrictEqual(pathsOf({ timeouts: { requestSeconds: 301 }, longestAnswerSeconds: 300 }), []);
  });
});

describe("a router is warned of", () => {
  const controlPlaneKey = { name: "keys", key: "admin" };

  it("open administration", () => {
    assert.deepStrictEqual(
      routerWarnings({}).map(({ path }) => path),
      ["auth.controlPlaneKey"],
    );
    assert.deepStrictEqual(routerWarnings({ auth: { controlPlaneKey } }), []);
  });

  it("a single replica and answers cut by a roll-out", () => {
    const intent = {
      replicas: 1,
      auth: { controlPlaneKey },
      timeouts: { shutdownGraceSeconds: 60 },
      longestAnswerSeconds: 240.5,
    };
    assert.deepStrictEqual(routerWarnings(intent), [
      {
        path: "replicas",
        what: "is 1",
        rule: "every drain of its node and every crash is an outage of the client",
        fix: "run 2",
      },
      {
        path: "timeouts.shutdownGraceSeconds",
        what: "is 60 s, one full answer takes 240.5 s",
        rule: "a roll-out of the router cuts off answers that are still streaming after it",
        fix: "allow 241 s",
      },
    ]);
  });
});
