import assert from "node:assert/strict";
import { checkpoints } from "../../src/plan/model-shape";
import { planClient, type ClientRequest } from "../../src/plan/plan-client";
import { planPool } from "../../src/plan/plan-pool";
import type { PoolIntent } from "../../src/plan/intent";
import { checkRackFit, checkShare } from "../../src/plan/rack-fit";
import { gb200Nvl72 } from "../../src/plan/rack";
import { formatRefusal, type Problem } from "../../src/problems";
import { decodeIntent, planned, prefillIntent } from "../support/intents";

function problemsOf(intent: PoolIntent): readonly Problem[] {
  return planPool(intent, gb200Nvl72).problems;
}

function pathsOf(intent: PoolIntent): readonly string[] {
  return problemsOf(intent).map(({ path }) => path);
}

const off = { balancing: "off", redundantExperts: 0 } as const;

describe("plans of the sources that cannot work are refused with the arithmetic", () => {
  const gpus = (name: string, count: number): { name: string; gpus: number } => ({ name, gpus: count });

  it("source 003, Option B: peaks of 40 and 48 GPUs and a buffer of 8 are 96 of 72", () => {
    assert.deepEqual(
      checkRackFit("clients", [gpus("client1", 40), gpus("client2", 48), gpus("buffer", 8)], gb200Nvl72),
      [
        {
          path: "clients",
          what: "40 (client1) + 48 (client2) + 8 (buffer) = 96 GPUs, the GB200 NVL72 has 72",
          rule: "every GPU belongs to one process; peaks and buffers count like any other demand",
          fix: "24 GPUs (6 trays) less in all",
        },
      ],
    );
  });

  it("source 003: 4 + 32 + 40 + 8 = 84 GPUs are not 72 “with redundancy”", () => {
    const pools = [gpus("prefill 1", 4), gpus("decode 1", 32), gpus("prefill 2", 40), gpus("decode 2", 8)];
    assert.deepEqual(
      checkRackFit("clients", pools, gb200Nvl72).map(({ what, fix }) => ({ what, fix })),
      [
        {
          what: "4 (prefill 1) + 32 (decode 1) + 40 (prefill 2) + 8 (decode 2) = 84 GPUs, the GB200 NVL72 has 72",
          fix: "12 GPUs (3 trays) less in all",
        },
      ],
    );
  });

  it("source 003's deploy script submits 36 + 132 + 52 + 64 = 284 GPUs", () => {
    const jobs = [gpus("1 4 8", 36), gpus("1 8 16", 132), gpus("5 1 32", 52), gpus("8 1 32", 64)];
    assert.match(checkRackFit("jobs", jobs, gb200Nvl72)[0]?.what ?? "", /= 284 GPUs, the GB200 NVL72 has 72$/);
  });

  it("Option A's 36 + 36 fit", () => {
    assert.deepEqual(checkRackFit("clients", [gpus("client1", 36), gpus("client2", 36)], gb200Nvl72), []);
  });

  it("FP8 weights on 4 GPUs leave no memory for KV", () => {
    const intent = decodeIntent({ checkpoint: checkpoints["deepseek-r1-fp8"], gpusPerWorker: 4, experts: off });
    assert.deepEqual(problemsOf(intent), [
      {
        path: "gpusPerWorker",
        what:
          "no memory is left for KV: weights 170.9 + KV 0.0 + dispatch 3.6 + graphs and activations 6.3 = 180.8 of " +
          "179.7 GiB with deepseek-r1-fp8 on 4 GPUs",
        rule: "weights, dispatch buffers, graphs and KV share one GPU's memory",
        fix: "8 GPUs per worker, or a checkpoint of fewer bytes",
      },
    ]);
  });

  it("256 expert slots on EP48 do not divide", () => {
    assert.deepEqual(problemsOf(decodeIntent({ gpusPerWorker: 48, experts: off })), [
      {
        path: "experts.redundantExperts",
        what: "256 + 0 = 256 expert slots do not divide by 48 ranks",
        rule: "every rank holds the same number of DeepSeek-R1's experts: (routed + redundant) % expert parallel size = 0",
        fix: "32 or 80 redundant experts with 48 GPUs",
      },
    ]);
  });

  it("a dispatch cap of 1408 is above what the kernel takes", () => {
    const intent = decodeIntent({
      inputTokens: 1000,
      outputTokens: 1000,
      batchPerRank: 1024,
      dispatchTokensPerRank: 1408,
    });
    assert.deepEqual(problemsOf(intent), [
      {
        path: "dispatchTokensPerRank",
        what: "1408 tokens per rank and dispatch are above 1024",
        rule: "DeepEP's low-latency kernel asserts tokens per rank <= 1024; 1408 needs changes that no release has (DeepEP#440)",
        fix: "1024, and batchPerRank 1024 at most",
      },
    ]);
  });

  it("the published 1408 running requests per rank behind a cap of 1024 (67584 / 48) stop the worker", () => {
    const intent = decodeIntent({
      inputTokens: 500,
      outputTokens: 500,
      batchPerRank: 1408,
      graphBatchSizes: [1408],
      dispatchTokensPerRank: 1024,
    });
    assert.equal(problemsOf(intent)[0]?.what, "1408 tokens per dispatch are above the cap of 1024");
  });

  it("source 003's “TP=36 baseline” divides neither heads nor experts", () => {
    assert.deepEqual(
      problemsOf(decodeIntent({ gpusPerWorker: 36, attention: "tensor", experts: off })).map(({ what }) => what),
      ["128 attention heads do not divide by 36 GPUs"],
    );
    assert.deepEqual(
      problemsOf(decodeIntent({ gpusPerWorker: 36, experts: off })).map(({ what }) => what),
      ["256 + 0 = 256 expert slots do not divide by 36 ranks", "36 ranks with low-latency dispatch"],
    );
  });
});

