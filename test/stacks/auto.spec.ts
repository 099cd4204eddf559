import assert from "node:assert/strict";
import { parseStackConfig, type ClientConfig, type RackConfig, type RawConfig } from "../../stacks/config";
import { allocate } from "../../stacks/allocation";
import { ownShare } from "../../stacks/client-args";
import { planClientStack } from "../../stacks/client-plan";
import { sizePools } from "../../stacks/sized-config";
import { formatRefusal, RefusedError } from "../../src/problems";

const shared = {
  rack: "rack",
  slo: { ttftSeconds: 5, tpotMilliseconds: 50 },
  model: { preset: "deepseek-r1-nvfp4", weights: { hostPath: "/mnt/models", path: "R1" } },
  engine: { name: "sglang", version: "0.5.8", image: "lmsysorg/sglang:v0.5.8-cu130" },
  experts: { mode: "dynamic", redundant: 32 },
  router: { image: "lightseekorg/smg:1.13.0" },
};
const chat = {
  ...shared,
  client: "client1",
  workload: { inputTokens: 1024, outputTokens: 8192, requestsPerSecond: 20 },
};
const documents = {
  ...shared,
  client: "client2",
  workload: { inputTokens: 8192, outputTokens: 1024, requestsPerSecond: 40 },
};

function clientConfig(raw: RawConfig): ClientConfig {
  const config = parseStackConfig(raw, { stack: "client", file: "Pulumi.client.yaml" });
  assert.equal(config.program, "client");
  return config;
}

function sizes(raw: RawConfig, trays = 9): unknown {
  const { client } = clientConfig(raw);
  const sized = sizePools(clientConfig(raw), ownShare(client, trays));
  if ("problems" in sized) return sized.problems.map(({ path, what, fix }) => [path, what, fix]);
  const { prefill, decode } = sized.config.pools;
  return [
    [prefill.workers, prefill.gpusPerWorker],
    [decode.workers, decode.gpusPerWorker, decode.batchPerRank],
  ];
}

describe("pools: auto", () => {
  it("gives nine trays the pools that serve most within both promises", () => {
    assert.deepEqual(sizes(chat), [
      [1, 4],
      [1, 32, 368],
    ]);
    assert.deepEqual(sizes(documents), [
      [7, 4],
      [1, 8, 256],
    ]);
  });

  it("keeps what the operator has fixed: a pool, a worker size, or a batch", () => {
    const decode = { workers: 1, gpusPerWorker: 16, batchPerRank: 128 };
    assert.deepEqual(sizes({ ...documents, pools: { prefill: "auto", decode } }), [
      [5, 4],
      [1, 16, 128],
    ]);
    assert.deepEqual(sizes({ ...chat, pools: { decode: { gpusPerWorker: 16 } } }), [
      [1, 4],
      [2, 16, 336],
    ]);
    assert.deepEqual(sizes({ ...chat, pools: { decode: { batchPerRank: 64 } } }), [
      [1, 4],
      [1, 32, 64],
    ]);
  });

  it("plans the replicas with the worker size where they are auto, and takes sizes that only they allow", () => {
    const auto = { ...documents, experts: { mode: "dynamic", redundant: "auto" } };
    const redundant = (raw: RawConfig, trays: number): unknown => {
      const sized = sizePools(clientConfig(raw), ownShare("client2", trays));
      assert.ok("config" in sized);
      return [sized.config.pools.decode.gpusPerWorker, sized.config.experts.redundant];
    };
    assert.deepEqual(redundant({ ...auto, pools: { decode: { gpusPerWorker: 40 } } }, 18), [40, 24]);
    assert.deepEqual(redundant({ ...auto, pools: { decode: { gpusPerWorker: 64 } } }, 18), [64, 64]);
    assert.deepEqual(redundant({ ...auto, experts: { mode: "off", redundant: "auto" } }, 9), [8, 0]);
    const fixed = {
      prefill: { workers: 1, gpusPerWorker: 4 },
      decode: { workers: 1, gpusPerWorker: 40, batchPerRank: 64 },
    };
    assert.deepEqual(redundant({ ...auto, pools: fixed }, 11), [40, 24]);
    const planned = planClientStack(clientConfig({ ...auto, pools: fixed }), ownShare("client2", 11), __dirname);
    assert.deepEqual([planned.problems, planned.plan?.decode.physicalExperts], [[], 280]);
  });

  it("leaves other settings of a pool as they are, and plans with them", () => {
    const planned = planClientStack(
      clientConfig({
        ...documents,
        pools: { prefill: { tokensPerForwardPerRank: 8192 }, decode: { drainSeconds: 300 } },
      }),
      ownShare("client2", 9),
      __dirname,
    );
    assert.deepEqual(planned.problems, []);
    assert.equal(planned.plan?.prefill.tokensPerForwardPerRank, 8192);
    assert.equal(planned.plan.decode.drainSeconds, 300);
  });

  it("frees the trays that serve nobody more", () => {
    // One prefill tray does not feed seventeen of decode.
    const pinned = { ...chat, pools: { prefill: { workers: 1, gpusPerWorker: 4 } } };
    assert.deepEqual(sizes(pinned, 18), [
      [1, 4],
      [2, 32, 368],
    ]);
  });

  it("refuses a promise that no size keeps, and says what would", () => {
    assert.deepEqual(sizes({ ...chat, slo: { tpotMilliseconds: 5 } }), [
      [
        "slo.tpotMilliseconds",
        "no decode worker size of client1 meets the TPOT of 5 ms; the best is 16 ms with 32 GPUs per worker",
        "a TPOT limit of at least 16 ms, or another model or precision",
      ],
    ]);
    assert.deepEqual(sizes({ ...documents, slo: { ttftSeconds: 0.5 } }), [
      [
        "slo.ttftSeconds",
        "no prefill worker size of client2 meets the TTFT of 500 ms; the best is 677.3 ms with 4 GPUs per worker",
        "a TTFT limit of at least 677.3 ms, or another model or precision",
      ],
    ]);
  });

  it("refuses settings that leave no worker size, whatever is promised", () => {
    assert.deepEqual(sizes({ ...chat, experts: { mode: "dynamic", redundant: 33 } }), [
      [
        "pools.decode",
        "no decode worker size of client1 is possible",
        "other redundant experts, another precision, or fewer fixed settings of the pool",
      ],
    ]);
  });

  it("refuses to size what it cannot predict", () => {
    assert.deepEqual(sizes({ ...chat, model: { ...shared.model, preset: "deepseek-v3.2-fp8" } }), [
      [
        "pools",
        "sizes cannot be planned: DeepSeek-V3.2 attends to a chosen part of its context, and that was not measured",
        "workers, gpusPerWorker and batchPerRank of both pools",
      ],
    ]);
  });

  it("wants a size with a number of workers", () => {
    assert.deepEqual(sizes({ ...chat, pools: { decode: { workers: 2 } } }), [
      [
        "pools.decode.gpusPerWorker",
        "2 workers of no stated size",
        "gpusPerWorker as well, or no workers: the planner then chooses both",
      ],
    ]);
  });
});

