import assert from "node:assert/strict";
import { leaderWorkerSetVariables, type EngineProcess } from "../../../src/engines/engine";
import { checkTrtllm, checkTrtllmVersion } from "../../../src/engines/trtllm/check";
import { dialectOf, trtllmVersions } from "../../../src/engines/trtllm/dialect";
import { dynamoFrontend } from "../../../src/engines/trtllm/frontend";
import { shapeName } from "../../../src/engines/trtllm/shapes";
import { trtllm } from "../../../src/engines/trtllm/trtllm";
import { trtllmWarnings } from "../../../src/engines/trtllm/warnings";
import type { PoolIntent } from "../../../src/plan/intent";
import type { PoolPlan } from "../../../src/plan/pool";
import type { Problem } from "../../../src/problems";
import { planned } from "../../support/intents";
import { decode, fp8, longDecode, longPrefill, prefill, tep } from "./pools";

const processOf = (intent: PoolIntent): EngineProcess => trtllm.process(planned(intent), leaderWorkerSetVariables);

const environmentOf = (intent: PoolIntent): Record<string, string | undefined> =>
  Object.fromEntries(processOf(intent).env.map(({ name, value }) => [name, value]));

const told = (problems: readonly Problem[]): readonly (readonly string[])[] =>
  problems.map(({ path, what, fix }) => [path, what, fix]);

const variety: readonly PoolIntent[] = [
  prefill(),
  decode(),
  longPrefill(),
  longDecode(),
  prefill({ ...fp8, gpusPerWorker: 8 }),
  decode({ speculation: { draftTokens: 1, acceptedTokens: 0.8 } }),
  decode({ purpose: "benchmark" }),
  decode({ experts: { balancing: "static", redundantExperts: 32, configMap: "c", key: "k.yaml" } }),
];