describe("rules of a pool, each broken once", () => {
  it("accepts both pools of both clients as configured", () => {
    assert.deepEqual(problemsOf(prefillIntent()), []);
    assert.deepEqual(problemsOf(decodeIntent()), []);
  });

  const broken: readonly (readonly [string, PoolIntent, readonly string[]])[] = [
    ["a worker is whole trays", decodeIntent({ gpusPerWorker: 6 }), ["gpusPerWorker"]],
    ["two GPUs are half a tray", prefillIntent({ gpusPerWorker: 2 }), ["gpusPerWorker"]],
    [
      "a worker fits one rack",
      decodeIntent({ gpusPerWorker: 80, experts: { balancing: "dynamic", redundantExperts: 64 } }),
      ["gpusPerWorker"],
    ],
    ["a pool has a worker", decodeIntent({ workers: 0 }), ["workers"]],
    [
      "replicas are whole experts",
      decodeIntent({ experts: { balancing: "dynamic", redundantExperts: -32 } }),
      ["experts.redundantExperts"],
    ],
    [
      "replicas need expert parallelism",
      prefillIntent({ attention: "tensor", experts: { balancing: "off", redundantExperts: 32 } }),
      ["experts.redundantExperts"],
    ],
    [
      "balancing needs expert parallelism",
      prefillIntent({ attention: "tensor", experts: { balancing: "dynamic", redundantExperts: 0 } }),
      ["experts.mode"],
    ],
    [
      "static balancing needs a placement",
      decodeIntent({ experts: { balancing: "static", redundantExperts: 32 } }),
      ["experts"],
    ],
    [
      "dispatch needs DP attention",
      decodeIntent({ attention: "tensor", gpusPerWorker: 4, dispatch: "low-latency", experts: off }),
      ["dispatch"],
    ],
    ["NVFP4 prefill cannot use DeepEP", prefillIntent({ dispatch: "normal" }), ["dispatch"]],
    ["prefill cannot use low-latency dispatch", prefillIntent({ dispatch: "low-latency" }), ["dispatch"]],
    ["decode cannot use throughput dispatch", decodeIntent({ dispatch: "normal" }), ["dispatch"]],
    ["a pass is whole pages", prefillIntent({ tokensPerForwardPerRank: 1000 }), ["tokensPerForwardPerRank"]],
    ["KV holds a pass", prefillIntent({ kvTokensPerRank: 12800 }), ["kvTokensPerRank"]],
    ["KV holds a prompt", prefillIntent({ tokensPerForwardPerRank: 512, kvTokensPerRank: 512 }), ["kvTokensPerRank"]],
    ["admission is at least a pass", prefillIntent({ prefillTokensPerRank: 8192 }), ["prefillTokensPerRank"]],
    ["a batch is a number of requests", decodeIntent({ batchPerRank: 0 }), ["batchPerRank"]],
    [
      "drafts count against the cap",
      decodeIntent({
        batchPerRank: 512,
        dispatchTokensPerRank: 1024,
        speculation: { draftTokens: 3, acceptedTokens: 1 },
      }),
      ["batchPerRank"],
    ],
    ["graphs reach the batch", decodeIntent({ graphBatchSizes: [1, 2, 4] }), ["graphBatchSizes"]],
    ["the longest request fits the context", decodeIntent({ contextTokens: 9000 }), ["contextTokens"]],
    ["the context is within the model's", decodeIntent({ contextTokens: 200000 }), ["contextTokens"]],
    ["KV fits beside everything else", decodeIntent({ kvTokensPerRank: 4300800 }), ["kvTokensPerRank"]],
    ["the batch's KV fits", decodeIntent({ batchPerRank: 1024 }), ["batchPerRank"]],
    ["a stated KV pool holds the batch", decodeIntent({ kvTokensPerRank: 640000 }), ["kvTokensPerRank"]],
    ["the static share holds weights and KV", decodeIntent({ staticMemoryFraction: 0.5 }), ["staticMemoryFraction"]],
    ["a share is a share", decodeIntent({ staticMemoryFraction: 1.5 }), ["staticMemoryFraction"]],
    ["weights come from one place", decodeIntent({ weights: { path: "m", readGibPerSecond: 5 } }), ["model.weights"]],
    [
      "weights come from one place, not two",
      decodeIntent({ weights: { claim: "c", hostPath: "/h", path: "m", readGibPerSecond: 5 } }),
      ["model.weights"],
    ],
    [
      "a store delivers something",
      decodeIntent({ weights: { claim: "c", path: "m", readGibPerSecond: 0 } }),
      ["model.weights.readGibPerSecond"],
    ],
    [
      "drafts need a prediction layer",
      decodeIntent({
        checkpoint: checkpoints["kimi-k2-nvfp4"],
        experts: { balancing: "dynamic", redundantExperts: 0 },
        speculation: { draftTokens: 1, acceptedTokens: 0.5 },
      }),
      ["speculation.draftTokens"],
    ],
    [
      "no more drafts are accepted than made",
      decodeIntent({ speculation: { draftTokens: 1, acceptedTokens: 2 } }),
      ["speculation.acceptedTokens"],
    ],
    [
      "benchmark switches are for benchmarks",
      decodeIntent({ extraEnv: { SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: "1" } }),
      ["extraEnv.SGLANG_HACK_SEQ_BOOTSTRAP_ROOM"],
    ],
    [
      "a dead peer is noticed",
      decodeIntent({ extraEnv: { SGLANG_DISAGGREGATION_WAITING_TIMEOUT: "100000" } }),
      ["extraEnv.SGLANG_DISAGGREGATION_WAITING_TIMEOUT"],
    ],
  ];
  for (const [rule, intent, paths] of broken) {
    it(rule, () => assert.deepEqual(pathsOf(intent), paths));
  }

  describe("DeepEP dispatches among fewer than 8 ranks, or a multiple of 8", () => {
    const experts = { balancing: "dynamic", redundantExperts: 24 } as const;

    it("which 28 are not, though they share out 280 expert slots", () => {
      assert.deepEqual(problemsOf(decodeIntent({ gpusPerWorker: 28, experts })), [
        {
          path: "gpusPerWorker",
          what: "28 ranks with low-latency dispatch",
          rule: "DeepEP asserts fewer than 8 ranks, or a multiple of 8",
          fix: "24 or 32 GPUs per worker",
        },
      ]);
    });

    it("for prefill as well", () => {
      const fp8 = { checkpoint: checkpoints["deepseek-r1-fp8"], experts };
      assert.deepEqual(pathsOf(prefillIntent({ ...fp8, gpusPerWorker: 28 })), ["gpusPerWorker"]);
      assert.deepEqual(pathsOf(prefillIntent({ ...fp8, gpusPerWorker: 8 })), []);
    });

    it("which 4, 8 and 24 are", () => {
      for (const gpusPerWorker of [4, 8, 24]) {
        assert.deepEqual(pathsOf(decodeIntent({ gpusPerWorker, batchPerRank: 64 })), [], `${gpusPerWorker} GPUs`);
      }
    });

    it("and no other dispatch cares", () => {
      assert.deepEqual(pathsOf(decodeIntent({ gpusPerWorker: 28, experts, dispatch: "none" })), []);
      assert.deepEqual(pathsOf(prefillIntent({ gpusPerWorker: 28, experts })), []);
    });
  });

  it("allows benchmark switches to a benchmark", () => {
    const extraEnv = { SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: "1", SGLANG_DISAGGREGATION_WAITING_TIMEOUT: "100000" };
    assert.deepEqual(problemsOf(decodeIntent({ extraEnv, purpose: "benchmark" })), []);
  });

  it("tells all problems at once, each with path, numbers, rule and fix", () => {
    const intent = prefillIntent({ kvTokensPerRank: 8192, contextTokens: 100, staticMemoryFraction: 2 });
    assert.equal(
      formatRefusal("client1-prefill", problemsOf(intent)),
      [
        "nvl72: client1-prefill cannot run as configured (3 problems), nothing was changed",
        "  contextTokens: 100 is less than 1024 in + 8192 out = 9216",
        "      rule: both roles must accept the longest request, or it is rejected",
        "      fix:  9216 or more",
        "  staticMemoryFraction: 2 is not a share of the GPU's memory",
        "      rule: weights and KV get this share, graphs and dispatch buffers the rest",
        "      fix:  leave it out (0.86), or a number between 0 and 1",
        "  kvTokensPerRank: 8192 KV tokens are fewer than the 16384 of one forward pass",
        "      rule: a pass writes the KV of all its tokens before any of it is sent to decode",
        "      fix:  at least 16384; 8 passes (131072) keep transfers off the critical path",
      ].join("\n"),
    );
  });
});

