import assert from "node:assert/strict";
import { leaderWorkerSetVariables, type EngineProcess } from "../../../src/engines/engine";
import { vllm } from "../../../src/engines/vllm/vllm";
import type { PoolIntent } from "../../../src/plan/intent";
import { checkpoints } from "../../../src/plan/model-shape";
import { planPool } from "../../../src/plan/plan-pool";
import type { PoolPlan } from "../../../src/plan/pool";
import { gb200Nvl72, type RackShape } from "../../../src/plan/rack";
import { decodeOn, environmentOf, nested, onServers, prefillOn, valueOf } from "./cases";
import { publishedFlags, publishedVariables } from "./published";

/** Source 002's hardware: six nodes of 8 H200 (141 GB, some 139 GiB free). Their NVLink domain ends at the node. */
const h200Nodes: RackShape = {
  ...gb200Nvl72,
  name: "6 nodes of 8 H200",
  trays: 6,
  gpusPerTray: 8,
  usableGibPerGpu: 139,
};

const shared = {
  ...onServers,
  engineVersion: "0.11.2",
  checkpoint: checkpoints["deepseek-r1-fp8"],
  kvCacheType: "bf16",
  // 512 requests of 16384 tokens each would not fit; the published command relies on their being shorter.
  inputTokens: 1024,
  outputTokens: 1024,
  contextTokens: 16384,
  experts: { balancing: "dynamic", redundantExperts: 32 },
} as const;

/** Wide expert parallelism of source 002: prefill over 16 GPUs, decode over 32. */
const sourcePrefill: PoolIntent = prefillOn(onServers, {
  ...(shared as object),
  gpusPerWorker: 16,
  dispatch: "normal",
});
const sourceDecode: PoolIntent = decodeOn(onServers, {
  ...(shared as object),
  gpusPerWorker: 32,
  batchPerRank: 512,
  dispatch: "low-latency",
  dispatchTokensPerRank: 512,
});

function planOn(rack: RackShape, intent: PoolIntent): PoolPlan {
  const { plan, problems } = planPool(intent, rack);
  assert.deepEqual(problems, []);
  assert.ok(plan);
  assert.deepEqual(vllm.check(plan), []);
  return plan;
}

const launchOn = (rack: RackShape, intent: PoolIntent): EngineProcess =>
  vllm.process(planOn(rack, intent), leaderWorkerSetVariables);

function flagsOf({ args }: EngineProcess): Readonly<Record<string, string>> {
  const flags = args.map((word, index) => {
    const next = args[index + 1];
    return [word, next === undefined || next.startsWith("--") ? "" : next] as const;
  });
  return Object.fromEntries(flags.filter(([word]) => word.startsWith("--")));
}

type Difference = readonly [published: string | undefined, ours: string | undefined, why: string];

const graphSizes = "[1,2,4,8,16,32,64,128,192,256,384,512]";