describe("TensorRT-LLM under Dynamo", () => {
  it("starts one worker of a role", () => {
    const { command, args, drain, settings } = processOf(prefill());
    assert.deepEqual(command, ["python3", "-m", "dynamo.trtllm"]);
    assert.deepEqual(args, [
      "--model-path",
      "/models/DeepSeek-R1-0528-NVFP4-v2",
      "--served-model-name",
      "DeepSeek-R1-0528-NVFP4-v2",
      "--extra-engine-args",
      "/etc/nvl72/trtllm/engine.yaml",
      "--disaggregation-mode",
      "prefill",
      "--publish-metrics",
    ]);
    assert.equal(drain, undefined);
    assert.deepEqual(settings, {});
  });

  it("brings the engine's file along", () => {
    const files = processOf(decode()).configuration;
    assert.deepEqual(
      files.map(({ key, mountPath }) => [key, mountPath]),
      [["engine.yaml", "/etc/nvl72/trtllm/engine.yaml"]],
    );
    for (const { content } of files) assert.match(content, /^tensor_parallel_size: 32$/m);
  });

  it("publishes metrics where that does not need events as well, and not under measurement", () => {
    const has = (changes: object): boolean => processOf(decode(changes)).args.includes("--publish-metrics");
    assert.ok(has({}));
    assert.ok(!has({ purpose: "benchmark" }));
    assert.ok(!has({ engineVersion: "0.8.1" }));
    assert.ok(!has({ engineVersion: "1.2.1" }));
  });

  it("sets a decode pod's environment", () => {
    assert.deepEqual(environmentOf(decode()), {
      DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS: "410",
      DYN_SYSTEM_PORT: "9090",
      HF_HUB_OFFLINE: "1",
      NCCL_CUMEM_ENABLE: "1",
      NCCL_GRAPH_MIXING_SUPPORT: "0",
      NCCL_MNNVL_ENABLE: "1",
      PYTHONUNBUFFERED: "1",
      TLLM_LOG_LEVEL: "INFO",
      TRITON_CACHE_DIR: "/var/cache/nvl72/triton",
      TRTLLM_ENABLE_PDL: "1",
      TRTLLM_SERVER_DISABLE_GC: "1",
      TRTLLM_WORKER_DISABLE_GC: "1",
      UCX_CUDA_IPC_ENABLE_MNNVL: "y",
      UCX_TLS: "rc,cuda_ipc,cuda_copy,sm,self,tcp",
    });
  });

  it("sets the grace period only where Dynamo knows it", () => {
    const name = "DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS";
    assert.ok(!(name in environmentOf(decode({ engineVersion: "0.8.1" }))));
    assert.equal(environmentOf(decode({ engineVersion: "1.2.1", drainSeconds: 90 }))[name], "90");
  });

  it("asks the system port how it is, and gives the start its budget", () => {
    const plan = planned(decode());
    const { probes } = trtllm.process(plan, leaderWorkerSetVariables);
    assert.deepEqual(probes?.startup, {
      path: "/live",
      port: 9090,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(plan.startup.budgetSeconds / 10),
    });
    assert.equal(probes.readiness.path, "/health");
    assert.equal(probes.liveness.path, "/live");
  });

  it("lets mpirun in where a worker spans trays, and nowhere else", () => {
    const ports = (intent: PoolIntent): readonly string[] => processOf(intent).ports.map(({ name }) => name);
    assert.deepEqual(ports(prefill()), ["system", "ephemeral"]);
    assert.deepEqual(ports(decode()), ["system", "ssh", "ephemeral"]);
  });

  it("says nothing that the operator's quoting breaks", () => {
    for (const intent of variety) assert.ok(processOf(intent).args.every((argument) => !/['\s]/.test(argument)));
  });

  describe("versions", () => {
    it("are Dynamo's, and name the engine inside", () => {
      assert.deepEqual(
        trtllmVersions.map((version) => [version, dialectOf(version)?.tensorrtLlm]),
        [
          ["0.8.1", "1.2.0rc6.post1"],
          ["1.2.1", "1.3.0rc14"],
          ["1.6.1", "1.3.0rc29"],
        ],
      );
    });

    it("in between speak the dialect of the one before", () => {
      assert.equal(dialectOf("0.8.1.post2")?.version, "0.8.1");
      assert.equal(dialectOf("1.0.0")?.version, "0.8.1");
      assert.equal(dialectOf("1.3.1")?.version, "1.2.1");
      assert.equal(dialectOf("1.7.0")?.version, "1.6.1");
      assert.equal(dialectOf("0.8.0"), undefined);
      assert.equal(dialectOf("1.2.0rc6.post1"), undefined);
      assert.equal(dialectOf("latest"), undefined);
    });

    it("know every flag and variable that is rendered", () => {
      for (const version of trtllmVersions) {
        const dialect = dialectOf(version);
        assert.ok(dialect);
        for (const intent of variety) {
          const { args, env } = processOf({ ...intent, engineVersion: version });
          const flags = args.filter((argument) => argument.startsWith("--"));
          assert.deepEqual(
            flags.filter((flag) => !dialect.flags.has(flag)),
            [],
            version,
          );
          const variables = env.map(({ name }) => name).filter((name) => name.startsWith("DYN_"));
          assert.deepEqual(
            variables.filter((name) => !dialect.environment.has(name)),
            [],
            version,
          );
        }
        const frontend = dynamoFrontend(version).args.filter((argument) => argument.startsWith("--"));
        assert.deepEqual(
          frontend.filter((flag) => !dialect.frontendFlags.has(flag)),
          [],
        );
      }
    });

    it("insist on prefill workers where the frontend would do without", () => {
      assert.deepEqual(dynamoFrontend("0.8.1").args, ["--http-port", "8000", "--enforce-disagg"]);
      assert.deepEqual(dynamoFrontend("1.2.1").args, ["--http-port", "8000", "--enforce-disagg"]);
      assert.deepEqual(dynamoFrontend("1.6.1").args, ["--http-port", "8000"]);
      assert.throws(() => dynamoFrontend("0.5.1"), /unchecked engine version 0\.5\.1/);
    });

    it("that are unknown are refused, and not guessed at", () => {
      assert.deepEqual(told(checkTrtllmVersion("0.5.1")), [
        [
          "engine.version",
          "0.5.1 is not a Dynamo version whose flags are known",
          "the version of your image, 0.8.1 or newer, for example 1.6.1",
        ],
      ]);
      assert.deepEqual(checkTrtllmVersion("0.8.1.post2"), []);
      assert.deepEqual(checkTrtllm({ ...planned(decode()), intent: decode({ engineVersion: "0.5.1" }) }), []);
      const unknown = { ...planned(decode()), intent: decode({ engineVersion: "0.5.1" }) };
      assert.throws(() => trtllm.process(unknown, leaderWorkerSetVariables), /unchecked engine version/);
    });
  });

  describe("refuses", () => {
    const refused = (intent: PoolIntent, changes: Partial<PoolPlan> = {}): readonly (readonly string[])[] =>
      told(checkTrtllm({ ...planned(intent), ...changes }));

    it("nothing of what is published", () => {
      for (const intent of variety) assert.deepEqual(refused(intent), []);
      assert.deepEqual(told(checkTrtllm(tep())), []);
    });

    it("another orchestrator than Dynamo", () => {
      assert.deepEqual(refused(prefill({ orchestrator: "leader-worker-set" })), [
        ["engine.orchestrator", "leader-worker-set with TensorRT-LLM", "dynamo, or leave it out"],
      ]);
    });

    it("flags that the plan derives, that the engine's file says, or that nobody knows", () => {
      const extraArgs = ["--model-path=/x", "--max-batch-size", "8", "--max-batch", "--request-plane", "nats"];
      assert.deepEqual(refused(decode({ extraArgs })), [
        ["extraArgs", "--model-path is derived from the pool's own settings", "change the setting it comes from"],
        ["extraArgs", "--max-batch-size is derived from the pool's own settings", "change the setting it comes from"],
        [
          "extraArgs",
          "--max-batch is not a flag of Dynamo 1.6.1's TensorRT-LLM worker",
          "did you mean --max-batch-size?",
        ],
      ]);
    });

    it("what an older dialect did not know", () => {
      const extraArgs = ["--discovery-backend", "etcd"];
      assert.deepEqual(refused(decode({ extraArgs })), []);
      assert.equal(refused(decode({ extraArgs, engineVersion: "0.8.1" })).length, 1);
    });

    it("quotes, which would end the operator's own", () => {
      const extraArgs = ["--custom-jinja-template", "it's.jinja"];
      assert.deepEqual(refused(decode({ extraArgs })), [
        ["extraArgs", "it's.jinja has a quote", "a value without quotes, or a file"],
      ]);
    });

    it("variables that probes and the drain count on", () => {
      const extraEnv = { DYN_SYSTEM_PORT: "8081", DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS: "5" };
      assert.deepEqual(
        refused(decode({ extraEnv })).map(([path]) => path),
        ["extraEnv.DYN_SYSTEM_PORT", "extraEnv.DYN_GRACEFUL_SHUTDOWN_GRACE_PERIOD_SECS"],
      );
    });

    it("benchmark switches in production", () => {
      const extraEnv = { ENABLE_PERFECT_ROUTER: "1" };
      assert.deepEqual(refused(decode({ extraEnv })), [
        ["extraEnv.ENABLE_PERFECT_ROUTER", "set in a pool for production", 'remove it, or say purpose "benchmark"'],
      ]);
      assert.deepEqual(refused(decode({ extraEnv, purpose: "benchmark" })), []);
    });

    it("a pass that does not hold a prompt", () => {
      assert.deepEqual(refused(longPrefill({ tokensPerForwardPerRank: 4096 })), [
        ["tokensPerForwardPerRank", "4096 is less than a prompt of 8192", "8192 or more"],
      ]);
    });

    it("more ranks than the exchange knows", () => {
      const plan = planned(decode());
      const parallel = { ...plan.parallel, tensor: 72, data: 72, expert: 72 };
      assert.deepEqual(refused(decode(), { parallel, physicalExperts: 288 }), [
        ["gpusPerWorker", "DEP72 exchanges tokens between 72 ranks", "32, the largest that is published for GB200"],
      ]);
    });

    it("slots that are too few or do not divide", () => {
      assert.deepEqual(refused(decode(), { physicalExperts: 270 }), [
        ["experts.redundantExperts", "270 slots for 256 experts on 32 ranks", "32"],
      ]);
      assert.deepEqual(refused(decode(), { physicalExperts: 224 }), [
        ["experts.redundantExperts", "224 slots for 256 experts on 32 ranks", "0"],
      ]);
    });

    it("a KV cache that leaves graphs no memory", () => {
      const { memory } = planned(decode());
      const left = memory.usableGib - memory.weightsGib - memory.dispatchGib - memory.workspaceGib;
      assert.deepEqual(refused(decode(), { memory: { ...memory, kvGib: left * 0.98 } }), [
        ["kvTokensPerRank", "2375680 tokens need 0.98 of what weights and workspaces leave", "3765248 or fewer"],
      ]);
    });
  });

  describe("warns", () => {
    const warned = (plan: PoolPlan): readonly string[] =>
      trtllmWarnings(plan).map(({ path, what }) => `${path}: ${what}`);

    it("of nothing that is published", () => {
      assert.deepEqual(warned(planned(prefill())), []);
      assert.deepEqual(warned(tep()), []);
    });

    it("of shapes that nobody published", () => {
      const experts = { balancing: "off", redundantExperts: 32 } as const;
      assert.deepEqual(warned(planned(decode({ gpusPerWorker: 24, experts }))), [
        "gpusPerWorker: no DEP24 worker is published for GB200",
      ]);
      assert.equal(shapeName(tep().parallel), "TEP8");
    });

    it("of FP8 prefill on four GPUs", () => {
      assert.deepEqual(warned({ ...planned(prefill()), intent: prefill(fp8) }), [
        "gpusPerWorker: DEP4 prefill with FP8 experts",
      ]);
    });

    it("of transports that leave KV to TCP", () => {
      const of = (UCX_TLS: string): readonly string[] => warned(planned(prefill({ extraEnv: { UCX_TLS } })));
      assert.deepEqual(of("cuda_ipc,cuda_copy,tcp"), ["extraEnv.UCX_TLS: cuda_ipc,cuda_copy,tcp is without rc"]);
      assert.deepEqual(of("tcp"), ["extraEnv.UCX_TLS: tcp is without cuda_ipc and rc"]);
      assert.deepEqual(of("cuda_copy,cuda_ipc,tcp,rc"), []);
    });

    it("of what moving experts asks of the hosts, and of FP8 experts that move", () => {
      assert.deepEqual(warned(planned(decode())), [
        "experts.mode: dynamic balancing copies experts by the hosts, which must be prepared for it",
      ]);
      assert.equal(trtllm.leastSharedMemoryGib(planned(decode())), 373);
      assert.equal(
        trtllm.leastSharedMemoryGib(planned(decode({ experts: { balancing: "off", redundantExperts: 0 } }))),
        0,
      );
      assert.equal(
        warned(planned(decode({ ...fp8, batchPerRank: 64 })))[0],
        "experts: experts in FP8 are replicated or moved",
      );
    });
  });
});
