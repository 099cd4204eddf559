import assert from "node:assert/strict";
import { dialectOf, vllmVersions } from "../../../src/engines/vllm/dialect";
import { vllm } from "../../../src/engines/vllm/vllm";
import { checkpoints } from "../../../src/plan/model-shape";
import { planned } from "../../support/intents";
import { decodeOn, environmentOf, nested, onServers, prefillOn, processOf, valueOf, variety } from "./cases";

const unbalanced = { balancing: "off", redundantExperts: 0 } as const;

describe("vLLM, one server per tray", () => {
  it("launches a tray of prefill", () => {
    const { command, args } = processOf(prefillOn(onServers));
    assert.deepEqual(command, ["vllm"]);
    assert.deepEqual(args, [
      ...["serve", "/models/DeepSeek-R1-0528-NVFP4-v2"],
      ...["--served-model-name", "DeepSeek-R1-0528-NVFP4-v2"],
      ...["--host", "0.0.0.0"],
      ...["--port", "8000"],
      ...["--api-server-count", "4"],
      ...["--max-model-len", "9280"],
      ...["--gpu-memory-utilization", "0.9"],
      ...["--kv-cache-dtype", "fp8"],
      "--enable-prefix-caching",
      "--enable-cumem-allocator",
      ...["--tensor-parallel-size", "1"],
      ...["--data-parallel-size", "4"],
      "--enable-expert-parallel",
      ...["--all2all-backend", "allgather_reducescatter"],
      ...["--max-num-seqs", "128"],
      ...["--max-num-batched-tokens", "16384"],
      "--enforce-eager",
      "--kv-transfer-config",
      '{"kv_connector":"NixlConnector","kv_role":"kv_producer","kv_load_failure_policy":"fail"}',
    ]);
  });

  it("launches eight trays of decode, each with its own ranks and API servers", () => {
    const { command, args } = processOf(decodeOn(onServers));
    assert.deepEqual(command.slice(0, 2), ["python3", "-c"]);
    assert.deepEqual(args, [
      ...["$(LWS_LEADER_ADDRESS)", "$(LWS_WORKER_INDEX)"],
      ...["serve", "/models/DeepSeek-R1-0528-NVFP4-v2"],
      ...["--served-model-name", "DeepSeek-R1-0528-NVFP4-v2"],
      ...["--host", "0.0.0.0"],
      ...["--port", "8000"],
      ...["--api-server-count", "4"],
      ...["--data-parallel-size-local", "4"],
      "--data-parallel-hybrid-lb",
      ...["--data-parallel-rpc-port", "13345"],
      ...["--max-model-len", "9280"],
      ...["--gpu-memory-utilization", "0.9"],
      ...["--kv-cache-dtype", "fp8"],
      "--no-enable-prefix-caching",
      "--enable-cumem-allocator",
      ...["--tensor-parallel-size", "1"],
      ...["--data-parallel-size", "32"],
      "--enable-expert-parallel",
      ...["--all2all-backend", "flashinfer_nvlink_two_sided"],
      "--enable-eplb",
      "--eplb-config",
      '{"window_size":1000,"step_interval":3000,"num_redundant_experts":32,"log_balancedness":false}',
      ...["--max-num-seqs", "256"],
      ...["--max-num-batched-tokens", "256"],
      "--compilation-config",
      '{"cudagraph_mode":"FULL_DECODE_ONLY","cudagraph_capture_sizes":[1,2,4,8,16,32,64,128,192,256]}',
      "--kv-transfer-config",
      '{"kv_connector":"NixlConnector","kv_role":"kv_consumer","kv_load_failure_policy":"fail"}',
    ]);
  });

  it("splits heads over several trays with one server and headless engines beside it", () => {
    const { args } = processOf(
      decodeOn(onServers, {
        attention: "tensor",
        gpusPerWorker: 8,
        batchPerRank: 64,
        experts: unbalanced,
        dispatch: "none",
      }),
    );
    assert.equal(valueOf(args, "--nnodes"), "2");
    assert.equal(valueOf(args, "--master-port"), "29501");
    assert.equal(valueOf(args, "--tensor-parallel-size"), "8");
    for (const flag of [
      "--enable-expert-parallel",
      "--all2all-backend",
      "--data-parallel-size",
      "--api-server-count",
    ]) {
      assert.ok(!args.includes(flag), flag);
    }
  });

  it("serves from every tray where each has ranks of its own, from the leader otherwise", () => {
    assert.equal(vllm.servesFrom(planned(decodeOn(onServers))), "every tray");
    assert.equal(vllm.servesFrom(planned(prefillOn(onServers))), "leader");
    assert.equal(vllm.servesFrom(planned(prefillOn(onServers, { attention: "tensor", gpusPerWorker: 8 }))), "leader");
  });

  it("keeps per-rank settings per rank: a data-parallel rank has a scheduler of its own", () => {
    const small = processOf(decodeOn(onServers, { gpusPerWorker: 8, experts: unbalanced })).args;
    const large = processOf(decodeOn(onServers, { gpusPerWorker: 32, experts: unbalanced })).args;
    for (const flag of ["--max-num-seqs", "--max-num-batched-tokens"]) {
      assert.equal(valueOf(small, flag), "256");
      assert.equal(valueOf(large, flag), "256");
    }
  });

  it("counts drafts in the tokens of a step and in the sizes of its graphs", () => {
    const speculation = { draftTokens: 2, acceptedTokens: 1 };
    const { args } = processOf(decodeOn(onServers, { batchPerRank: 64, speculation }));
    assert.equal(valueOf(args, "--max-num-seqs"), "64");
    assert.equal(valueOf(args, "--max-num-batched-tokens"), "192");
    assert.deepEqual(nested(args, "--compilation-config").cudagraph_capture_sizes, [3, 6, 12, 24, 48, 96, 192]);
    assert.deepEqual(nested(args, "--speculative-config"), { method: "mtp", num_speculative_tokens: 2 });
  });

  it("bounds memory as a whole, and KV alone only where its size was asked for", () => {
    const free = processOf(prefillOn(onServers)).args;
    assert.ok(!free.includes("--kv-cache-memory-bytes"));
    const asked = processOf(prefillOn(onServers, { kvTokensPerRank: 262144, staticMemoryFraction: 0.84 })).args;
    // 262144 tokens of 61 layers with 576 bytes each.
    assert.equal(valueOf(asked, "--kv-cache-memory-bytes"), String(262144 * 61 * 576));
    assert.equal(valueOf(asked, "--gpu-memory-utilization"), "0.84");
  });

  it("says BF16 KV to sparse attention alone, which would store FP8", () => {
    const sparse = { checkpoint: checkpoints["deepseek-v3.2-fp8"], kvCacheType: "bf16" } as const;
    assert.equal(valueOf(processOf(decodeOn(onServers, sparse)).args, "--kv-cache-dtype"), "bfloat16");
    const plain = { checkpoint: checkpoints["deepseek-r1-fp8"], kvCacheType: "bf16" } as const;
    assert.equal(valueOf(processOf(decodeOn(onServers, plain)).args, "--kv-cache-dtype"), undefined);
  });

  it("overlaps two batches behind DeepEP, and sizes its buffer by the dispatch cap", () => {
    const checkpoint = checkpoints["deepseek-r1-fp8"];
    const decode = processOf(decodeOn(onServers, { checkpoint, batchPerRank: 300, dispatch: "low-latency" }));
    assert.equal(valueOf(decode.args, "--all2all-backend"), "deepep_low_latency");
    assert.equal(valueOf(decode.args, "--max-num-batched-tokens"), "512");
    assert.equal(valueOf(decode.args, "--dbo-decode-token-threshold"), "32");
    assert.equal(environmentOf(decode).VLLM_DEEPEP_LOW_LATENCY_USE_MNNVL, "1");
    const prefill = processOf(prefillOn(onServers, { checkpoint, gpusPerWorker: 8, dispatch: "normal" }));
    assert.equal(valueOf(prefill.args, "--all2all-backend"), "deepep_high_throughput");
    assert.ok(prefill.args.includes("--enable-dbo"));
    assert.ok(!processOf(decodeOn(onServers)).args.includes("--enable-dbo"));
  });

  it("computes every prompt in a benchmark, and reuses what prompts share in production", () => {
    assert.ok(processOf(prefillOn(onServers)).args.includes("--enable-prefix-caching"));
    assert.ok(processOf(prefillOn(onServers, { purpose: "benchmark" })).args.includes("--no-enable-prefix-caching"));
  });

  it("passes extra arguments on, behind its own", () => {
    const { args } = processOf(decodeOn(onServers, { extraArgs: ["--stream-interval", "50"] }));
    assert.deepEqual(args.slice(-2), ["--stream-interval", "50"]);
  });

  it("sets a decode pod's environment", () => {
    assert.deepEqual(environmentOf(processOf(decodeOn(onServers, { extraEnv: { UCX_MEMTYPE_REG_WHOLE: "n" } }))), {
      VLLM_HOST_IP: "<status.podIP>",
      VLLM_NIXL_SIDE_CHANNEL_HOST: "<status.podIP>",
      FLASHINFER_WORKSPACE_BASE: "/var/cache/nvl72/flashinfer",
      HF_HUB_OFFLINE: "1",
      NCCL_CUMEM_ENABLE: "1",
      NCCL_MNNVL_ENABLE: "1",
      PYTHONUNBUFFERED: "1",
      TRITON_CACHE_DIR: "/var/cache/nvl72/triton",
      UCX_CUDA_IPC_ENABLE_MNNVL: "y",
      UCX_MEMTYPE_CACHE: "n",
      UCX_MEMTYPE_REG_WHOLE: "n",
      UCX_TLS: "cuda_ipc,rc,cuda_copy,sm,self,tcp",
      VLLM_CACHE_ROOT: "/var/cache/nvl72/vllm",
      VLLM_ENGINE_READY_TIMEOUT_S: String(planned(decodeOn(onServers)).startup.budgetSeconds),
      VLLM_NIXL_SIDE_CHANNEL_PORT: "5600",
      VLLM_NO_USAGE_STATS: "1",
    });
  });

  it("listens on a side channel per rank, and on one rendezvous port where trays work together", () => {
    const ports = (process: ReturnType<typeof processOf>): readonly string[] =>
      process.ports.map(({ name, port, lastPort }) => `${name} ${port}${lastPort === undefined ? "" : `-${lastPort}`}`);
    assert.deepEqual(ports(processOf(decodeOn(onServers))), [
      "http 8000",
      "dp-rpc 13345",
      "nixl 5600-5631",
      "ephemeral 32768-65535",
    ]);
    assert.deepEqual(ports(processOf(prefillOn(onServers))), ["http 8000", "nixl 5600-5603", "ephemeral 32768-65535"]);
  });

  it("waits for a start as long as the plan allows", () => {
    const { probes } = processOf(decodeOn(onServers));
    const { budgetSeconds } = planned(decodeOn(onServers)).startup;
    assert.equal((probes?.startup.failureThreshold ?? 0) * (probes?.startup.periodSeconds ?? 0), budgetSeconds);
    assert.equal(probes?.readiness.path, "/health");
  });
});