describe("source 002's deployment", () => {
  it("takes six nodes of eight H200, or twelve trays of GB200", () => {
    assert.equal(planOn(h200Nodes, sourcePrefill).trays + planOn(h200Nodes, sourceDecode).trays, 6);
    assert.equal(planOn(gb200Nvl72, sourcePrefill).trays + planOn(gb200Nvl72, sourceDecode).trays, 12);
  });

  it("is launched as published, with every difference and its reason", () => {
    const ours = flagsOf(launchOn(h200Nodes, sourceDecode));
    const differences: Readonly<Record<string, Difference>> = {
      "--data-parallel-address": ["$COORDINATOR_IP", undefined, "appended by the launcher, which resolves the leader"],
      "--data-parallel-start-rank": ["$START_RANK", undefined, "appended by the launcher, which knows the tray"],
      "--data-parallel-rpc-port": ["$COORDINATOR_RPC_PORT", "13345", "said, because the network policy opens it"],
      "--eplb-config": [
        publishedFlags["--eplb-config"],
        '{"window_size":1000,"step_interval":3000,"num_redundant_experts":32,"log_balancedness":false}',
        "numbers and booleans are JSON's own; strings pass only as long as pydantic converts them",
      ],
      "--compilation-config": [
        publishedFlags["--compilation-config"],
        `{"cudagraph_mode":"FULL_DECODE_ONLY","cudagraph_capture_sizes":${graphSizes}}`,
        "passes are renamed since 0.20, where an old name ends the start; sizes hold the whole batch",
      ],
      "--all2all-backend": [undefined, "deepep_low_latency", "the flag in place of VLLM_ALL2ALL_BACKEND"],
      "--served-model-name": [undefined, "DeepSeek-R1-0528", "requests name the model, not a path"],
      "--host": [undefined, "0.0.0.0", "the default, said"],
      "--port": [undefined, "8000", "the default, said because policies and probes count on it"],
      "--gpu-memory-utilization": [undefined, ours["--gpu-memory-utilization"], "0.9 by default; from the plan"],
      "--max-num-batched-tokens": [undefined, "512", "not more than DeepEP's buffer takes"],
    };
    const expected = { ...publishedFlags } as Record<string, string | undefined>;
    for (const [name, [published, own, why]] of Object.entries(differences)) {
      assert.equal(publishedFlags[name], published, name);
      assert.ok(why.length > 10, `${name} needs a reason`);
      expected[name] = own;
    }
    assert.deepEqual(
      { ...ours },
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    );
  });

  it("exports what is not for benchmarks, not a default and not another machine's", () => {
    const left: Readonly<Record<string, string>> = {
      VLLM_USE_DEEP_GEMM: "on by default (vllm/envs.py)",
      VLLM_ALL2ALL_BACKEND: "--all2all-backend; the variable is ignored since 0.20",
      VLLM_SKIP_P2P_CHECK: "on by default (vllm/envs.py)",
      VLLM_RANDOMIZE_DP_DUMMY_INPUTS: "benchmark only: random tokens on idle ranks",
      NVIDIA_GDRCOPY: "the container runtime's, set by the image or extraEnv",
      PYTORCH_CUDA_ALLOC_CONF: "may move KV that is registered with NIXL; later versions refuse it",
      VLLM_MOE_ROUTING_SIMULATION_STRATEGY: "benchmark only: random experts, so answers are garbage",
      NVSHMEM_QP_DEPTH: "tuned for RDMA between H200 nodes",
      GLOO_SOCKET_IFNAME: "a pod has one interface",
    };
    const ours = environmentOf(launchOn(h200Nodes, sourceDecode));
    const published = Object.entries(publishedVariables).filter(([name]) => !(name in left));
    assert.deepEqual(published, [["VLLM_MOE_DP_CHUNK_SIZE", "512"]]);
    assert.equal(ours.VLLM_MOE_DP_CHUNK_SIZE, "512");
    assert.deepEqual(
      Object.keys(left).filter((name) => name in ours),
      [],
    );
  });

  it("has a prefill group beside it, which the published command leaves out", () => {
    const { args } = launchOn(h200Nodes, sourcePrefill);
    assert.equal(valueOf(args, "--data-parallel-size"), "16");
    assert.equal(valueOf(args, "--data-parallel-size-local"), "8");
    assert.equal(valueOf(args, "--all2all-backend"), "deepep_high_throughput");
    assert.ok(args.includes("--enforce-eager"));
  });

  it("keeps its ranks on GB200, on twice the trays with half the ranks each", () => {
    const flags = (rack: RackShape): Readonly<Record<string, string>> => flagsOf(launchOn(rack, sourceDecode));
    const [h200, gb200] = [flags(h200Nodes), flags(gb200Nvl72)];
    const changed = Object.keys(gb200).filter((name) => gb200[name] !== h200[name]);
    assert.deepEqual(changed, ["--api-server-count", "--data-parallel-size-local"]);
    assert.deepEqual([gb200["--api-server-count"], gb200["--data-parallel-size-local"]], ["4", "4"]);
  });

  it("is said in the words of a current vLLM, where the published names would end the start or be ignored", () => {
    const { args, env } = launchOn(gb200Nvl72, { ...sourceDecode, engineVersion: "0.33.0" });
    assert.deepEqual(nested(args, "--kv-transfer-config"), {
      kv_connector: "NixlConnector",
      kv_role: "kv_consumer",
      kv_load_failure_policy: "fail",
    });
    assert.ok(!args.includes("--async-scheduling"), "on by itself since 0.20");
    assert.ok(
      !env.some(({ name }) => name === "VLLM_MOE_DP_CHUNK_SIZE"),
      "gone; the tokens of a step bound the buffer",
    );
    assert.equal(valueOf(args, "--max-num-batched-tokens"), "512");
    assert.ok(args.includes("--enable-cumem-allocator"));
  });
});
