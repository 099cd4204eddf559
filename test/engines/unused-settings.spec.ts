import assert from "node:assert/strict";
import { findEngine } from "../../src/engines/engines";
import type { PoolIntent } from "../../src/plan/intent";
import { decodeIntent, planned } from "../support/intents";
import { decode as trtllmDecode, prefill as trtllmPrefill } from "./trtllm/pools";
import { decodeOn, onServers, prefillOn } from "./vllm/cases";

function refused(intent: PoolIntent): readonly string[] {
  const problems = findEngine(intent.engine)?.check(planned(intent)) ?? [];
  return problems.map(({ path, what, rule }) => `${path}: ${what} — ${rule}`);
}

describe("a setting that an engine has no use for", () => {
  it("is refused with what decides instead: vLLM", () => {
    assert.deepEqual(refused(prefillOn(onServers, { prefillTokensPerRank: 16384 })), [
      "prefillTokensPerRank: is stated, and vLLM has no such setting — " +
        "one number admits and computes: tokensPerForwardPerRank (max_num_batched_tokens)",
    ]);
    assert.deepEqual(refused(decodeOn(onServers, { reservedDecodeTokens: 512, dispatchTokensPerRank: 256 })), [
      "reservedDecodeTokens: is stated, and vLLM has no such setting — " +
        "it preempts and computes again where KV runs out, and reserves nothing",
      "dispatchTokensPerRank: is stated, and vLLM has no such setting — " +
        "only low-latency dispatch has a buffer of a fixed size",
    ]);
    assert.deepEqual(refused(decodeOn(onServers, { staticMemoryFraction: 0.92 })), []);
  });

  it("is refused with what decides instead: TensorRT-LLM", () => {
    assert.deepEqual(refused(trtllmPrefill({ prefillTokensPerRank: 16384, staticMemoryFraction: 0.8 })), [
      "prefillTokensPerRank: is stated, and TensorRT-LLM has no such setting — " +
        "one number admits and computes: tokensPerForwardPerRank (max_num_tokens)",
      "staticMemoryFraction: is stated, and TensorRT-LLM has no such setting — " +
        "KV is bounded by its tokens: kvTokensPerRank (kv_cache_config.max_tokens)",
    ]);
    assert.equal(refused(trtllmDecode({ reservedDecodeTokens: 512 })).length, 1);
  });

  it("is refused with what decides instead: SGLang, which has all but one without low-latency dispatch", () => {
    assert.deepEqual(refused(decodeIntent({ reservedDecodeTokens: 512, staticMemoryFraction: 0.8 })), []);
    assert.deepEqual(refused(decodeIntent({ dispatchTokensPerRank: 512 })), []);
    assert.deepEqual(refused(decodeIntent({ dispatch: "none", dispatchTokensPerRank: 512 })), [
      "dispatchTokensPerRank: is stated, and SGLang has no such setting — " +
        "only low-latency dispatch has a buffer of a fixed size",
    ]);
  });
});
