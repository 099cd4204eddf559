import assert from "node:assert/strict";
import { leaderWorkerSetVariables, type EngineProcess } from "../../src/engines/engine";
import { findEngine } from "../../src/engines/engines";
import type { DecodeIntent, ExpertIntent, PoolIntent } from "../../src/plan/intent";
import { decodeIntent, planned } from "../support/intents";
import { decode as trtllmDecode } from "./trtllm/pools";
import { decodeOn, onRay, onServers } from "./vllm/cases";

const off: ExpertIntent = { balancing: "off", redundantExperts: 0 };
const dynamic: ExpertIntent = { balancing: "dynamic", redundantExperts: 32 };
const recordable = { ...dynamic, recordingsClaim: "recordings" };
const watched = { ...dynamic, watched: true };

function refused(intent: PoolIntent): readonly string[] {
  const problems = findEngine(intent.engine)?.check(planned(intent)) ?? [];
  return problems.map(({ path, what, rule }) => `${path}: ${what} — ${rule}`);
}

function processOf(intent: PoolIntent): EngineProcess {
  const engine = findEngine(intent.engine);
  if (engine === undefined) throw new Error(intent.engine);
  return engine.process(planned(intent), leaderWorkerSetVariables);
}

function environmentOf(intent: PoolIntent): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(processOf(intent).env.map(({ name, value }) => [name, value]));
}

const sglang = (engineVersion: string, experts: ExpertIntent): DecodeIntent => decodeIntent({ engineVersion, experts });
const versions = ["0.5.5", "0.5.8", "0.5.23"] as const;

describe("SGLang", () => {
  /** What watching adds to a launch. */
  function addedByWatching(version: string, experts: ExpertIntent): object {
    const [plain, more] = [sglang(version, experts), sglang(version, { ...experts, watched: true })];
    const before = new Set(processOf(plain).args);
    const environment = environmentOf(plain);
    return {
      args: processOf(more).args.filter((argument) => !before.has(argument)),
      env: Object.fromEntries(Object.entries(environmentOf(more)).filter(([name]) => !(name in environment))),
    };
  }

  it("is recorded in every version", () => {
    for (const version of versions) {
      assert.deepEqual(refused(sglang(version, recordable)), []);
      const { args, recordings } = processOf(sglang(version, { ...off, recordingsClaim: "recordings" }));
      assert.equal(args.filter((argument) => argument === "--expert-distribution-recorder-mode").length, 1);
      assert.deepEqual(recordings, { claim: "recordings", directory: "/var/lib/nvl72/recordings" });
    }
  });

  it("cannot be recorded where its kernels choose experts unseen, or its calls want a key", () => {
    const recorded = { ...off, recordingsClaim: "recordings" };
    const rule = (changes: Partial<DecodeIntent>): readonly string[] =>
      refused(decodeIntent({ engineVersion: "0.5.8", experts: recorded, ...changes })).filter((text) =>
        text.startsWith("experts.recordingsClaim"),
      );
    const whole = { attention: "tensor", expertSplit: "whole" } as const;
    assert.deepEqual(rule(whole), [
      "experts.recordingsClaim: recordings of SGLang 0.5.8 — " +
        "its flashinfer_trtllm runner chooses experts inside the kernel, where the recorder sees none (topk.py)",
    ]);
    assert.deepEqual(rule({ ...whole, expertSplit: "sliced" }), [
      "experts.recordingsClaim: recordings of SGLang 0.5.8 — " +
        "experts are sliced over all GPUs, so that none is fuller than another",
    ]);
    for (const key of ["--api-key", "--admin-api-key=secret"]) {
      assert.deepEqual(rule({ extraArgs: [key] }), [
        "experts.recordingsClaim: recordings of SGLang 0.5.8 — " +
          `with ${key.split("=")[0] ?? ""} the recorder's calls are refused, and its Job has no key`,
      ]);
    }
    assert.deepEqual(rule({}), []);
  });

  it("cannot be watched with drafts, whose steps report no balance", () => {
    const speculation = { draftTokens: 1, acceptedTokens: 0.8 };
    assert.deepEqual(
      refused(decodeIntent({ engineVersion: "0.5.8", experts: watched, speculation })).filter((text) =>
        text.startsWith("experts.drift"),
      ),
      [
        "experts.drift: a watch over the experts of SGLang 0.5.8 — " +
          "steps with drafts report no balance, so the alert would never fire",
      ],
    );
  });

  it("cannot be watched before 0.5.8, which is said with what to do instead", () => {
    assert.deepEqual(refused(sglang("0.5.5", watched)), [
      "experts.drift: a watch over the experts of SGLang 0.5.5 — " +
        "versions before 0.5.8 report the balance of steps in their log alone",
    ]);
    for (const version of ["0.5.8", "0.5.8.post1", "0.5.9", "0.5.23"]) {
      assert.deepEqual(refused(sglang(version, watched)), []);
    }
  });

  it("0.5.8 reports the balance by a flag and a variable, which alone makes it a metric", () => {
    assert.deepEqual(addedByWatching("0.5.8", off), {
      args: ["--expert-distribution-recorder-mode", "stat", "--enable-expert-distribution-metrics"],
      env: { SGLANG_ENABLE_EPLB_BALANCEDNESS_METRIC: "1" },
    });
  });

  it("0.5.23 reports it by a flag with a value, and ends at the variable", () => {
    assert.deepEqual(addedByWatching("0.5.23", off), {
      args: ["--expert-distribution-recorder-mode", "stat", "--expert-balancedness-report-mode", "prometheus"],
      env: {},
    });
  });

  it("has one recorder, whoever needs it", () => {
    assert.deepEqual(addedByWatching("0.5.8", recordable), {
      args: ["--enable-expert-distribution-metrics"],
      env: { SGLANG_ENABLE_EPLB_BALANCEDNESS_METRIC: "1" },
    });
    assert.deepEqual(addedByWatching("0.5.23", dynamic), {
      args: ["--expert-balancedness-report-mode", "prometheus"],
      env: {},
    });
  });

  it("starts as before where nobody records or watches", () => {
    for (const version of versions) {
      const { args, recordings, scratchDirectories } = processOf(sglang(version, off));
      assert.ok(!args.some((argument) => /recorder|balancedness|distribution-metrics/.test(argument)));
      assert.equal(recordings, undefined);
      assert.deepEqual(scratchDirectories, ["/var/cache/nvl72", "/var/lib/nvl72/recordings"]);
    }
  });
});