describe("vLLM's dialects", () => {
  it("know every flag, variable, nested key and choice that is rendered in them", () => {
    for (const version of vllmVersions) {
      const dialect = dialectOf(version);
      assert.ok(dialect);
      for (const intent of variety) {
        const process = processOf({ ...intent, engineVersion: version });
        const strange: readonly string[] = [
          ...process.args.filter((word) => word.startsWith("--") && !dialect.flags.has(word)),
          ...Object.keys(environmentOf(process)).filter((n) => n.startsWith("VLLM_") && !dialect.environment.has(n)),
          ...Object.keys(nested(process.args, "--compilation-config")).filter(
            (key) => !dialect.fields.CompilationConfig.has(key),
          ),
          ...Object.keys(nested(process.args, "--kv-transfer-config")).filter(
            (key) => !dialect.fields.KVTransferConfig.has(key),
          ),
        ];
        assert.deepEqual(strange, [], `${version} ${intent.role}`);
        for (const [field, choices] of Object.entries(dialect.choices)) {
          const value = valueOf(process.args, `--${field.replaceAll("_", "-")}`);
          if (value !== undefined) assert.ok(choices.has(value), `${version} --${field} ${value}`);
        }
      }
    }
  });

  it("name the NVLink dispatch as each version does", () => {
    const backend = (engineVersion: string): string | undefined =>
      valueOf(processOf(decodeOn(onServers, { engineVersion, experts: unbalanced })).args, "--all2all-backend");
    assert.equal(backend("0.11.2"), "flashinfer_all2allv");
    assert.equal(backend("0.20.0"), "flashinfer_nvlink_two_sided");
  });

  it("give roles to the KV connector that asks for them", () => {
    const role = (engineVersion: string): unknown =>
      nested(processOf({ ...prefillOn(onServers), engineVersion }).args, "--kv-transfer-config").kv_role;
    assert.deepEqual(["0.11.2", "0.20.0", "0.25.1", "0.29.0", "0.33.0"].map(role), [
      "kv_both",
      "kv_both",
      "kv_producer",
      "kv_producer",
      "kv_producer",
    ]);
  });

  it("allocate exportable memory where the version can", () => {
    const able = vllmVersions.filter((engineVersion) =>
      processOf({ ...prefillOn(onServers), engineVersion }).args.includes("--enable-cumem-allocator"),
    );
    assert.deepEqual(able, ["0.25.1", "0.29.0", "0.33.0"]);
  });

  it("size 0.11's dispatch buffer by a variable, later ones by the tokens of a step", () => {
    const of = (engineVersion: string): Readonly<Record<string, string>> => {
      const checkpoint = checkpoints["deepseek-r1-fp8"];
      return environmentOf(
        processOf({ ...decodeOn(onServers, { checkpoint, dispatch: "low-latency" }), engineVersion }),
      );
    };
    assert.equal(of("0.11.2").VLLM_MOE_DP_CHUNK_SIZE, "256");
    assert.equal(of("0.20.0").VLLM_MOE_DP_CHUNK_SIZE, undefined);
  });

  it("ask older versions for FlashInfer's NVFP4 experts, which newer ones choose", () => {
    const of = (engineVersion: string): readonly (string | undefined)[] => {
      const env = environmentOf(processOf({ ...decodeOn(onServers, { experts: unbalanced }), engineVersion }));
      return [env.VLLM_USE_FLASHINFER_MOE_FP4, env.VLLM_FLASHINFER_MOE_BACKEND];
    };
    assert.deepEqual(of("0.20.0"), ["1", "throughput"]);
    assert.deepEqual(of("0.25.1"), [undefined, undefined]);
  });

  it("take a release between two known ones for the older, and none before the first", () => {
    assert.equal(dialectOf("0.11.2.post1")?.version, "0.11.2");
    assert.equal(dialectOf("0.26.0")?.version, "0.25.1");
    assert.equal(dialectOf("0.99.0")?.version, "0.33.0");
    assert.equal(dialectOf("0.11.1"), undefined);
    assert.equal(dialectOf("latest"), undefined);
  });
});
