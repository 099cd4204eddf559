import assert from "node:assert/strict";
import { leaderWorkerSetVariables } from "../../../src/engines/engine";
import { checkSglang } from "../../../src/engines/sglang/check";
import { dialectOf, sglangVersions } from "../../../src/engines/sglang/dialect";
import { environment } from "../../../src/engines/sglang/environment";
import { expertLocationJson } from "../../../src/engines/sglang/expert-location";
import { toArgs } from "../../../src/engines/sglang/flag";
import { launchFlags } from "../../../src/engines/sglang/launch-line";
import { sglang } from "../../../src/engines/sglang/sglang";
import { checkpoints } from "../../../src/plan/model-shape";
import type { PoolIntent } from "../../../src/plan/intent";
import { decodeIntent, planned, prefillIntent } from "../../support/intents";

function argsOf(intent: PoolIntent, version = "0.5.8"): readonly string[] {
  const dialect = dialectOf(version);
  assert.ok(dialect);
  return toArgs(launchFlags(planned({ ...intent, engineVersion: version }), dialect));
}

function environmentOf(intent: PoolIntent, version = "0.5.8"): Record<string, string> {
  const dialect = dialectOf(version);
  assert.ok(dialect);
  const variables = environment(planned({ ...intent, engineVersion: version }), dialect);
  return Object.fromEntries(variables.map(({ name, value, fieldPath }) => [name, value ?? `<${fieldPath ?? ""}>`]));
}

function valueOf(args: readonly string[], name: string): string | undefined {
  return args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
}

/** Every shape of pool that the adapter renders differently. */
const variety: readonly PoolIntent[] = [
  prefillIntent(),
  prefillIntent({ gpusPerWorker: 8 }),
  prefillIntent({ attention: "tensor" }),
  prefillIntent({ gpusPerWorker: 8, checkpoint: checkpoints["deepseek-r1-fp8"] }),
  decodeIntent(),
  decodeIntent({ speculation: { draftTokens: 2, acceptedTokens: 1 } }),
  decodeIntent({ experts: { balancing: "static", redundantExperts: 32, configMap: "c", key: "k.json" } }),
  decodeIntent({
    attention: "tensor",
    gpusPerWorker: 4,
    experts: { balancing: "off", redundantExperts: 0 },
    batchPerRank: 64,
  }),
  decodeIntent({ checkpoint: checkpoints["deepseek-v3.2-fp8"] }),
  decodeIntent({
    checkpoint: checkpoints["qwen3-235b-fp8"],
    gpusPerWorker: 8,
    experts: { balancing: "dynamic", redundantExperts: 8 },
  }),
  decodeIntent({ purpose: "benchmark" }),
];

