import assert from "node:assert/strict";
import type { JsonObject } from "../../../src/engines/engine";
import { checkVllm } from "../../../src/engines/vllm/check";
import { rayVersionOf } from "../../../src/engines/vllm/ray-version";
import { rayStartParams, serveConfig } from "../../../src/engines/vllm/serve-config";
import { planned } from "../../support/intents";
import { decodeOn, environmentOf, onRay, prefillOn, processOf } from "./cases";

const variables = {
  FLASHINFER_WORKSPACE_BASE: "/var/cache/nvl72/flashinfer",
  HF_HUB_OFFLINE: "1",
  NCCL_CUMEM_ENABLE: "1",
  NCCL_MNNVL_ENABLE: "1",
  PYTHONUNBUFFERED: "1",
  RAYLLM_ENGINE_START_TIMEOUT_S: "1440",
  TRITON_CACHE_DIR: "/var/cache/nvl72/triton",
  UCX_CUDA_IPC_ENABLE_MNNVL: "y",
  UCX_MEMTYPE_CACHE: "n",
  UCX_TLS: "cuda_ipc,rc,cuda_copy,sm,self,tcp",
  VLLM_CACHE_ROOT: "/var/cache/nvl72/vllm",
  VLLM_ENGINE_READY_TIMEOUT_S: "1440",
  VLLM_NO_USAGE_STATS: "1",
};

