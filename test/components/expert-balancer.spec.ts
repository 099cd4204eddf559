import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { DecodePool, ExpertBalancer, type ExpertBalancerArgs, type ExpertPlacementRef } from "../../src/index";
import { balancerArgs, decodeArgs, staticBalancerArgs } from "../support/component-args";
import { created, createdObjects } from "../support/created-objects";
import { refusalOf, runProgram, type Run } from "../support/registration-harness";

const name = "client1-experts";

describe("an expert balancer that computes a placement", () => {
  let run: Run<ExpertPlacementRef>;
  before(async () => {
    run = await balance(staticBalancerArgs(1));
  });

  it("publishes it under a name that carries its content", () => {
    const { data, ...rest } = created(run, `${name}-placement`).inputs;
    assert.deepEqual(rest, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: run.result.configMap,
        namespace: "client1",
        labels: {
          "app.kubernetes.io/managed-by": "pulumi",
          "app.kubernetes.io/name": "nvl72",
          "app.kubernetes.io/part-of": "client1",
          "nvl72/client": "client1",
        },
      },
      immutable: true,
    });
    const map = placementOf(data);
    assert.deepEqual(
      map.map((row) => row.length),
      Array.from({ length: 61 }, () => 288),
    );
    assert.ok(map.every((row) => new Set(row).size === 256));
  });

  it("tells pools where it is, for how many ranks, and what it is worth", () => {
    const { balancednessBefore, balancednessAfter, configMap, movedExperts, ...rest } = run.result;
    assert.match(configMap, /^client1-experts-[0-9a-f]{10}$/);
    assert.deepEqual(rest, {
      version: 1,
      client: "client1",
      namespace: "client1",
      engine: "sglang",
      mode: "static",
      redundantExperts: 32,
      key: "placement.json",
      expertParallelSize: 32,
      beforeIsRecorded: false,
      balancednessBound: 1,
      recordingsClaim: "",
      watched: false,
    });
    assert.deepEqual(
      { balancednessBefore, balancednessAfter },
      { balancednessBefore: 0.5457, balancednessAfter: 0.9997 },
    );
    // Of 58 layers x 288 slots, all but those that the trivial order has right by chance.
    assert.ok(movedExperts > 15_000 && movedExperts < 58 * 288, `${movedExperts}`);
  });

  it("gives another recording another name, and the same recording the same", async () => {
    const { result: again } = await balance(staticBalancerArgs(1));
    const { result: other } = await balance(staticBalancerArgs(2));
    assert.equal(again.configMap, run.result.configMap);
    assert.notEqual(other.configMap, run.result.configMap);
  });

  it("leaves the thousands of counts out of what it says of itself", () => {
    const [{ inputs } = { inputs: {} }] = run.registrations.filter(({ custom }) => !custom);
    assert.deepEqual(Object.keys(inputs).sort(), [
      "domain",
      "expertParallelSize",
      "mode",
      "preset",
      "redundantExperts",
    ]);
  });

  it("reads a recording from a file to the same placement", async () => {
    const directory = mkdtempSync(join(tmpdir(), "nvl72-recording-"));
    try {
      const { recording: counts, ...args } = staticBalancerArgs(1);
      const recordingFile = join(directory, "client1.experts.json");
      writeFileSync(recordingFile, JSON.stringify({ model: "DeepSeek-R1", layers: 61, experts: 256, counts }));
      assert.deepEqual((await balance({ ...args, recordingFile })).result, run.result);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("makes its pool start with the placement", async () => {
    const pool = await runProgram(() => {
      const experts = new ExpertBalancer(name, staticBalancerArgs(1)).ref;
      new DecodePool("client1-decode", decodeArgs({ experts }));
    });
    const { volumes, containers } = podOf(created(pool, "client1-decode-workers").inputs);
    const file = "/etc/nvl72/experts/placement.json";
    const [engine] = containers;
    assert.equal(engine.args[engine.args.indexOf("--init-expert-location") + 1], file);
    assert.deepEqual(
      engine.volumeMounts.filter(({ name: volume }) => volume === "files-0"),
      [{ name: "files-0", mountPath: file, subPath: "placement.json", readOnly: true }],
    );
    assert.deepEqual(
      volumes.filter(({ name: volume }) => volume === "files-0"),
      [{ name: "files-0", configMap: { name: run.result.configMap } }],
    );
  });
});

describe("an expert balancer for TensorRT-LLM", () => {
  const engine = { name: "trtllm", version: "1.6.1", image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1" };

  it("publishes its format, and the pool's pods bring the file and name it to the engine", async () => {
    const run = await runProgram(() => {
      const experts = new ExpertBalancer(name, { ...staticBalancerArgs(1), engine: "trtllm" }).ref;
      return new DecodePool("client1-decode", decodeArgs({ engine, experts })).ref;
    });
    const { data } = created(run, `${name}-placement`).inputs as unknown as { data: Record<string, string> };
    assert.deepEqual(Object.keys(data), ["placement.yaml"]);
    const placed = parse(data["placement.yaml"] ?? "") as { num_slots: number; initial_global_assignments: object };
    assert.equal(placed.num_slots, 288);
    const layers = Object.keys(placed.initial_global_assignments).map(Number);
    assert.deepEqual([layers[0], layers.at(-1)], [3, 61]);

    const { spec } = run.result.contribution?.podTemplate as unknown as {
      spec: { containers: { volumeMounts: object[] }[] };
    };
    const file = "/etc/nvl72/experts/placement.yaml";
    assert.ok(JSON.stringify(spec.containers[0]?.volumeMounts).includes(file));
    const files = created(run, "client1-decode-configuration").inputs as unknown as { data: Record<string, string> };
    assert.match(Object.values(files.data).join(), new RegExp(`load_balancer: ${file}`));
  });

  it("refuses a placement in another engine's format", async () => {
    const { result } = await balance(staticBalancerArgs(1));
    const refusal = await refusalOf(() => new DecodePool("client1-decode", decodeArgs({ engine, experts: result })));
    assert.match(refusal.message, /experts.*sglang/);
  });
});

describe("an expert balancer that leaves placement to the engine", () => {
  it("publishes only what it was told", async () => {
    const dynamic = await balance(balancerArgs({ mode: "dynamic", redundantExperts: 32 }));
    assert.deepEqual(
      Object.values(createdObjects(dynamic)).map((object) => (object as { data: object }).data),
      [{ "balancing.json": '{"mode":"dynamic","redundantExperts":32}\n' }],
    );
    assert.deepEqual(dynamic.result, {
      version: 1,
      client: "client1",
      namespace: "client1",
      engine: "sglang",
      mode: "dynamic",
      redundantExperts: 32,
      configMap: "",
      key: "",
      expertParallelSize: 0,
      balancednessBefore: 0,
      beforeIsRecorded: false,
      balancednessAfter: 0,
      balancednessBound: 0,
      movedExperts: 0,
      recordingsClaim: "",
      watched: false,
    });
  });

  it("makes its pool balance while it runs", async () => {
    const pool = await runProgram(() => {
      const experts = new ExpertBalancer(name, balancerArgs({ mode: "dynamic", redundantExperts: 32 })).ref;
      new DecodePool("client1-decode", decodeArgs({ experts }));
    });
    const [{ args }] = podOf(created(pool, "client1-decode-workers").inputs).containers;
    assert.ok(args.includes("--enable-eplb"));
    assert.equal(args[args.indexOf("--ep-num-redundant-experts") + 1], "32");
    assert.ok(!args.includes("--init-expert-location"));
  });
});

function balance(args: ExpertBalancerArgs): Promise<Run<ExpertPlacementRef>> {
  return runProgram(() => new ExpertBalancer(name, args).ref);
}

function placementOf(data: unknown): readonly (readonly number[])[] {
  const { "placement.json": text } = data as { "placement.json": string };
  return (JSON.parse(text) as { physical_to_logical_map: number[][] }).physical_to_logical_map;
}

interface Pod {
  readonly volumes: readonly { readonly name: string }[];
  readonly containers: readonly [
    { readonly args: readonly string[]; readonly volumeMounts: readonly { readonly name: string }[] },
  ];
}

function podOf(inputs: Readonly<Record<string, unknown>>): Pod {
  const { spec } = inputs as { spec: { leaderWorkerTemplate: { workerTemplate: { spec: Pod } } } };
  return spec.leaderWorkerTemplate.workerTemplate.spec;
}
