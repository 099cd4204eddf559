import assert from "node:assert/strict";
import { prefillScenarios, tokenBudget, type PrefillScenario } from "../../src/plan/token-budget";
import { planned, prefillIntent } from "../support/intents";

describe("token budget of a prefill worker (source 000: one tray, 1024 prompts of 1024 tokens)", () => {
  it("16k tokens per forward: 16 requests per pass, 16 passes per burst, a global chunk of 64k", () => {
    const { burst, ...pool } = prefillScenarios["16k"];
    assert.deepEqual(tokenBudget(burst, pool), {
      requestsPerRank: 256,
      requestsPerPass: 16,
      passesPerBurst: 16,
      tokensPerPass: 65536,
      residentRequestsPerRank: 128,
    });
  });

  it("32k tokens per forward: 32 requests per pass, 8 passes per burst, a global chunk of 128k", () => {
    const { burst, ...pool } = prefillScenarios["32k"];
    assert.deepEqual(tokenBudget(burst, pool), {
      requestsPerRank: 256,
      requestsPerPass: 32,
      passesPerBurst: 8,
      tokensPerPass: 131072,
      residentRequestsPerRank: 128,
    });
  });

  it("splits a prompt longer than a pass into chunks", () => {
    const budget = tokenBudget(
      { requests: 4, inputTokens: 65536 },
      { ranks: 4, tokensPerForwardPerRank: 16384, kvTokensPerRank: 131072 },
    );
    assert.equal(budget.requestsPerPass, 0.25);
    assert.equal(budget.passesPerBurst, 4);
    assert.equal(budget.residentRequestsPerRank, 2);
  });

  it("measured: twice the tokens per pass made the burst 2.6 % faster and its peak rate lower", () => {
    const [smaller, larger]: readonly PrefillScenario[] = [prefillScenarios["16k"], prefillScenarios["32k"]];
    assert.ok(smaller && larger);
    assert.equal(((1 - larger.measuredBurstSeconds / smaller.measuredBurstSeconds) * 100).toFixed(1), "2.6");
    assert.ok(larger.measuredInputTokensPerSecond[1] < smaller.measuredInputTokensPerSecond[1]);
  });

  it("accepts both as pools, and warns of the larger one", () => {
    const warnings = (tokensPerForwardPerRank: number): string[] =>
      planned(prefillIntent({ tokensPerForwardPerRank, kvTokensPerRank: 131072 })).warnings.map(({ path }) => path);
    assert.deepEqual(warnings(16384), []);
    assert.deepEqual(warnings(32768), ["tokensPerForwardPerRank"]);
  });
});
