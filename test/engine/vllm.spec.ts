import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineProcess, Json } from "../../src/engines/engine";
import { dialectOf, namesOf, vllmVersions } from "../../src/engines/vllm/dialect";
import { rayVersionOf, startsDataParallelRoles } from "../../src/engines/vllm/ray-version";
import { serveConfig } from "../../src/engines/vllm/serve-config";
import { vllmRouterVersion } from "../../src/engines/vllm-router/router";
import type { PoolIntent } from "../../src/plan/intent";
import { home, root } from "../../tools/engine/home";
import { runProgram } from "../../tools/engine/run-program";
import { environmentOf, processOf, variety } from "../engines/vllm/cases";
import { skipWithout } from "./skip-without";

type Topics = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
type Table = Readonly<Record<"vllm" | "ray", Topics>>;
type Tree = Readonly<Record<string, Json>>;

/** Variables of UCX, NCCL, Hugging Face and others, which no package of vLLM or Ray names. */
const unchecked = [
  "FLASHINFER_WORKSPACE_BASE",
  "HF_HUB_OFFLINE",
  "NCCL_CUMEM_ENABLE",
  "NCCL_MNNVL_ENABLE",
  "PYTHONUNBUFFERED",
  "TRITON_CACHE_DIR",
  "UCX_CUDA_IPC_ENABLE_MNNVL",
  "UCX_MEMTYPE_CACHE",
  "UCX_TLS",
];

/** Where each nested configuration hangs, by the flag or engine argument that carries it. */
const configurations: Readonly<Record<string, string>> = {
  compilation_config: "CompilationConfig",
  eplb_config: "EPLBConfig",
  kv_transfer_config: "KVTransferConfig",
  speculative_config: "SpeculativeConfig",
};

/** Reads the packages with our script into a new file, apart from the committed table. */
async function freshly(script: string, args: readonly string[], test: Mocha.Context): Promise<string> {
  const wheels = join(home().directory, "vllm-wheels");
  mkdirSync(wheels, { recursive: true });
  const directory = mkdtempSync(join(tmpdir(), "nvl72-vllm-"));
  const fresh = join(directory, "table.json");
  const { code, stderr } = await runProgram("python3", ["-B", join(root, script), ...args, wheels, fresh]);
  if (code !== 0) skipWithout("the published vllm and ray wheels (python3, pip, PyPI)", stderr, test);
  const text = readFileSync(fresh, "utf8");
  rmSync(directory, { recursive: true });
  return text;
}

describe("the published vLLM and Ray packages", function () {
  this.timeout(300_000);
  let text = "";
  let table: Table = { vllm: {}, ray: {} };

  before(async function () {
    text = await freshly("tools/engine-flags/vllm.py", [], this);
    table = JSON.parse(text) as Table;
  });

  it("say what the committed table says", () => {
    assert.equal(text, readFileSync(join(root, "src/engines/vllm/flag-table.json"), "utf8"));
  });

  it("know every flag, variable and nested key of every launch, in every version", () => {
    const others = new Set<string>();
    for (const version of vllmVersions) {
      for (const intent of servers(version)) {
        const process = processOf(intent);
        const names = (topic: string): ReadonlySet<string> => namesOf(table.vllm, topic, version);
        assert.deepEqual(
          flagsOf(process).filter((flag) => !names("flags").has(flag)),
          [],
          version,
        );
        for (const [field, owner] of Object.entries(configurations)) {
          const at = process.args.indexOf(`--${field.replaceAll("_", "-")}`);
          if (at < 0) continue;
          const keys = Object.keys(JSON.parse(process.args[at + 1] ?? "") as Tree);
          assert.deepEqual(
            keys.filter((key) => !names(owner).has(key)),
            [],
            `${version} ${field}`,
          );
        }
        for (const name of Object.keys(environmentOf(process))) {
          if (!names("environment").has(name)) others.add(name);
        }
      }
    }
    assert.deepEqual([...others].sort(), unchecked);
  });

  it("know every key of every LLMConfig and of the application, in every pair of versions", () => {
    for (const version of ["0.11.2", "0.22.0", "0.26.0", "0.29.0"]) {
      const ray = rayVersionOf(version);
      const spoken = dialectOf(version)?.version;
      assert.ok(ray !== undefined && spoken !== undefined);
      const ofRay = (topic: string): ReadonlySet<string> => namesOf(table.ray, topic, ray);
      const ofVllm = (topic: string): ReadonlySet<string> => namesOf(table.vllm, topic, spoken);
      const knows = (value: Json | undefined, known: ReadonlySet<string>, what: string): void =>
        assert.deepEqual(
          Object.keys((value ?? {}) as Tree).filter((key) => !known.has(key)),
          [],
          `${ray} ${what}`,
        );

      for (const intent of servers(version)) {
        if (intent.attention === "data" && !startsDataParallelRoles(ray)) continue;
        const { settings } = processOf({ ...intent, orchestrator: "ray-serve" });
        const deployment = settings.deployment_config as Tree;
        const engine = settings.engine_kwargs as Tree;
        knows(settings, ofRay("LLMConfig"), "LLMConfig");
        knows(settings.model_loading_config, ofRay("ModelLoadingConfig"), "model_loading_config");
        knows(deployment, ofRay("deployment"), "deployment_config");
        knows(deployment.ray_actor_options, ofRay("RayActorOptions"), "ray_actor_options");
        knows(deployment.request_router_config, ofRay("RequestRouterConfig"), "request_router_config");
        knows(settings.placement_group_config, ofRay("PlacementGroupConfig"), "placement_group_config");
        knows(settings.experimental_configs, ofRay("experimental"), "experimental_configs");
        knows(engine, ofVllm("EngineArgs"), "engine_kwargs");
        for (const [field, owner] of Object.entries(configurations)) knows(engine[field], ofVllm(owner), field);
        const variables = new Set([...ofVllm("environment"), ...ofRay("environment"), ...unchecked]);
        knows((settings.runtime_env as Tree).env_vars, variables, "env_vars");
      }

      const config = serveConfig({ name: "a", prefill: {}, decode: {}, ingressReplicas: 2, requestSeconds: 60 });
      const [application] = config.applications as readonly Tree[];
      knows(config, ofRay("ServeDeploySchema"), "serve config");
      knows(config.http_options, ofRay("HTTPOptions"), "http_options");
      knows(application, ofRay("ServeApplicationSchema"), "application");
      knows(application?.args, ofRay("PDServingArgs"), "arguments of build_pd_openai_app");
    }
  });
});

describe("the published vllm-router", function () {
  this.timeout(120_000);

  it("has the flags and policies that ours are held against", async function () {
    const text = await freshly("tools/engine-flags/vllm_router.py", [vllmRouterVersion], this);
    assert.equal(text, readFileSync(join(root, "test/engines/vllm-router/vllm-router-flags.json"), "utf8"));
  });
});

function servers(engineVersion: string): readonly PoolIntent[] {
  return variety.map((intent) => ({ ...intent, engineVersion }));
}

function flagsOf({ args }: EngineProcess): readonly string[] {
  return args.filter((word) => word.startsWith("--"));
}
