import assert from "node:assert/strict";
import { RefusedError } from "../../../src/problems";
import { simulate, type SimulationOptions } from "../../../src/plan/simulate/simulate";
import type { SystemUnderTest } from "../../../src/plan/simulate/system";
import { client, decodeWorker, poisson, prefillPool, system, wholeRun } from "./small-systems";

function refused(changes: Partial<SystemUnderTest>, options: Partial<SimulationOptions> = { requestsPerClient: 5 }) {
  try {
    simulate(system(changes), { ...wholeRun, ...options });
  } catch (error) {
    if (error instanceof RefusedError) return error.problems;
    throw error;
  }
  return [];
}

const paths = (...args: Parameters<typeof refused>) => refused(...args).map(({ path }) => path);

describe("the simulator refuses", () => {
  it("nothing that can run", () => assert.deepEqual(refused({}), []));

  it("a request that no decode rank can hold", () => {
    const decode = [decodeWorker({ kvTokensPerRank: 100 })];
    const clients = [client({ decode, arrivals: poisson(1, { inputTokens: 90, outputTokens: 20 }) })];
    assert.deepEqual(refused({ clients }), [
      {
        path: "clients[0].decode[0].kvTokensPerRank",
        what: "the longest request needs 110 tokens of KV, a rank holds 100",
        rule: "a request lives on one rank, with prompt and answer",
        fix: "at least 110, or shorter requests",
      },
    ]);
  });

  it("an optimistic reserve whose margin does not fit", () => {
    const decode = [decodeWorker({ kvTokensPerRank: 600 })];
    const one = client({ decode, arrivals: poisson(1, { inputTokens: 90, outputTokens: 20 }) });
    assert.deepEqual(paths({ clients: [{ ...one, reserve: "optimistic" }] }), ["clients[0].decode[0].kvTokensPerRank"]);
    assert.deepEqual(paths({ clients: [{ ...one, reserve: "optimistic", reservedDecodeTokens: 490 }] }), []);
  });

  it("a prompt that no prefill rank can hold, or that must not be split", () => {
    assert.deepEqual(paths({ prefillPools: [prefillPool({ kvTokensPerRank: 99 })] }), ["clients[0].arrivals"]);
    assert.deepEqual(paths({ prefillPools: [prefillPool({ tokensPerForwardPerRank: 99 })] }), []);
    const whole = prefillPool({ tokensPerForwardPerRank: 99, chunking: false });
    assert.deepEqual(refused({ prefillPools: [whole] }), [
      {
        path: "clients[0].arrivals",
        what: "client's longest prompt has 100 tokens, a rank of prefill takes 99",
        rule: "a prompt is computed on one rank, in one pass where chunking is off",
        fix: "shorter prompts, or 100 tokens of KV and per pass",
      },
    ]);
  });

  it("a client of a pool that is not there", () => {
    assert.deepEqual(refused({ clients: [client({ prefillPool: "elsewhere" })] }), [
      {
        path: "clients[0].prefillPool",
        what: "there is no prefill pool named elsewhere",
        rule: "each client names the pool that computes its prompts",
        fix: "one of prefill",
      },
    ]);
  });

  it("open arrivals without an end, but not a closed loop, a trace or a time", () => {
    const lengths = { inputTokens: 10, outputTokens: 1 };
    const closed = client({ arrivals: { kind: "closed", concurrency: 2, ...lengths } });
    const traced = client({ arrivals: { kind: "trace", requests: [{ atSeconds: 0, ...lengths }] } });
    assert.deepEqual(paths({}, {}), ["requestsPerClient"]);
    assert.deepEqual(paths({}, { durationSeconds: 10 }), []);
    assert.deepEqual(paths({ clients: [closed, traced] }, {}), []);
  });

  it("numbers that mean nothing, all at once", () => {
    const clients = [client({ decode: [], arrivals: poisson(0) })];
    const prefillPools = [prefillPool({ workers: 0, requestsPerPassPerRank: NaN })];
    assert.deepEqual(paths({ clients, prefillPools }, { requestsPerClient: 0, warmUpFraction: 1 }), [
      "requestsPerClient",
      "warmUpFraction",
      "prefillPools[0].workers",
      "prefillPools[0].requestsPerPassPerRank",
      "clients[0].decode.length",
      "clients[0].arrivals.requestsPerSecond",
    ]);
  });

  it("an empty trace", () => {
    const clients = [client({ arrivals: { kind: "trace", requests: [] } })];
    assert.deepEqual(paths({ clients }), ["clients[0].arrivals.inputTokens", "clients[0].arrivals.outputTokens"]);
  });
});