describe("vLLM", () => {
  it("is neither recorded nor watched, with Ray or without", () => {
    for (const on of [onServers, onRay]) {
      assert.deepEqual(refused(decodeOn(on, { experts: { ...recordable, watched: true } })), [
        "experts.recordingsClaim: recordings of vLLM — " +
          "it keeps to itself which experts it uses: no endpoint, no file (0.11.2 to 0.33.0)",
        "experts.drift: a watch over the experts of vLLM — " +
          "it writes the balance of a step to its log alone (EPLBConfig.log_balancedness)",
      ]);
      assert.deepEqual(refused(decodeOn(on, { experts: dynamic })), []);
    }
    assert.equal(findEngine("vllm")?.recorder, undefined);
  });
});

describe("TensorRT-LLM", () => {
  const variables = (experts: ExpertIntent): object =>
    Object.fromEntries(
      Object.entries(environmentOf(trtllmDecode({ experts }))).filter(([name]) => name.startsWith("EXPERT_STATISTIC")),
    );

  it("records itself by its environment, into a folder of the claim for each placement", () => {
    const inOrder: ExpertIntent = { ...recordable, balancing: "off", redundantExperts: 0 };
    assert.deepEqual(refused(trtllmDecode({ experts: inOrder })), []);
    assert.deepEqual(variables(inOrder), {
      EXPERT_STATISTIC_ITER_RANGE: "4000-5000",
      EXPERT_STATISTIC_PATH: "/var/lib/nvl72/recordings/in-order",
    });
    const placed: ExpertIntent = { ...recordable, balancing: "static", configMap: "recorded", key: "placement.yaml" };
    assert.deepEqual(variables(placed), {
      EXPERT_STATISTIC_ITER_RANGE: "4000-5000",
      EXPERT_STATISTIC_PATH: "/var/lib/nvl72/recordings/recorded",
    });
    assert.deepEqual(processOf(trtllmDecode({ experts: inOrder })).recordings, {
      claim: "recordings",
      directory: "/var/lib/nvl72/recordings",
    });
  });

  it("is not recorded while it moves experts: its counts are of slots then", () => {
    assert.deepEqual(refused(trtllmDecode({ experts: recordable })), [
      "experts.recordingsClaim: recordings of TensorRT-LLM — while it moves experts it counts slots, and does not say whose they were",
    ]);
  });

  it("records nothing without a claim, where it would cost speed", () => {
    assert.deepEqual(variables(dynamic), {});
    assert.equal(processOf(trtllmDecode({ experts: dynamic })).recordings, undefined);
  });

  it("is not watched", () => {
    assert.deepEqual(refused(trtllmDecode({ experts: watched })), [
      "experts.drift: a watch over the experts of TensorRT-LLM — it has no metric of its experts' balance",
    ]);
  });
});