describe("vLLM on Ray Serve", () => {
  it("is a role of an application: an LLMConfig for two workers of prefill", () => {
    const intent = prefillOn(onRay, { workers: 2 });
    const budget = String(planned(intent).startup.budgetSeconds);
    assert.deepEqual(processOf(intent).settings, {
      model_loading_config: {
        model_id: "DeepSeek-R1-0528-NVFP4-v2",
        model_source: "/models/DeepSeek-R1-0528-NVFP4-v2",
      },
      engine_kwargs: {
        max_model_len: 9280,
        gpu_memory_utilization: 0.9,
        kv_cache_dtype: "fp8",
        enable_prefix_caching: true,
        enable_cumem_allocator: true,
        tensor_parallel_size: 1,
        data_parallel_size: 4,
        enable_expert_parallel: true,
        all2all_backend: "allgather_reducescatter",
        max_num_seqs: 128,
        max_num_batched_tokens: 16384,
        enforce_eager: true,
        kv_transfer_config: {
          kv_connector: "NixlConnector",
          kv_role: "kv_producer",
          kv_load_failure_policy: "fail",
        },
      },
      deployment_config: {
        num_replicas: 2,
        ray_actor_options: { resources: { prefill: 1 } },
        request_router_config: { request_router_class: "ray.serve.llm.request_router:PrefixCacheAffinityRouter" },
        graceful_shutdown_timeout_s: 60,
      },
      experimental_configs: { NIXL_SIDE_CHANNEL_PORT_BASE: 20000 },
      runtime_env: {
        env_vars: { ...variables, RAYLLM_ENGINE_START_TIMEOUT_S: budget, VLLM_ENGINE_READY_TIMEOUT_S: budget },
      },
    });
  });

  it("leaves the process to KubeRay and gives the pod its addresses", () => {
    const process = processOf(decodeOn(onRay));
    assert.deepEqual([process.command, process.args, process.probes], [[], [], undefined]);
    assert.deepEqual(process.drain?.command.slice(3), ["10", "420", "5", "8080", "own"]);
    assert.deepEqual(environmentOf(process), {
      VLLM_HOST_IP: "<status.podIP>",
      VLLM_NIXL_SIDE_CHANNEL_HOST: "<status.podIP>",
      PYTHONUNBUFFERED: "1",
    });
    const nixl = process.ports.find(({ name }) => name === "nixl");
    assert.deepEqual([nixl?.port, nixl?.lastPort], [22000, 22062]);
  });

  it("keeps every GPU of a tensor-parallel group on its role's trays", () => {
    const settings = processOf(prefillOn(onRay, { attention: "tensor", gpusPerWorker: 8 })).settings;
    const { bundles, strategy } = settings.placement_group_config as { bundles: object[]; strategy: string };
    assert.deepEqual(bundles, Array(8).fill({ GPU: 1, prefill: 1 }));
    assert.equal(strategy, "PACK");
    assert.ok(!("ray_actor_options" in (settings.deployment_config as object)));
  });

  it("turns extra arguments into engine arguments", () => {
    const extraArgs = ["--stream-interval", "50", "--no-async-scheduling", "--block-size=64", "--moe-backend", "auto"];
    const engine = processOf(decodeOn(onRay, { extraArgs })).settings.engine_kwargs as JsonObject;
    const given = [engine.stream_interval, engine.async_scheduling, engine.block_size, engine.moe_backend];
    assert.deepEqual(given, [50, false, 64, "auto"]);
  });

  it("gathers the keys of one nested configuration", () => {
    const profiler = ["--profiler-config.profiler", "torch", "--profiler-config.torch_profiler_dir=/tmp/trace"];
    const extraArgs = ["--attention-config.flash_attn_version", "3", ...profiler];
    const engine = processOf(decodeOn(onRay, { extraArgs })).settings.engine_kwargs as JsonObject;
    assert.deepEqual(engine.attention_config, { flash_attn_version: 3 });
    assert.deepEqual(engine.profiler_config, { profiler: "torch", torch_profiler_dir: "/tmp/trace" });
  });

  it("serves both roles as Ray's own application", () => {
    const application = {
      name: "client1",
      prefill: { a: 1 },
      decode: { b: 2 },
      ingressReplicas: 8,
      requestSeconds: 900,
    };
    assert.deepEqual(serveConfig(application), {
      proxy_location: "EveryNode",
      http_options: { host: "0.0.0.0", port: 8000, request_timeout_s: 900 },
      applications: [
        {
          name: "client1",
          route_prefix: "/",
          import_path: "ray.serve.llm:build_pd_openai_app",
          args: {
            prefill_config: { a: 1 },
            decode_config: { b: 2 },
            ingress_deployment_config: { autoscaling_config: { min_replicas: 8, max_replicas: 8 } },
          },
        },
      ],
    });
  });

  it("starts nodes with the resource of their role, as JSON in a quoted string", () => {
    assert.deepEqual(rayStartParams("prefill", 4), { "num-gpus": "4", resources: String.raw`"{\"prefill\": 4}"` });
  });

  it("knows which Ray is built for a vLLM", () => {
    assert.equal(rayVersionOf("0.29.0"), "2.60.0");
    assert.equal(rayVersionOf("0.29.1"), "2.60.0");
    assert.equal(rayVersionOf("0.26.0"), "2.58.0");
    assert.equal(rayVersionOf("0.22.0"), "2.56.0");
    assert.equal(rayVersionOf("0.11.2"), "2.52.0");
    assert.equal(rayVersionOf("0.33.0"), undefined);
  });

  it("refuses a vLLM that no Ray is built for", () => {
    const [problem] = checkVllm(planned({ ...decodeOn(onRay), engineVersion: "0.33.0" }));
    assert.match(problem?.fix ?? "", /vLLM 0\.29\.0 with Ray 2\.60\.0/);
    assert.equal(problem?.path, "engine.version");
  });

  it("refuses data-parallel roles on a Ray whose application cannot start them", () => {
    const plan = planned({ ...prefillOn(onRay), engineVersion: "0.11.2" });
    assert.deepEqual(
      checkVllm(plan).map(({ path }) => path),
      ["attention"],
    );
    const tensor = planned({ ...prefillOn(onRay, { attention: "tensor" }), engineVersion: "0.11.2" });
    assert.deepEqual(checkVllm(tensor), []);
  });

  it("refuses server flags, which Ray has no use for", () => {
    const [problem] = checkVllm(planned(decodeOn(onRay, { extraArgs: ["--grpc"] })));
    assert.match(problem?.what ?? "", /--grpc is not an engine argument/);
  });
});
