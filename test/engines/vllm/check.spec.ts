import assert from "node:assert/strict";
import { checkVllm, checkVllmVersion } from "../../../src/engines/vllm/check";
import { dialectOf } from "../../../src/engines/vllm/dialect";
import { renameOf } from "../../../src/engines/vllm/renames";
import { vllmWarnings } from "../../../src/engines/vllm/warnings";
import type { PoolIntent } from "../../../src/plan/intent";
import { checkpoints } from "../../../src/plan/model-shape";
import { planned } from "../../support/intents";
import { decodeOn, onRay, onServers, prefillOn, variety } from "./cases";

function problemsOf(intent: PoolIntent): readonly string[] {
  return checkVllm(planned(intent)).map(({ path, what, fix }) => `${path}: ${what} -> ${fix}`);
}

const withArgs = (...extraArgs: string[]): PoolIntent => decodeOn(onServers, { extraArgs });
const withEnv = (name: string, value: string): PoolIntent => decodeOn(onServers, { extraEnv: { [name]: value } });

describe("what vLLM is not asked to do", () => {
  it("has nothing against any pool of the variety", () => {
    for (const intent of variety) assert.deepEqual(problemsOf(intent), []);
    assert.deepEqual(problemsOf(decodeOn(onRay)), []);
  });

  it("refuses versions before the first that is known", () => {
    assert.deepEqual(checkVllmVersion("0.33.0"), []);
    assert.deepEqual(checkVllmVersion("0.33.0.post1"), []);
    assert.match(checkVllmVersion("0.9.0")[0]?.rule ?? "", /0\.11\.2, 0\.20\.0, 0\.25\.1, 0\.29\.0, 0\.33\.0/);
  });

  it("refuses an extra argument that is derived, in every spelling", () => {
    const said = "is derived from the pool's own settings -> change what it comes from: batchPerRank";
    for (const words of [["--max-num-seqs", "512"], ["--max-num-seqs=512"], ["--max_num_seqs", "512"]]) {
      assert.match(problemsOf(withArgs(...words))[0] ?? "", new RegExp(said));
    }
    assert.match(problemsOf(withArgs("--no-enable-eplb"))[0] ?? "", /change what it comes from: experts\.mode/);
    assert.match(problemsOf(withArgs("--eplb-config.window_size", "500"))[0] ?? "", /--eplb-config is derived/);
    assert.match(problemsOf(withArgs("--headless"))[0] ?? "", /the tray's index/);
    assert.match(problemsOf(withArgs("-dp", "8"))[0] ?? "", /-dp is a short form/);
  });

  it("refuses an unknown flag and names the one that is meant", () => {
    assert.deepEqual(problemsOf(withArgs("--max-parallel-load-workers", "2")), [
      "extraArgs: --max-parallel-load-workers is not a flag of vLLM 0.33.0 -> did you mean --max-parallel-loading-workers?",
    ]);
    assert.deepEqual(problemsOf(withArgs("--stream-interval", "50", "--enable-ep-weight-filter")), []);
  });

  it("knows what old names are called now", () => {
    assert.deepEqual(problemsOf(withArgs("--disable-log-requests")), [
      "extraArgs: --disable-log-requests is a flag of an older vLLM than 0.33.0 -> --no-enable-log-requests",
    ]);
    assert.deepEqual(problemsOf(withEnv("VLLM_ALL2ALL_BACKEND", "deepep_low_latency")), [
      "extraEnv.VLLM_ALL2ALL_BACKEND: a variable of an older vLLM than 0.33.0 -> the setting `dispatch` (--all2all-backend)",
    ]);
    const old = dialectOf("0.11.2");
    assert.ok(old);
    assert.equal(renameOf("VLLM_ALL2ALL_BACKEND", old), undefined);
  });

  it("says what the switches of published pass configurations are called now", () => {
    const said = "extraArgs: --compilation-config is derived from the pool's own settings";
    const fix = "change what it comes from: graphBatchSizes; the optimization level turns fusion passes on";
    const passes = { pass_config: { enable_fusion: true, enable_noop: true, fuse_act_quant: true, enable_x: true } };
    assert.deepEqual(problemsOf(withArgs("--compilation_config", JSON.stringify(passes))), [
      `${said}; in 0.33.0 enable_fusion is called fuse_norm_quant and fuse_act_quant, ` +
        `enable_noop is called eliminate_noops, enable_x is gone -> ${fix}`,
    ]);
    assert.deepEqual(problemsOf(withArgs("--compilation-config.pass_config.enable_attn_fusion", "true")), [
      `${said}; in 0.33.0 enable_attn_fusion is called fuse_attn_quant -> ${fix}`,
    ]);
    assert.deepEqual(problemsOf(withArgs("--compilation-config.pass_config.fuse_attn_quant=true")), [
      `${said} -> ${fix}`,
    ]);
  });

  it("refuses variables that vLLM would ignore, or that the plan counts on", () => {
    assert.match(
      problemsOf(withEnv("VLLM_NIXL_SIDE_CHANEL_PORT", "1"))[0] ?? "",
      /did you mean VLLM_NIXL_SIDE_CHANNEL/,
    );
    assert.match(problemsOf(withEnv("VLLM_ZZZ", "1"))[0] ?? "", /see vllm\/envs\.py/);
    assert.match(problemsOf(withEnv("VLLM_HOST_IP", "10.0.0.1"))[0] ?? "", /derived from the pod's address/);
    assert.deepEqual(problemsOf(withEnv("VLLM_LOGGING_LEVEL", "DEBUG")), []);
  });

  it("refuses an allocator that moves registered KV, where vLLM has none of its own", () => {
    const intent = withEnv("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True");
    assert.deepEqual(problemsOf(intent), []);
    const balancing = { experts: { balancing: "off", redundantExperts: 0 } } as const;
    assert.match(problemsOf({ ...intent, ...balancing, engineVersion: "0.11.2" })[0] ?? "", /expandable segments/);
  });

  it("refuses a static placement, which vLLM cannot load", () => {
    const experts = { balancing: "static", redundantExperts: 32, configMap: "c", key: "k.json" } as const;
    assert.deepEqual(problemsOf(decodeOn(onServers, { experts })), [
      'experts: a static placement -> mode "dynamic", or SGLang',
    ]);
  });

  it("refuses replicas without balancing", () => {
    const experts = { balancing: "off", redundantExperts: 32 } as const;
    assert.match(
      problemsOf(decodeOn(onServers, { experts }))[0] ?? "",
      /^experts\.redundantExperts: 32 with balancing/,
    );
  });

  it("refuses dynamic balancing of NVFP4 experts before 0.20", () => {
    assert.match(problemsOf({ ...decodeOn(onServers), engineVersion: "0.11.2" })[0] ?? "", /^experts\.mode: dynamic/);
    const fp8 = decodeOn(onServers, { checkpoint: checkpoints["deepseek-r1-fp8"] });
    assert.deepEqual(problemsOf({ ...fp8, engineVersion: "0.11.2" }), []);
  });

  it("refuses dual batch overlap behind anything but DeepEP", () => {
    assert.match(problemsOf(withArgs("--enable-dbo"))[0] ?? "", /--enable-dbo with flashinfer_nvlink_two_sided/);
    assert.deepEqual(problemsOf(withArgs("--no-enable-dbo")), []);
    const deepEp = { checkpoint: checkpoints["deepseek-r1-fp8"], dispatch: "low-latency" } as const;
    assert.match(problemsOf(decodeOn(onServers, { ...deepEp, extraArgs: ["--enable-dbo"] }))[0] ?? "", /is derived/);
  });

  it("refuses more requests than a pass has tokens", () => {
    const intent = prefillOn(onServers, { tokensPerForwardPerRank: 64, runningRequestsPerRank: 128 });
    assert.match(problemsOf(intent)[0] ?? "", /^runningRequestsPerRank: 128 requests with 64 tokens per pass/);
  });
});

describe("what vLLM does less well than its owner may think", () => {
  const warned = (intent: PoolIntent): readonly string[] => vllmWarnings(planned(intent)).map(({ what }) => what);

  it("warns of UCX without NVLink or without the way beside it", () => {
    assert.deepEqual(warned(decodeOn(onServers)), []);
    assert.deepEqual(warned(withEnv("UCX_TLS", "cuda_copy,cuda_ipc,tcp")), ['"cuda_copy,cuda_ipc,tcp" lacks rc']);
    assert.deepEqual(warned(withEnv("UCX_TLS", "tcp")), ['"tcp" lacks cuda_ipc', '"tcp" lacks rc']);
    assert.deepEqual(warned(withEnv("UCX_TLS", "cuda_ipc,rc_mlx5,cuda_copy")), [
      '"cuda_ipc,rc_mlx5,cuda_copy" lacks tcp',
    ]);
    assert.deepEqual(warned(withEnv("UCX_TLS", "cuda_ipc,rc_mlx5,cuda_copy,tcp")), []);
    for (const fine of ["all", "cuda,ib,tcp", "^sysv"]) assert.deepEqual(warned(withEnv("UCX_TLS", fine)), [], fine);
    assert.deepEqual(warned(withEnv("UCX_TLS", "^ib")), ['"^ib" lacks rc']);
  });

  it("warns of a version whose KV no other tray can reach over NVLink", () => {
    assert.match(warned({ ...prefillOn(onServers), engineVersion: "0.20.0" })[0] ?? "", /vLLM 0\.20\.0 keeps KV/);
  });
});
