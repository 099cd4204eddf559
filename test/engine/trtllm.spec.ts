import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { dialectOf, trtllmVersions, type DynamoVersion } from "../../src/engines/trtllm/dialect";
import { engineArgs } from "../../src/engines/trtllm/engine-args";
import { root } from "../../tools/engine/home";
import { runProgram } from "../../tools/engine/run-program";
import { decode, fp8, longDecode, longPrefill, prefill, tep } from "../engines/trtllm/pools";
import { schemaErrors } from "../manifests/custom-resource-schema";
import { planned } from "../support/intents";
import { skipWithout } from "./skip-without";

const packages = "the published ai-dynamo and aiconfigurator wheels (python3, pip, PyPI)";

/** What NVIDIA publishes beside the engine, which is not on PyPI itself. */
interface Published {
  readonly stated: Readonly<Record<DynamoVersion, { readonly template: string; readonly keys: readonly string[] }>>;
  readonly graphs: Readonly<Record<string, string>>;
}

async function run(script: string, args: readonly string[], test: Mocha.Context): Promise<string> {
  const program = await runProgram("python3", [join(root, "tools/engine-flags", script), ...args]);
  if (program.code !== 0) skipWithout(packages, program.stderr, test);
  return program.stdout;
}

/** Keys of nested data, joined by dots. */
function keysOf(value: unknown, path = ""): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = path === "" ? key : `${path}.${key}`;
    return [here, ...keysOf(inner, here)];
  });
}

/** Every key that some pool of ours says. */
function renderedKeys(version: DynamoVersion): ReadonlySet<string> {
  const dialect = dialectOf(version);
  assert.ok(dialect);
  const speculation = { draftTokens: 3, acceptedTokens: 2 };
  const plans = [
    ...[prefill(), decode(), longPrefill(), longDecode(), prefill({ speculation })].map(planned),
    ...[decode({ speculation }), decode({ ...fp8, batchPerRank: 64 })].map(planned),
    tep(),
  ];
  return new Set(plans.flatMap((plan) => keysOf(engineArgs(plan, dialect))));
}

/**
 * Keys that no published template states. They come from TensorRT-LLM's sources (llmapi/llm_args.py) and from the
 * recipes that NVIDIA publishes outside of packages; a release that drops one is not noticed here.
 */
const unchecked = [
  "allreduce_strategy",
  "enable_lm_head_tp_in_adp",
  "kv_cache_config.max_tokens",
  "moe_config.load_balancer.layer_updates_per_iter",
  "moe_config.load_balancer.num_slots",
  "moe_config.use_low_precision_moe_combine",
  "stream_interval",
];
const uncheckedSince: Readonly<Record<DynamoVersion, readonly string[]>> = {
  "0.8.1": [],
  "1.2.1": ["nvfp4_gemm_config", "nvfp4_gemm_config.allowed_backends"],
  "1.6.1": ["nvfp4_gemm_config", "nvfp4_gemm_config.allowed_backends"],
};

describe("the published packages around TensorRT-LLM", function () {
  this.timeout(300_000);
  let published: Published;

  before(async function () {
    published = JSON.parse(await run("trtllm_published.py", [], this)) as Published;
  });

  it("know the flags and variables that launch lines are held against, and the engine's release", async function () {
    const directory = mkdtempSync(join(tmpdir(), "nvl72-flags-"));
    const fresh = join(directory, "flag-table.json");
    await run("trtllm.py", [fresh], this);
    const read: unknown = JSON.parse(readFileSync(fresh, "utf8"));
    rmSync(directory, { recursive: true });
    const committed = readFileSync(join(root, "src/engines/trtllm/flag-table.json"), "utf8");
    assert.deepEqual(read, JSON.parse(committed));
  });

  it("state the keys of the engine's file, but for a known few", () => {
    for (const version of trtllmVersions) {
      const stated = new Set(published.stated[version].keys);
      const unstated = [...renderedKeys(version)].filter((key) => !stated.has(key));
      assert.deepEqual(unstated.sort(), [...unchecked, ...uncheckedSince[version]].sort(), version);
    }
  });

  it("state them for the engine's release, or the nearest before it", () => {
    assert.deepEqual(
      trtllmVersions.map((version) => [dialectOf(version)?.tensorrtLlm, published.stated[version].template]),
      [
        ["1.2.0rc6.post1", "1.2.0rc6.post1"],
        ["1.3.0rc14", "1.3.0rc14"],
        ["1.3.0rc29", "1.3.0rc23"],
      ],
    );
  });

  it("have graphs that the simulated rack's definition accepts", () => {
    const graphs = Object.entries(published.graphs);
    assert.ok(graphs.length >= 7, `${graphs.length} graphs`);
    for (const [name, text] of graphs) {
      assert.deepEqual(schemaErrors(parse(text) as { readonly apiVersion: string }), [], name);
    }
  });
});
