import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { planDirectory, planScreen } from "../../cli/plan";
import { formatRefusal, RefusedError } from "../../src/problems";
import { allocate } from "../../stacks/allocation";
import { ownShare } from "../../stacks/client-args";
import { planClientStack } from "../../stacks/client-plan";
import { parseStackConfig, type RackConfig, type RawConfig } from "../../stacks/config";
import { client, origin } from "../support/client-config";

const directory = path.join(__dirname, "../../stacks");

function refusal(raw: RawConfig): string {
  try {
    parseStackConfig(raw, origin);
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("a stack's configuration", () => {
  it("fills in what nobody needs to say", () => {
    assert.deepEqual(parseStackConfig(client, origin), {
      ...client,
      program: "client",
      purpose: "production",
      hardware: "gb200-nvl72",
      cluster: { identifier: "nvl72" },
      slo: {},
      experts: { mode: "off", redundant: 0 },
      network: {},
      planner: { headroom: 0.1 },
    });
  });

  it("leaves sizes to the planner with auto, for both pools or one, or by not stating them", () => {
    const poolsOf = (pools?: unknown): unknown => {
      const config = parseStackConfig({ ...client, pools }, origin);
      return config.program === "client" ? config.pools : undefined;
    };
    const decode = { workers: 1, gpusPerWorker: 32, batchPerRank: 256 };
    assert.deepEqual(poolsOf("auto"), { prefill: {}, decode: {} });
    assert.deepEqual(poolsOf(undefined), { prefill: {}, decode: {} });
    assert.deepEqual(poolsOf({ prefill: "auto", decode }), { prefill: {}, decode });
    assert.deepEqual(poolsOf({ decode: { gpusPerWorker: 32 } }), { prefill: {}, decode: { gpusPerWorker: 32 } });
  });

  it("names file, path, what was read and what is allowed, for all problems at once", () => {
    const wrong = {
      ...client,
      rack: "rack",
      workload: { inputTokens: "1k", outputTokens: 8192 },
      slo: { tpotSeconds: 0.05 },
      pools: { ...(client.pools as object), decode: { workers: "all", gpusPerWorker: 32 } },
    };
    assert.equal(
      refusal(wrong),
      [
        "nvl72: client1 (Pulumi.client1.yaml) cannot run as configured (3 problems), nothing was changed",
        '  workload.inputTokens: read "1k": Invalid input: expected number, received string',
        "      rule: settings in Pulumi.client1.yaml are checked before anything runs",
        "      fix:  see the README's table of settings",
        "  slo.tpotSeconds: unknown key",
        "      rule: Pulumi.client1.yaml has no such setting below slo",
        "      fix:  one of ttftSeconds, tpotMilliseconds; units are part of the names",
        '  pools.decode.workers: read "all": Invalid input: expected number, received string',
        "      rule: settings in Pulumi.client1.yaml are checked before anything runs",
        "      fix:  see the README's table of settings",
      ].join("\n"),
    );
  });

  it("wants the share from one place", () => {
    assert.match(refusal({ ...client, rack: "rack" }), /rack: both rack and trays/);
    assert.match(refusal({ ...client, trays: undefined }), /rack: neither rack nor trays/);
  });
});

describe("a client's plan", () => {
  const problemsOf = (changes: object): readonly (readonly [string, string])[] => {
    const config = parseStackConfig({ ...client, ...changes }, origin);
    assert.equal(config.program, "client");
    return planClientStack(config, ownShare("client1", 9), directory).problems.map(({ path, what }) => [path, what]);
  };

  it("speaks of settings as the file has them, and of shared ones once", () => {
    assert.deepEqual(problemsOf({ experts: { mode: "dynamic", redundant: 16 } }), [
      ["experts.redundant", "256 + 16 = 272 expert slots do not divide by 32 ranks"],
    ]);
    assert.deepEqual(problemsOf({ model: { preset: "gpt", weights: { hostPath: "/m", path: "gpt" } } }), [
      ["model.preset", "gpt is not a checkpoint that is known"],
    ]);
    assert.deepEqual(problemsOf({ model: { preset: "deepseek-r1-nvfp4", weights: { path: "R1" } } }), [
      ["model.weights", "neither a claim nor a host path"],
    ]);
  });

  it("is refused in the README's words", () => {
    const config = parseStackConfig({ ...client, experts: { mode: "dynamic", redundant: 16 } }, origin);
    assert.equal(config.program, "client");
    const { problems } = planClientStack(config, ownShare("client1", 9), directory);
    const readme = readFileSync(path.join(directory, "../README.md"), "utf8");
    assert.ok(readme.includes(formatRefusal("client1", problems)));
  });
});

describe("the rack's configuration", () => {
  const rack = (clients: RackConfig["clients"], reserveTrays = 0): RackConfig => ({
    program: "rack",
    purpose: "production",
    cluster: { identifier: "nvl72" },
    clients,
    objective: "share",
    reserveTrays,
  });

  it("grants every client its trays, in the order of their names", () => {
    assert.deepEqual(allocate(rack({ client2: { trays: 9 }, client1: { trays: 9 } }), []), {
      version: 1,
      rack: "GB200 NVL72",
      trays: 18,
      clients: [
        { client: "client1", trays: 9, priorityClass: "nvl72-engine", routerPriorityClass: "nvl72-router" },
        { client: "client2", trays: 9, priorityClass: "nvl72-engine", routerPriorityClass: "nvl72-router" },
      ],
    });
  });

  it("refuses Option B's peaks of 10 and 12 trays with a buffer of 4", () => {
    assert.throws(
      () => allocate(rack({ client1: { trays: 10 }, client2: { trays: 12 } }, 4), []),
      /40 \(client1\) \+ 48 \(client2\) \+ 16 \(reserve\) = 104 GPUs, the GB200 NVL72 has 72/,
    );
  });
});

describe("the stack files of this repository", () => {
  it("plan both clients on 18 of 18 trays, without a warning", () => {
    const plan = planDirectory(directory).rack;
    assert.deepEqual(
      plan.clients.map(({ client, prefill, decode, warnings }) => [client, prefill.trays, decode.trays, warnings]),
      [
        ["client1", 1, 6, []],
        ["client2", 7, 4, []],
      ],
    );
    assert.equal(plan.freeTrays, 0);
    assert.equal(new Set(plan.trayUse.map(({ tray }) => tray)).size, 18);
  });

  it("meet their service levels by the prediction", () => {
    for (const { workload, slo, prediction } of planDirectory(directory).rack.clients) {
      assert.ok(prediction);
      assert.ok(prediction.requestsPerSecond >= (workload.requestsPerSecond ?? Infinity));
      assert.ok(prediction.tpotMilliseconds <= (slo.tpotMilliseconds ?? 0));
      const ttft = prediction.atAskedRate?.ttft;
      assert.ok(ttft !== undefined && "p90Seconds" in ttft && ttft.p90Seconds <= (slo.ttftSeconds ?? 0));
    }
  });

  it("are drawn the same every time", async () =>
    assert.equal(await planScreen(directory), await planScreen(directory)));
});
