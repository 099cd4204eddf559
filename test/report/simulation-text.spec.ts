import assert from "node:assert/strict";
import type { ClientResult, SimulationResult } from "../../src/plan/simulate/result";
import type { Distribution } from "../../src/plan/simulate/statistics";
import { simulationText } from "../../src/report/simulation-text";

const spread = (mean: number, p50 = mean, p90 = mean, p99 = mean): Distribution => ({
  mean,
  halfWidth95: 0.1,
  p50,
  p90,
  p99,
});
const about = (mean: number) => ({ mean, halfWidth95: 0.25 });
const stage = { meanRequests: 0, maxRequests: 0, visits: 0, meanSeconds: 0, meanRequestsInWindow: 0 };

function result(client: string, changes: Partial<ClientResult> = {}): ClientResult {
  return {
    client,
    window: { fromSeconds: 10, toSeconds: 20 },
    requests: {
      arrived: 2000,
      finished: 1990,
      inputTokens: 0,
      outputTokens: 0,
      retractions: 1,
      measured: 1234,
      unfinished: 7,
    },
    ttft: {
      quotable: true,
      seconds: spread(9, 0.5, 0.75, 12.34),
      partsSeconds: { admission: about(0.01), queue: about(0.02), prefill: about(0.03), transfer: about(0.04) },
    },
    tpotMilliseconds: spread(23.61, 1, 2, 31.2),
    itlP99Milliseconds: 45,
    e2eSeconds: spread(3, 193.4),
    requestsPerSecond: about(20.84),
    goodputRequestsPerSecond: about(19.5),
    servedShare: 1,
    outputTokensPerSecondPerDecodeGpu: 5270.4,
    decode: {
      gpus: 32,
      busy: 1,
      batchShare: 0.731,
      batchPerRankPeak: 0,
      kvShare: 0.42,
      kvTakenShare: 0.5,
      kvSharePeak: 0.6,
    },
    saturation: { pool: "decode", utilisation: 0.731, headroom: 0.269, queueGrows: false },
    stages: { admission: stage, queue: stage, prefill: stage, transfer: stage, decode: stage },
    series: [],
    ...changes,
  };
}

const prefillPool = {
  name: "chat",
  gpus: 4,
  busy: 0.3,
  utilisation: 0.343,
  computedTokensPerSecondPerGpu: 5072.4,
  computedTokens: 0,
  reusedTokens: 0,
  kvSharePeak: 0,
};

const one: SimulationResult = { seconds: 20, clients: [result("chat")], prefillPools: [prefillPool], fairness: 1 };

describe("a simulation for a terminal", () => {
  it("is a column for a client, and its prefill pool below", () => {
    assert.equal(
      simulationText(one),
      `                                         chat
requests measured                       1,234
requests/s                       20.8 +-0.250
requests/s within both promises          19.5
TTFT p50 s                              0.500
TTFT p90 s                              0.750
TTFT p99 s                               12.3
  waiting for decode                    0.010
  waiting for prefill                   0.020
  prefill                               0.030
  KV transfer                           0.040
TPOT mean ms                             23.6
TPOT p99 ms                              31.2
ITL p99 ms                                 45
whole request p50 s                       193
decode slots used                        73 %
decode KV used                           42 %
output tokens/s per decode GPU          5,270
retracted                                   1
fuller pool                      decode, 73 %

prefill of chat: 34 % used, 5,072 tokens/s per GPU
`,
    );
  });

  it("quotes no TTFT that is refused, and says why; the other client's it does", () => {
    const refusal = { path: "documents.ttft", what: "the decode pool is 99.0 % utilised", rule: "a rule", fix: "" };
    const refused = { ...result("").ttft, quotable: false, refusal };
    const text = simulationText({
      ...one,
      clients: [result("chat"), result("documents", { ttft: refused })],
      prefillPools: [prefillPool, { ...prefillPool, name: "documents" }],
      fairness: 0.875,
    });
    const lines = text.split("\n");
    const found = lines.filter((line) => /^(TTFT| {2}\w)/.test(line)).map((line) => line.trim().split(/ {2,}/));
    assert.deepEqual(found, [
      ["TTFT p50 s", "0.500", "-"],
      ["TTFT p90 s", "0.750", "-"],
      ["TTFT p99 s", "12.3", "-"],
      ["waiting for decode", "0.010", "-"],
      ["waiting for prefill", "0.020", "-"],
      ["prefill", "0.030", "-"],
      ["KV transfer", "0.040", "-"],
    ]);
    assert.deepEqual(lines.slice(-5), [
      "prefill of chat: 34 % used, 5,072 tokens/s per GPU",
      "prefill of documents: 34 % used, 5,072 tokens/s per GPU",
      "fairness (Jain): 0.875",
      "documents: no TTFT is quoted: the decode pool is 99.0 % utilised (a rule)",
      "",
    ]);
  });
});