describe("warnings", () => {
  const warnings = (intent: PoolIntent): readonly string[] => planned(intent).warnings.map(({ what }) => what);

  it("wide expert parallelism with replicas in trivial order", () => {
    const experts = { balancing: "off", redundantExperts: 32 } as const;
    assert.deepEqual(warnings(decodeIntent({ experts })), ["32 redundant experts over 32 ranks in trivial order"]);
    assert.deepEqual(warnings(decodeIntent({ experts, gpusPerWorker: 16 })), []);
  });

  it("a KV pool that does not hold the batch at its longest", () => {
    assert.deepEqual(warnings(decodeIntent({ kvTokensPerRank: 1600000 })), [
      "1600000 KV tokens do not hold 256 requests at their longest",
    ]);
  });

  it("memory filled to the brim", () => {
    const { largestKvTokens } = planned(decodeIntent()).memory;
    assert.deepEqual(
      warnings(decodeIntent({ kvTokensPerRank: largestKvTokens - 64 * 64, staticMemoryFraction: 0.95 })),
      ["0.1 GiB per GPU are left over"],
    );
  });

  it("a checkpoint that nobody published a log of", () => {
    const intent = decodeIntent({ checkpoint: checkpoints["deepseek-r1-fp8"] });
    assert.deepEqual(warnings(intent), ["memory of deepseek-r1-fp8 is computed from its shapes"]);
  });
});