describe("SGLang", () => {
  describe("global flags from per-rank settings", () => {
    it("multiplies what the engine divides by its ranks, and nothing else", () => {
      const prefill = argsOf(prefillIntent());
      assert.equal(valueOf(prefill, "--chunked-prefill-size"), String(16384 * 4));
      assert.equal(valueOf(prefill, "--max-running-requests"), String(128 * 4));
      assert.equal(valueOf(prefill, "--max-prefill-tokens"), "16384");
      assert.equal(valueOf(prefill, "--max-total-tokens"), "131072");
      const decode = argsOf(decodeIntent());
      assert.equal(valueOf(decode, "--max-running-requests"), String(256 * 32));
      assert.equal(valueOf(decode, "--max-total-tokens"), "2375680");
    });

    it("multiplies by one where attention is split by heads", () => {
      const args = argsOf(prefillIntent({ attention: "tensor" }));
      assert.equal(valueOf(args, "--chunked-prefill-size"), "16384");
      assert.equal(valueOf(args, "--ep-size"), "1");
      assert.ok(!args.includes("--enable-dp-attention"));
    });

    it("renders integers, never 64k", () => {
      for (const intent of variety) assert.ok(argsOf(intent).every((value) => !/^\d+k$/.test(value)));
    });
  });

  describe("dialects", () => {
    it("knows every flag that it renders, in every version", () => {
      for (const version of sglangVersions) {
        const dialect = dialectOf(version);
        assert.ok(dialect);
        for (const intent of variety) {
          const unheard: readonly string[] = argsOf(intent, version).filter(
            (value) => value.startsWith("--") && !dialect.flags.has(value),
          );
          assert.deepEqual(unheard, [], `${version} ${intent.role}`);
        }
      }
    });

    it("uses only values that the version offers", () => {
      for (const version of sglangVersions) {
        const dialect = dialectOf(version);
        assert.ok(dialect);
        for (const intent of variety) {
          const args = argsOf(intent, version);
          for (const [flag, choices] of Object.entries(dialect.choices)) {
            const value = valueOf(args, flag);
            if (value !== undefined) assert.ok(choices.includes(value), `${version} ${flag} ${value}`);
          }
        }
      }
    });

    it("knows every variable of SGLang that it sets, in every version", () => {
      for (const version of sglangVersions) {
        const dialect = dialectOf(version);
        assert.ok(dialect);
        for (const intent of variety) {
          const unheard: readonly string[] = Object.keys(environmentOf(intent, version)).filter(
            (name) => /^SGL(ANG)?_/.test(name) && !dialect.environment.has(name),
          );
          assert.deepEqual(unheard, [], version);
        }
      }
    });

    it("says DP attention as each version wants it", () => {
      assert.ok(argsOf(decodeIntent(), "0.5.8").includes("--enable-dp-attention"));
      assert.equal(valueOf(argsOf(decodeIntent(), "0.5.23"), "--attn-dp-size"), "32");
      assert.ok(!argsOf(decodeIntent(), "0.5.23").includes("--enable-dp-attention"));
    });

    it("balances prefill by the flag that 0.5.5 demands and later versions dropped", () => {
      assert.ok(argsOf(decodeIntent(), "0.5.5").includes("--prefill-round-robin-balance"));
      assert.ok(!argsOf(decodeIntent(), "0.5.8").includes("--prefill-round-robin-balance"));
    });

    it("renames graphs and variables with the version", () => {
      assert.ok(argsOf(decodeIntent(), "0.5.8").includes("--cuda-graph-bs"));
      assert.ok(argsOf(decodeIntent(), "0.5.23").includes("--cuda-graph-bs-decode"));
      assert.equal(environmentOf(decodeIntent(), "0.5.5").SGLANG_CUTEDSL_MOE_NVFP4_DISPATCH, "1");
      assert.equal(environmentOf(decodeIntent(), "0.5.8").SGLANG_MOE_NVFP4_DISPATCH, "1");
      assert.equal(environmentOf(decodeIntent(), "0.5.5").SGL_DISABLE_TP_MEMORY_INBALANCE_CHECK, "1");
      assert.equal(environmentOf(decodeIntent(), "0.5.8").SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK, "0");
    });

    it("takes a release between two known ones for the older, and none before the first", () => {
      assert.equal(dialectOf("0.5.5.post2")?.version, "0.5.5");
      assert.equal(dialectOf("0.5.9")?.version, "0.5.8");
      assert.equal(dialectOf("0.5.99")?.version, "0.5.23");
      assert.equal(dialectOf("0.5.4"), undefined);
      assert.equal(dialectOf("latest"), undefined);
    });
  });

  it("sets a prefill pod's environment", () => {
    assert.deepEqual(environmentOf(prefillIntent()), {
      SGLANG_HOST_IP: "<status.podIP>",
      FLASHINFER_WORKSPACE_BASE: "/var/cache/nvl72/flashinfer",
      HF_HUB_OFFLINE: "1",
      MC_FORCE_MNNVL: "1",
      MC_TE_METRIC: "true",
      NCCL_CUMEM_ENABLE: "1",
      NCCL_MNNVL_ENABLE: "1",
      PYTHONUNBUFFERED: "1",
      SGLANG_DG_CACHE_DIR: "/var/cache/nvl72/deep_gemm",
      SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT: "600",
      SGLANG_DISAGGREGATION_WAITING_TIMEOUT: "600",
      SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK: "0",
      SGLANG_EXPERT_DISTRIBUTION_RECORDER_DIR: "/var/lib/nvl72/recordings",
      SGLANG_MOONCAKE_CUSTOM_MEM_POOL: "NVLINK",
      SGLANG_NVFP4_CKPT_FP8_GEMM_IN_ATTN: "1",
      SGLANG_PER_TOKEN_GROUP_QUANT_8BIT_V2: "1",
      SGLANG_USE_MESSAGE_QUEUE_BROADCASTER: "0",
      TORCH_DISTRIBUTED_DEFAULT_TIMEOUT: "1800",
      TRITON_CACHE_DIR: "/var/cache/nvl72/triton",
    });
  });

  it("keeps benchmark switches to benchmarks", () => {
    const production = environmentOf(decodeIntent());
    const benchmark = environmentOf(decodeIntent({ purpose: "benchmark" }));
    assert.equal(production.SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE, undefined);
    assert.equal(benchmark.SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE, "100000");
    assert.equal(valueOf(argsOf(decodeIntent()), "--watchdog-timeout"), "300");
    assert.equal(valueOf(argsOf(decodeIntent({ purpose: "benchmark" })), "--watchdog-timeout"), "1000000");
    assert.ok(!argsOf(decodeIntent()).includes("--decode-log-interval"));
  });

  describe("the process", () => {
    const process = sglang.process(planned(decodeIntent()), leaderWorkerSetVariables);

    it("lets the startup probe wait as long as the plan allows", () => {
      assert.deepEqual(process.probes?.startup, {
        path: "/health",
        port: 30000,
        periodSeconds: 10,
        timeoutSeconds: 5,
        failureThreshold: 150,
      });
      assert.equal(planned(decodeIntent()).startup.budgetSeconds, 1500);
    });

    it("names the leader and the rank by what the orchestrator injects", () => {
      assert.equal(valueOf(process.args, "--dist-init-addr"), "$(LWS_LEADER_ADDRESS):5757");
      assert.equal(valueOf(process.args, "--node-rank"), "$(LWS_WORKER_INDEX)");
    });

    it("needs neither on one tray", () => {
      const alone = sglang.process(planned(prefillIntent()), leaderWorkerSetVariables);
      assert.deepEqual(alone.command, ["python3", "-m", "sglang.launch_server"]);
      assert.ok(!alone.args.includes("--dist-init-addr"));
    });

    it("tells discovery the bootstrap port of prefill, and opens it for the client's engines", () => {
      const prefill = sglang.process(planned(prefillIntent()), leaderWorkerSetVariables);
      assert.deepEqual(prefill.podAnnotations, { "sglang.ai/bootstrap-port": "30001" });
      assert.deepEqual(process.podAnnotations, {});
      assert.deepEqual(
        prefill.ports.map(({ name, port, lastPort, callers }) => [name, port, lastPort, callers.join("+")]),
        [
          ["http", 30000, undefined, "router+worker+monitoring+operation"],
          ["bootstrap", 30001, undefined, "client"],
          ["dist-init", 5757, 5773, "worker"],
          ["nccl", 28400, undefined, "worker"],
          ["ephemeral", 32768, 65535, "worker+client"],
        ],
      );
    });

    it("mounts a static placement where the flag looks for it", () => {
      const experts = {
        balancing: "static",
        redundantExperts: 32,
        configMap: "placed",
        key: "placement.json",
      } as const;
      const { files, args } = sglang.process(planned(decodeIntent({ experts })), leaderWorkerSetVariables);
      assert.deepEqual(files, [
        { configMap: "placed", key: "placement.json", mountPath: "/etc/nvl72/experts/placement.json" },
      ]);
      assert.equal(valueOf(args, "--init-expert-location"), "/etc/nvl72/experts/placement.json");
    });
  });

  it("writes a placement as the engine reads it", () => {
    const text = expertLocationJson([
      [0, 1, 0],
      [1, 0, 1],
    ]);
    assert.deepEqual(JSON.parse(text), {
      physical_to_logical_map: [
        [0, 1, 0],
        [1, 0, 1],
      ],
    });
  });

  describe("refuses", () => {
    const problem = (intent: PoolIntent): readonly (readonly [string, string])[] =>
      checkSglang(planned(intent)).map(({ path, fix }) => [path, fix]);

    it("a version whose flags nobody read", () => {
      assert.deepEqual(
        sglang.checkVersion("latest").map(({ path, fix }) => [path, fix]),
        [["engine.version", "the version of your image, 0.5.5 or newer, for example 0.5.8"]],
      );
      assert.deepEqual(sglang.checkVersion("0.5.8.post1"), []);
    });

    it("a flag that the version does not have, and names the one that was meant", () => {
      assert.deepEqual(problem(decodeIntent({ extraArgs: ["--cuda-graph-bs-decode", "8"] })), [
        ["extraArgs", "did you mean --cuda-graph-bs?"],
      ]);
      assert.deepEqual(problem(decodeIntent({ extraArgs: ["--log-level", "debug", "--crash-dump-folder=/tmp"] })), []);
    });

    it("a flag that the plan derives", () => {
      assert.deepEqual(problem(decodeIntent({ extraArgs: ["--max-running-requests=4"] })), [
        ["extraArgs", "change the setting it comes from"],
      ]);
    });

    it("a dispatch cap behind the plan's back", () => {
      const extraEnv = { SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK: "1408" };
      assert.deepEqual(problem(decodeIntent({ extraEnv })), [
        ["extraEnv.SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK", "set dispatchTokensPerRank"],
      ]);
    });

    it("two-batch overlap with speculation", () => {
      const speculation = { draftTokens: 1, acceptedTokens: 0.5 };
      assert.deepEqual(problem(decodeIntent({ extraArgs: ["--enable-two-batch-overlap"], speculation })), [
        ["extraArgs", "one of the two"],
      ]);
    });
  });
});
