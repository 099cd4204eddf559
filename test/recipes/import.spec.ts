import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importCommand } from "../../cli/import";
import { presetCommand } from "../../cli/preset";
import { UsageError } from "../../cli/terminal";
import { RefusedError } from "../../src/problems";
import { deployScript } from "./deploy-script";
import { servable, sglangRecipe } from "./srt-recipes";

async function usageErrorOf(run: () => Promise<string> | string): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
}

async function refusalOf(...args: readonly string[]): Promise<string> {
  try {
    await importCommand(args);
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
  return "";
}

describe("nvl72 import", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvl72-import-"));
    writeFileSync(join(folder, "deploy.sh"), deployScript);
    writeFileSync(join(folder, "recipe.yaml"), sglangRecipe(servable));
    writeFileSync(join(folder, "published.yaml"), sglangRecipe());
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("turns a command line into a stack", async () => {
    const line = './submit_disagg.sh "mtp=on" "dep" 8 1 16 64 256 "0.75" 2 0 "1075"';
    const text = await importCommand(["--submit", line, "--env", "ISL=8192", "--env", "OSL=1024", "--client", "docs"]);
    assert.match(text, /^# Source: a submit_disagg\.sh command line\.\n# concurrency in the recipe: 1075\n/);
    assert.match(text, /\n {2}nvl72:client: docs\n {2}nvl72:trays: 12\n/);
    assert.match(text, /\n {6}gpusPerWorker: 16\n {6}attention: data\n {6}batchPerRank: 64\n/);
    assert.match(text, /\n {2}nvl72:speculation:\n {4}draftTokens: 2\n/);
  });

  it("refuses source 003's deployment: each line, and all of them together", async () => {
    assert.equal(
      await refusalOf("--script", join(folder, "deploy.sh")),
      `nvl72: deploy.sh cannot run as configured (4 problems), nothing was changed
  script: 36 + 132 + 52 + 64 = 284 GPUs for 4 submissions, the rack has 72 in 18 trays
      rule: every GPU belongs to one process; jobs beyond the rack wait for the others to end, and a service never ends
      fix:  one configuration per client, together 72 GPUs or less
  lines 9, 12, 19, 20 IMAGE: the tag "latest" moves
      rule: prefill, decode and every restarted rank must run the same image, so its name must not change its meaning
      fix:  name a release tag, better with its digest: repository:tag@sha256:...
  lines 9, 12, 19, 20 SERVED_MODEL_NAME: not set
      rule: submit_disagg.sh exits without it, before anything is submitted
      fix:  export SERVED_MODEL_NAME=...
  line 12 gen_num: 1 x 4 (context) + 8 x 16 (generation) = 132 GPUs = 33 trays, the rack has 72 in 18
      rule: all workers of a recipe share one NVLink domain, and every GPU belongs to one process
      fix:  4 generation workers`,
    );
  });

  it("makes a stack of every submission where they fit the rack together", async () => {
    const script = `export ISL=1024 OSL=1024 PRECISION=fp4 MODEL_PATH=/models/deepseek-r1 SERVED_MODEL_NAME=r1
submit_disagg.sh mtp=off dep 1 1 32 64 64 0.7 0 0 "2048"
submit_disagg.sh mtp=off dep 1 1 32 64 64 0.7 0 0 "2048"
`;
    writeFileSync(join(folder, "two.sh"), script);
    const text = await importCommand(["--script", join(folder, "two.sh"), "--client", "chat"]);
    assert.deepEqual(text.match(/^(# Pulumi\..*|---)$/gm), ["# Pulumi.chat1.yaml", "---", "# Pulumi.chat2.yaml"]);
  });

  it("reads a recipe, and writes where it is told", async () => {
    const out = join(folder, "Pulumi.chat.yaml");
    const recipe = join(folder, "recipe.yaml");
    assert.equal(await importCommand([recipe, "--client", "chat", "--out", out]), `nvl72: wrote ${out}\n`);
    assert.match(readFileSync(out, "utf8"), /nvl72:client: chat/);
    assert.match(
      await refusalOf(join(folder, "published.yaml"), "--purpose", "benchmark"),
      /\(2 problems\).*\n.*67584 \/ 48 ranks = 1408 > 1024[^]*3122368 KV tokens hold 609 requests of 5120/,
    );
    writeFileSync(join(folder, "full.yaml"), sglangRecipe({ decode: { "max-running-requests": 49152 } }));
    assert.match(
      await refusalOf(join(folder, "full.yaml")),
      /pools\.decode\.kvTokensPerRank \(max-total-tokens\): .*\n.*\n {6}fix: {2}batchPerRank 609 \(max-running-requests 29232\)/,
    );
    const image = await importCommand([recipe, "--env", "IMAGE=lmsysorg#sglang:v0.5.5.post2"]);
    assert.match(image, /image: lmsysorg\/sglang:v0\.5\.5\.post2/);
  });

  it("wants one thing to import, and options that it understands", async () => {
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [[], "one of --submit, --script and a recipe's file"],
      [["--submit", "dep", "recipe.yaml"], "one of --submit, --script and a recipe's file"],
      [["a.yaml", "b.yaml"], "one recipe, not also b.yaml"],
      [["--submit", "dep", "--env", "ISL"], "--env ISL is not KEY=VALUE"],
      [["--submit", "dep", "--purpose", "demo"], "--purpose demo is not one of production, benchmark"],
      [["--script", "a.sh", "--env", "ISL=1"], "--script has its own exports, no --env"],
      [["a.yaml", "--env", "PORT=1"], "--env PORT says nothing to a recipe; ISL, OSL and IMAGE do"],
    ];
    for (const [args, message] of refusals) {
      assert.equal(await usageErrorOf(() => importCommand(args)), `nvl72 import: ${message}`);
    }
    assert.match(await usageErrorOf(() => importCommand([join(folder, "absent.yaml")])), /cannot read .*absent\.yaml/);
  });
});

describe("nvl72 preset", () => {
  it("lists what there is, with sizes and published numbers", () => {
    const lines = presetCommand([]).trimEnd().split("\n");
    assert.equal(lines.length, 18);
    assert.match(lines[0] ?? "", /^preset +GPUs +published +settings +source$/);
    assert.match(lines[9] ?? "", /^1k8k-trtllm-nvfp4 +36 +5,270 tok\/s output per decode GPU .* as published +NVIDIA/);
    assert.match(lines[1] ?? "", /^1k8k-sglang-nvfp4 +64 +unpublished +changed /);
  });

  it("prints one as a stack, for the hardware that it is for", async () => {
    const text = presetCommand(["source-001", "--client", "chat"]);
    assert.match(text, /^# Source: source 001 .*\n/);
    assert.match(text, /\n {2}nvl72:trays: 18\n/);
    assert.match(presetCommand(["source-002-h200"]), /\n {2}nvl72:trays: 6\n {2}nvl72:hardware: hgx-h200\n/);
    assert.equal(
      await usageErrorOf(() => presetCommand(["4k4k"])),
      "nvl72 preset: there is no 4k4k; `nvl72 preset` lists 17",
    );
    assert.equal(await usageErrorOf(() => presetCommand(["a", "b"])), "nvl72 preset: one preset, not also b");
  });
});