describe("trays: auto", () => {
  const rack = (clients: RackConfig["clients"], changes: object = {}): RackConfig => {
    const raw = { program: "rack", clients, ...changes };
    const config = parseStackConfig(raw, { stack: "rack", file: "Pulumi.rack.yaml" });
    assert.equal(config.program, "rack");
    return config;
  };
  const both = { client1: { trays: "auto" as const }, client2: { trays: "auto" as const } };
  const configs = [clientConfig(chat), clientConfig(documents)];
  const trays = (config: RackConfig, clients = configs): unknown =>
    allocate(config, clients).clients.map((share) => [share.client, share.trays]);
  const refusal = (config: RackConfig, clients = configs): string => {
    try {
      allocate(config, clients);
    } catch (error) {
      if (error instanceof RefusedError) return formatRefusal(error.subject, error.problems);
      throw error;
    }
    throw new Error("was accepted");
  };

  it("shares the rack so that the smaller share of what is asked for is as large as it can be", () => {
    assert.deepEqual(trays(rack(both)), [
      ["client1", 7],
      ["client2", 11],
    ]);
  });

  it("takes the fewest trays that serve the asked rates, when asked to", () => {
    const half = clientConfig({ ...documents, workload: { ...documents.workload, requestsPerSecond: 20 } });
    assert.deepEqual(trays(rack(both, { objective: "trays" }), [clientConfig(chat), half]), [
      ["client1", 7],
      ["client2", 6],
    ]);
  });

  it("plans what fixed shares and the reserve leave", () => {
    assert.deepEqual(trays(rack({ ...both, client1: { trays: 8 } }, { reserveTrays: 2 })), [
      ["client1", 8],
      ["client2", 8],
    ]);
  });

  it("is refused for a client that no stack configures, and where the rates do not fit", () => {
    assert.match(
      refusal(rack(both), [clientConfig(chat)]),
      /clients\.client2\.trays: auto, and no stack file beside this one/,
    );
    const busy = [
      clientConfig({ ...chat, workload: { ...chat.workload, requestsPerSecond: 200 } }),
      clientConfig(documents),
    ];
    assert.match(
      refusal(rack(both, { objective: "trays" }), busy),
      /18 trays do not serve client1 and client2 at the rates/,
    );
  });
});