describe("a client's two pools", () => {
  const request: ClientRequest = {
    client: "client1",
    workload: { inputTokens: 1024, outputTokens: 8192, requestsPerSecond: 20 },
    slo: { tpotMilliseconds: 50 },
    prefill: prefillIntent(),
    decode: decodeIntent(),
    grantedTrays: 9,
  };
  const problems = (changes: Partial<ClientRequest>): readonly Problem[] =>
    planClient({ ...request, ...changes }, gb200Nvl72).problems;

  it("are accepted when they agree and fit", () => assert.deepEqual(problems({}), []));

  it("stay within the client's trays", () => {
    assert.deepEqual(problems({ grantedTrays: 8 }), [
      {
        path: "pools",
        what: "1 (prefill) + 8 (decode) = 9 trays, client1 has 8",
        rule: "the rack stack grants every client its share of 18 trays",
        fix: "1 trays less, or a larger share for client1 in the rack stack",
      },
    ]);
    assert.deepEqual(checkShare("client1", [planned(decodeIntent())], 8, gb200Nvl72), []);
  });

  const disagreements: readonly (readonly [string, Partial<ClientRequest>])[] = [
    ["kvCacheType", { prefill: prefillIntent({ kvCacheType: "bf16" }) }],
    ["engine.version", { prefill: prefillIntent({ engineVersion: "0.5.5" }) }],
    ["model", { decode: decodeIntent({ checkpoint: checkpoints["deepseek-r1-fp8"] }) }],
    ["speculation.draftTokens", { decode: decodeIntent({ speculation: { draftTokens: 1, acceptedTokens: 0.5 } }) }],
  ];
  for (const [path, changes] of disagreements) {
    it(`agree on ${path}`, () =>
      assert.deepEqual(
        problems(changes).map((problem) => problem.path),
        [path],
      ));
  }

  it("name the pool of each problem", () => {
    assert.deepEqual(
      problems({ decode: decodeIntent({ gpusPerWorker: 30 }), prefill: prefillIntent({ workers: 0 }) }).map(
        ({ path }) => path,
      ),
      [
        "pools.prefill.workers",
        "pools.decode.gpusPerWorker",
        "pools.decode.experts.redundantExperts",
        "pools.decode.gpusPerWorker",
      ],
    );
  });

  it("hold as many requests as the promised rate and speed keep busy", () => {
    const workload = { ...request.workload, requestsPerSecond: 60 };
    assert.deepEqual(
      problems({ workload }).map(({ path }) => path),
      ["workload.requestsPerSecond"],
    );
  });
});
