import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AllocationOutcome } from "../../src/plan/allocate/allocate";
import { readPlanSummary } from "../../src/report/plan-summary";
import { outputOf, runNvl72, usageErrorOf } from "./run-nvl72";

const stacks = join(__dirname, "../../stacks");
const chat = ["--client", "chat:1024:8192:20"];
const both = [...chat, "--client", "documents:8192:1024:36", "--tpot", "50", "--ttft", "5"];

async function outcome(...args: readonly string[]): Promise<AllocationOutcome> {
  return JSON.parse(await outputOf("plan", ...args, "--json")) as AllocationOutcome;
}

describe("nvl72 plan of a folder", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvl72-plan-"));
    mkdirSync(join(folder, "empty"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("prints as JSON what the stacks have as outputs, and the proof", async () => {
    const plan = JSON.parse(await outputOf("plan", stacks, "--json")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(plan), ["rack", "trays", "freeTrays", "clients", "proof"]);
    const clients = plan.clients as readonly unknown[];
    assert.deepEqual([plan.rack, plan.trays, plan.freeTrays], ["GB200 NVL72", 18, 0]);
    assert.deepEqual(
      clients.map((client) => readPlanSummary(client)?.client),
      ["client1", "client2"],
    );
    const { share, bound, gap } = plan.proof as Record<string, number>;
    assert.deepEqual([share, bound, gap], [1.068, 1.334, 0.199]);
  });

  it("draws the same as a picture, without colours where the terminal has none", async () => {
    const text = await outputOf("plan", stacks);
    assert.match(text, /^GB200 NVL72 {3}18 trays x 4 GPUs, 18 in use, 0 free/);
    assert.match(text, /\n {2}serves 1\.07 x what is asked, headroom kept: 80 % of what any plan could/);
    assert.ok(!text.includes("\u001b"));
    assert.equal(await outputOf("plan", stacks, "--no-colour"), text);
  });

  it("values lending with the states of demand that are given", async () => {
    const lending = async (...scenarios: readonly string[]): Promise<Record<string, unknown>> => {
      const args = scenarios.flatMap((scenario) => ["--scenario", scenario]);
      const { proof } = JSON.parse(await outputOf("plan", stacks, "--json", ...args)) as {
        proof: { lending: Record<string, unknown> };
      };
      return proof.lending;
    };
    const opposite = ["day:0.5:28800:client1=30,client2=20", "night:0.5:28800:client1=8,client2=60"];
    assert.equal((await lending(...opposite)).pays, true);
    const steady = await lending("always:1:28800:client1=20,client2=36");
    assert.deepEqual([steady.pays, steady.breakEvenSeconds], [false, undefined]);
  });

  it("refuses states of demand that make no sense, or name nobody", async () => {
    assert.equal(
      await usageErrorOf("plan", stacks, "--scenario", "day:1:60"),
      "nvl72 plan: --scenario day:1:60 is not NAME:SHARE OF TIME:SECONDS:CLIENT=RATE,...\n",
    );
    assert.equal(
      await usageErrorOf("plan", ...chat, "--scenario", "day:1:60:chat=1"),
      "nvl72 plan: --scenario is for a folder of stacks, not for --client\n",
    );
    const { status, error } = await runNvl72("plan", stacks, "--scenario", "day:0.5:60:client1=1");
    assert.equal(status, 1);
    assert.match(error, /lending\.scenarios: the probabilities of 1 scenarios are 0\.5 in all/);
  });

  it("writes a page beside what it prints", async () => {
    const small = join(folder, "small");
    mkdirSync(small);
    const text = readFileSync(join(stacks, "Pulumi.client1.yaml"), "utf8")
      .replace("outputTokens: 8192", "outputTokens: 100")
      .replace("nvl72:rack: rack", "nvl72:trays: 3");
    writeFileSync(join(small, "Pulumi.client1.yaml"), text);
    const file = join(folder, "plan.html");
    const out = await outputOf("plan", small, "--html", file, "--json");
    assert.equal((JSON.parse(out) as Record<string, unknown>).rack, "GB200 NVL72");
    const page = readFileSync(file, "utf8");
    assert.match(page, /^<!doctype html>/i);
    assert.ok(page.includes("client1"));
    assert.match(
      await usageErrorOf("plan", join(folder, "empty"), "--html", join(folder, "absent", "plan.html")),
      /^nvl72 plan: cannot write .*plan\.html: ENOENT/,
    );
  });

  it("draws an empty rack for a folder without stacks, and has nothing to prove", async () => {
    const empty = join(folder, "empty");
    assert.match(await outputOf("plan", empty), /18 trays x 4 GPUs, 0 in use, 18 free/);
    assert.deepEqual(JSON.parse(await outputOf("plan", empty, "--json")), {
      rack: "GB200 NVL72",
      trays: 18,
      freeTrays: 18,
      clients: [],
      unproved: "",
    });
  });

  it("takes one folder, and no terms: those are in its files", async () => {
    assert.equal(await usageErrorOf("plan", stacks, "other"), "nvl72 plan: one folder, not also other\n");
    assert.equal(
      await usageErrorOf("plan", stacks, "--tpot", "30"),
      "nvl72 plan: --tpot goes with --client; a folder has its own\n",
    );
    assert.match(await usageErrorOf("plan", stacks, "--mixed-decode"), /--mixed-decode goes with --client/);
    assert.match(await usageErrorOf("plan", stacks, "--racks", "1"), /--racks goes with --client/);
  });

  it("fails where there is no folder", async () => {
    const { status, error } = await runNvl72("plan", join(folder, "absent"));
    assert.equal(status, 1);
    assert.match(error, /ENOENT.*absent/);
  });
});

describe("nvl72 plan of clients given as flags", () => {
  it("is the plan of the stacks with the same clients", async () => {
    assert.equal(
      (await outputOf("plan", ...both)).split("\n").slice(0, 7).join("\n"),
      `1 rack: 18 trays in use, 0 free
  chat              prefill 1 x 4   decode 1 x 24 batch 368
  documents         prefill 7 x 4   decode 1 x 16 batch 320

chat: 21.4 req/s (21.4 needed)
documents: 39.2 req/s (38.5 needed)
share 1.07, 18 trays in use, 0 free, $198/h`,
    );
  });

  it("has it as JSON as well", async () => {
    const { allocation, problems, relaxations } = await outcome(...both);
    assert.deepEqual([problems, relaxations], [[], []]);
    assert.equal(allocation?.plan.share.toFixed(3), "1.068");
    assert.deepEqual(
      allocation.plan.clients.map(({ client, trays }) => [client, trays]),
      [
        ["chat", 7],
        ["documents", 11],
      ],
    );
  });

  it("asks for the fewest trays, the least cost, more racks, shared prefill, and other prices", async () => {
    const objective = (name: string) => outcome(...chat, "--tpot", "50", "--objective", name);
    assert.equal((await objective("trays")).allocation?.plan.trays, 7);
    assert.equal((await objective("cost")).allocation?.plan.dollarsPerHour?.toFixed(0), "77");
    assert.equal((await outcome(...chat, "--racks", "2")).allocation?.plan.racksUsed, 2);
    assert.equal((await outcome(...both, "--prefill", "shared")).allocation?.plan.mode, "shared");
    const dollars = async (...args: readonly string[]): Promise<string | undefined> =>
      (await outcome(...both, ...args)).allocation?.plan.dollarsPerHour?.toFixed(1);
    assert.equal(await dollars("--tier", "rental"), "237.6");
    const few = [...chat, "--tpot", "50", "--objective", "trays"];
    const billed = async (billing: string): Promise<string | undefined> =>
      (await outcome(...few, "--billing", billing)).allocation?.plan.dollarsPerHour?.toFixed(0);
    assert.deepEqual([await billed("tray"), await billed("rack")], ["77", "198"]);
  });

  it("is served more with drafts, with TensorRT-LLM and without headroom", async () => {
    const share = async (...args: readonly string[]): Promise<number> =>
      (await outcome(...chat, "--tpot", "30", ...args)).allocation?.plan.share ?? NaN;
    const usual = await share();
    for (const args of [
      ["--drafts", "1"],
      ["--engine", "trtllm"],
      ["--headroom", "0"],
    ]) {
      assert.ok((await share(...args)) > 1.02 * usual, args.join(" "));
    }
    const mixed = [...chat, "--client", "documents:8192:1024:10", "--tpot", "50", "--redundant", "32"];
    const other = async (...args: readonly string[]): Promise<string | undefined> =>
      (await outcome(...mixed, ...args)).allocation?.plan.share.toFixed(2);
    assert.deepEqual([await other(), await other("--mixed-decode")], ["1.68", "1.86"]);
    assert.ok((await share("--redundant", "0")) < usual);
  });

  it("refuses values that make no question, naming the flag", async () => {
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [["--racks", "0"], "--racks 0 is not a whole number of at least 1"],
      [["--racks", "1.5"], "--racks 1.5 is not a whole number of at least 1"],
      [["--drafts", "1.5"], "--drafts 1.5 is not a whole number of at least 0"],
      [["--redundant", "x"], "--redundant x is not a whole number of at least 0"],
      [["--tpot", "fast"], "--tpot fast is not a number of at least 0"],
      [["--ttft=-1"], "--ttft -1 is not a number of at least 0"],
      [["--headroom", "1"], "--headroom 1 is above 0.9"],
      [["--preset", "gpt"], "--preset gpt is not known"],
      [["--objective", "most"], "--objective most is not one of share, trays, cost"],
      [["--prefill", "none"], "--prefill none is not one of separate, shared, either"],
      [["--tier", "free"], "--tier free is not one of hyperscaler, neocloud, rental"],
      [["--billing", "gpu"], "--billing gpu is not one of tray, rack"],
      [["--html", "plan.html"], "--html is for a folder of stacks, not for --client"],
      [["stacks"], "either a folder or --client, not both"],
    ];
    for (const [args, message] of refusals) {
      assert.equal(await usageErrorOf("plan", ...chat, ...args), `nvl72 plan: ${message}\n`);
    }
  });

  it("refuses a client that is not a name, two lengths and perhaps a rate", async () => {
    for (const client of ["a", "a:1024", ":1024:8192", "a:1024:8192:0", "a:1.5:8192", "a:1:x", "a:0:1", "a:1:1:1:1"]) {
      assert.equal(
        await usageErrorOf("plan", "--client", client),
        `nvl72 plan: --client ${client} is not NAME:IN:OUT or NAME:IN:OUT:RATE, in tokens and requests/s\n`,
      );
    }
  });

  it("fails with the relaxations as JSON on its output, for programs", async () => {
    const much = ["--client", "chat:1024:8192:200", "--tpot", "50", "--objective", "trays", "--json"];
    const { status, out, error } = await runNvl72("plan", ...much);
    const { allocation, relaxations } = JSON.parse(out) as AllocationOutcome;
    assert.deepEqual(
      [status, allocation, relaxations.map(({ change }) => change)],
      [1, undefined, ["trays", "racks", "rates"]],
    );
    assert.match(error, /200 \(chat\) requests\/s do not fit 18 trays/);
  });

  it("fails, with the reason, where no plan serves the clients", async () => {
    const { status, out, error } = await runNvl72("plan", ...chat, "--tpot", "5");
    assert.deepEqual([status, out], [1, ""]);
    assert.match(error, /^nvl72: the plan cannot run as configured \(1 problem\)/);
    assert.match(error, /no decode worker size of chat meets the TPOT of 5 ms; the best is 16 ms with 32 GPUs/);
    const unknown = await runNvl72("plan", ...chat, "--preset", "qwen3-235b-fp8");
    assert.equal(unknown.status, 1);
    assert.match(unknown.error, /chat\.pools: sizes cannot be planned: operations were measured for latent attention/);
  });
});
