import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { domainRef } from "../../src/components/domain-ref";
import { publish } from "../../src/components/expert-publication";
import { RefusedError } from "../../src/problems";
import { balancerArgs, domainArgs, ownShare } from "../../stacks/client-args";
import { planClientStack } from "../../stacks/client-plan";
import { parseStackConfig, type ClientConfig } from "../../stacks/config";
import { recordingArgs, verificationArgs, type RecorderRefs } from "../../stacks/recording-args";
import { sizePools } from "../../stacks/sized-config";
import { client, origin } from "../support/client-config";
import { poolRef, staticBalancerArgs } from "../support/component-args";

const share = ownShare("client1", 9);

const vllm = { name: "vllm", version: "0.33.0", image: "vllm/vllm-openai:v0.33.0", orchestrator: "leader-worker-set" };
const recording = "client1.experts.json";

function configOf(experts: object, changes: object = {}): ClientConfig {
  const config = parseStackConfig({ ...client, ...changes, experts }, origin);
  assert.equal(config.program, "client");
  return config;
}

function refusalOf(experts: object): string[] {
  try {
    configOf(experts);
  } catch (error) {
    if (error instanceof RefusedError) return error.message.split("\n");
    throw error;
  }
  throw new Error("was accepted");
}

describe("the configuration of recordings", () => {
  const directory = mkdtempSync(join(tmpdir(), "nvl72-recording-"));
  before(() => {
    const counts = staticBalancerArgs(1).recording;
    writeFileSync(join(directory, recording), JSON.stringify({ model: "R1", layers: 61, experts: 256, counts }));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  /** Problems of a whole client, in the terms of its stack file. */
  function problemsOf(experts: object, changes: object = {}): readonly (readonly [string, string])[] {
    const { problems } = planClientStack(configOf(experts, changes), share, directory);
    return problems.map(({ path, what }) => [path, what]);
  }

  it("says what to record, when to alert, and what gain is worth a roll", () => {
    const record = { claim: "recordings", run: "2026-11-22", verify: true, windowSeconds: 10, leastWindows: 3 };
    const precision = { errorPercent: 2, limitSeconds: 600, margin: 0.1 };
    const drift = { margin: 0.2, forMinutes: 10, severity: "page", ruleLabels: { release: "prometheus" } };
    const experts = { mode: "static", redundant: 32, recording, leastGain: 0.02, drift };
    assert.deepEqual(configOf({ ...experts, record: { ...record, ...precision } }).experts, {
      ...experts,
      record: { ...record, ...precision },
    });
    assert.deepEqual(configOf({ mode: "dynamic", redundant: 32, record: { claim: "c" }, drift: {} }).experts, {
      mode: "dynamic",
      redundant: 32,
      record: { claim: "c", verify: false },
      drift: {},
    });
  });

  it("takes a number for a run as the text that it is", () => {
    const run = (stated: unknown): unknown => configOf({ mode: "off", record: { claim: "c", run: stated } }).experts;
    assert.deepEqual(run(1), run("1"));
    assert.deepEqual(run(1), { mode: "off", redundant: 0, record: { claim: "c", run: "1", verify: false } });
  });

  it("refuses keys and units that it does not know, where they stand", () => {
    const wrong = { claim: "c", windowMinutes: 1, run: true };
    assert.deepEqual(
      refusalOf({ mode: "off", gain: 0.1, record: wrong, drift: { forSeconds: 60 }, leastGain: -1 }).filter(
        (line) => !line.startsWith("      rule"),
      ),
      [
        "nvl72: client1 (Pulumi.client1.yaml) cannot run as configured (5 problems), nothing was changed",
        "  experts.leastGain: read -1: Too small: expected number to be >=0",
        "      fix:  see the README's table of settings",
        "  experts.record.run: read true: Invalid input",
        "      fix:  see the README's table of settings",
        "  experts.record.windowMinutes: unknown key",
        "      fix:  one of claim, run, verify, windowSeconds, leastWindows, errorPercent, limitSeconds, margin; units are part of the names",
        "  experts.drift.forSeconds: unknown key",
        "      fix:  one of margin, forMinutes, severity, ruleLabels; units are part of the names",
        "  experts.gain: unknown key",
        "      fix:  one of mode, redundant, recording, leastGain, record, drift; units are part of the names",
      ],
    );
  });

  it("wants a claim to record into", () => {
    assert.equal(
      refusalOf({ mode: "off", record: { run: 1 } })[1],
      "  experts.record.claim: missing: Invalid input: expected string, received undefined",
    );
  });

  it("wants a file for what is recorded, and for what is verified", () => {
    const missing = [["experts.recording", "no file, and recordings are asked for"]];
    assert.deepEqual(problemsOf({ mode: "off", record: { claim: "c", run: 1 } }), missing);
    assert.deepEqual(problemsOf({ mode: "dynamic", redundant: 32, record: { claim: "c", verify: true } }), missing);
    assert.deepEqual(problemsOf({ mode: "off", record: { claim: "c" } }), []);
    assert.deepEqual(problemsOf({ mode: "off", recording, record: { claim: "c", run: 1 } }), []);
  });

  it("records a pool that is placed by the file it records into, and one that is not", () => {
    for (const mode of ["static", "dynamic"]) {
      assert.deepEqual(problemsOf({ mode, redundant: 32, recording, record: { claim: "c", run: 1 } }), []);
    }
  });

  it("is refused with an engine that cannot, at what the stack file says", () => {
    assert.deepEqual(
      problemsOf(
        { mode: "dynamic", redundant: 32, recording, record: { claim: "c", run: 1 }, drift: {} },
        { engine: vllm },
      ),
      [
        ["experts.record.claim", "recordings of vLLM"],
        ["experts.drift", "a watch over the experts of vLLM"],
      ],
    );
  });

  it("tells numbers and names that cannot work where the stack file has them", () => {
    const record = { claim: "C", run: 1, windowSeconds: 601, margin: 0.9 };
    assert.deepEqual(
      problemsOf({ mode: "off", recording: "client1.experts.yaml", record: { ...record, claim: "c" } }),
      [
        ["experts.record.windowSeconds", "601 is not from 1 to 600"],
        ["experts.record.limitSeconds", "900 is not from 3005 to 86400"],
        ["experts.record.margin", "0.9 is not from 0 to 0.5"],
        ["experts.recording", "client1.experts.yaml is not the name of a JSON file"],
      ],
    );
    assert.deepEqual(problemsOf({ mode: "dynamic", redundant: 32, recording, record, drift: { margin: 2 } }), [
      ["experts.drift.margin", "2 is not a share of the promise"],
      ["experts.record.claim", '"C" is no name of a PersistentVolumeClaim'],
    ]);
    assert.deepEqual(problemsOf({ mode: "off", drift: {} }), [
      ["experts.drift", "a watch over experts in the model's order"],
    ]);
    assert.deepEqual(problemsOf({ mode: "off", recording, record: { claim: "c", run: " " } }), [
      ["experts.record.run", "empty"],
    ]);
  });

  it("makes the pool recordable and the placement what it is for", () => {
    const sized = sizePools(
      configOf({ mode: "static", redundant: 32, recording, leastGain: 0.02, record: { claim: "c" }, drift: {} }),
      share,
    );
    assert.ok("config" in sized);
    const domain = domainRef(domainArgs(sized.config, share));
    assert.deepEqual(balancerArgs(sized.config, domain, "stacks"), {
      domain,
      preset: "deepseek-r1-nvfp4",
      engine: "sglang",
      mode: "static",
      redundantExperts: 32,
      expertParallelSize: 32,
      recordingFile: "stacks/client1.experts.json",
      leastGain: 0.02,
      recordingsClaim: "c",
      drift: {},
    });
  });

  describe("the recorders of a client", () => {
    /** What they are given in the folder of the stack files. */
    function recorders(experts: object, changes: object = {}) {
      const sized = sizePools(configOf(experts, changes), share);
      assert.ok("config" in sized);
      const domain = domainRef(domainArgs(sized.config, share));
      const published = publish("client1-experts", balancerArgs(sized.config, domain, directory));
      assert.ok("design" in published);
      const refs: RecorderRefs = { domain, pool: poolRef("decode"), experts: published.design.ref };
      return {
        refs,
        recording: recordingArgs(sized.config, refs, "stacks"),
        verification: verificationArgs(sized.config, refs, "stacks"),
      };
    }
    const placed = { mode: "static", redundant: 32, recording };

    it("are none where none is asked for", () => {
      const asked = [placed, { ...placed, record: { claim: "c" } }, { mode: "off", redundant: 0 }];
      for (const experts of asked) {
        const { recording: record, verification } = recorders(experts);
        assert.deepEqual([record, verification], [undefined, undefined]);
      }
    });

    it("record into the file that the placement is computed from, named from where commands run", () => {
      const { refs, recording: record } = recorders({ ...placed, record: { claim: "c", run: 7 } });
      assert.deepEqual(record, {
        ...refs,
        preset: "deepseek-r1-nvfp4",
        run: "7",
        file: "stacks/client1.experts.json",
      });
    });

    it("pass on precision, secrets and the cluster", () => {
      const numbers = { windowSeconds: 10, leastWindows: 3, errorPercent: 2, limitSeconds: 600, margin: 0.1 };
      const { refs, recording: record } = recorders(
        { ...placed, record: { claim: "c", run: "1", ...numbers } },
        { cluster: { context: "rack" }, engine: { ...(client.engine as object), imagePullSecrets: ["mirror"] } },
      );
      assert.deepEqual(record, {
        ...refs,
        preset: "deepseek-r1-nvfp4",
        run: "1",
        file: "stacks/client1.experts.json",
        ...numbers,
        imagePullSecrets: ["mirror"],
        context: "rack",
      });
    });

    it("verify every new placement once, into a file of its own", () => {
      const { refs, recording: record, verification } = recorders({ ...placed, record: { claim: "c", verify: true } });
      assert.equal(record, undefined);
      assert.match(refs.experts.configMap, /^client1-experts-[0-9a-f]{10}$/);
      assert.deepEqual(verification, {
        ...refs,
        preset: "deepseek-r1-nvfp4",
        run: refs.experts.configMap,
        file: "stacks/client1.experts.verified.json",
      });
    });

    it("verify nothing of an engine that records once after each start", () => {
      const engine = { name: "trtllm", version: "1.6.1", image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1" };
      const pools = {
        prefill: { workers: 1, gpusPerWorker: 4 },
        decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 64 },
      };
      const record = { claim: "c", verify: true };
      const { problems } = planClientStack(
        configOf({ mode: "off", redundant: 0, recording, record }, { engine, pools }),
        share,
        ".",
      );
      assert.deepEqual(
        problems.map(({ path: where }) => where).filter((where) => where.startsWith("experts")),
        ["experts.record.verify"],
      );
    });

    it("verify nothing where nothing is promised", () => {
      for (const mode of ["off", "dynamic"]) {
        const experts = { mode, redundant: 32, recording, record: { claim: "c", verify: true, run: "1" } };
        const { recording: record, verification } = recorders(experts);
        assert.deepEqual([record?.run, verification], ["1", undefined]);
      }
    });
  });
});
