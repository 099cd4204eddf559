import assert from "node:assert/strict";
import type { WorkerOption } from "../../src/plan/allocate/request";
import type { DecodeIntent } from "../../src/plan/intent";
import { checkpoints } from "../../src/plan/model-shape";
import { planPool } from "../../src/plan/plan-pool";
import type { PoolPlan } from "../../src/plan/pool";
import { handshakeSeconds } from "../../src/plan/kv-transfer";
import { gb200Nvl72 } from "../../src/plan/rack";
import { decodeSpeed } from "../../src/plan/speed/pool-speed";
import { largestRate, ttftP90Seconds } from "../../src/plan/ttft";
import { decodeOptions, prefillOptions, queueCapacity, type WorkerQuestion } from "../../src/plan/worker-options";
import { meanContextTokens, type Workload } from "../../src/plan/workload";
import { decodeIntent, prefillIntent } from "../support/intents";

const rack = gb200Nvl72;
const chat = { inputTokens: 1024, outputTokens: 8192 };
const documents = { inputTokens: 8192, outputTokens: 1024 };

function question(changes: Partial<WorkerQuestion> = {}): WorkerQuestion {
  return { workload: chat, slo: {}, rack, headroom: 0.1, ...changes };
}

const gpusOf = (options: readonly WorkerOption[]): readonly number[] => options.map(({ gpus }) => gpus);

/** Batches from close to far apart, as the planner tries them. */
const ladder = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
  .concat(range(16, 64, 4), range(64, 256, 8), range(256, 512, 16), range(512, 1024, 32))
  .concat(1024);

function range(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by }, (_, i) => from + i * by);
}

interface Candidate {
  readonly batchPerRank: number;
  readonly requestsPerSecond: number;
  /** Fits with every request at its longest. */
  readonly certain: boolean;
}

/** Every batch that breaks no rule, fits into KV at the mean context and keeps the promise; one by one. */
function candidates(intent: DecodeIntent, asked: WorkerQuestion): readonly Candidate[] {
  const { workload, slo } = asked;
  const context = meanContextTokens(workload);
  return ladder.flatMap((batchPerRank) => {
    const { plan, problems } = planPool({ ...intent, batchPerRank }, rack);
    if (plan === undefined || problems.length > 0 || plan.kvTokensPerRank < batchPerRank * context) return [];
    const { tpot, rate } = fullSpeed(plan, batchPerRank, workload);
    if (tpot > (slo.tpotMilliseconds ?? Infinity)) return [];
    const certain = plan.kvTokensPerRank >= batchPerRank * plan.contextTokens;
    return [{ batchPerRank, requestsPerSecond: 0.9 * rate, certain }];
  });
}

function fullSpeed(plan: PoolPlan, batch: number, workload: Workload) {
  const speed = decodeSpeed(plan);
  if ("unpredicted" in speed) throw new Error(speed.unpredicted);
  const tpot = speed.tpotMilliseconds(batch, meanContextTokens(workload));
  return { tpot, rate: (1000 * batch * plan.gpusPerWorker) / (tpot * workload.outputTokens) };
}

/** The smallest within 1 % of the most that is served; if one that is certain to fit is within 10 %, not above that. */
function expected(intent: DecodeIntent, asked: WorkerQuestion): readonly WorkerOption[] {
  const found = candidates(intent, asked);
  const most = Math.max(...found.map(({ requestsPerSecond }) => requestsPerSecond));
  const near = found.find(({ requestsPerSecond }) => requestsPerSecond >= 0.99 * most);
  const certain = found.filter((candidate) => candidate.certain).at(-1);
  if (near === undefined) return [];
  const chosen =
    certain !== undefined && certain.requestsPerSecond >= 0.9 * most && certain.batchPerRank < near.batchPerRank
      ? certain
      : near;
  const { batchPerRank, requestsPerSecond } = chosen;
  return [{ gpus: intent.gpusPerWorker, trays: intent.gpusPerWorker / 4, requestsPerSecond, batchPerRank }];
}

describe("decode worker options", () => {
  const every = Array.from({ length: 18 }, (_, i) => 4 * (i + 1));

  for (const engine of ["sglang", "trtllm"] as const) {
    for (const [name, workload] of Object.entries({ chat, documents })) {
      for (const tpotMilliseconds of [20, 30, 50]) {
        it(`of ${engine} for ${name} at ${tpotMilliseconds} ms are what trying every batch finds`, () => {
          const asked = question({ workload, slo: { tpotMilliseconds } });
          const intent = decodeIntent({ ...workload, engine });
          const sizes = engine === "trtllm" ? [4, 8, 16, 32] : every;
          const tried = sizes.flatMap((gpusPerWorker) => expected({ ...intent, gpusPerWorker }, asked));
          assert.deepEqual(rounded(decodeOptions(intent, asked).options), rounded(tried));
          assert.ok(tried.length >= (engine === "trtllm" ? 3 : 7));
        });
      }
    }
  }

  it("are of the sizes that share out the experts, and that DeepEP takes", () => {
    assert.deepEqual(gpusOf(decodeOptions(decodeIntent(), question()).options), [4, 8, 16, 24, 32, 48, 72]);
    const without = decodeIntent({ experts: { balancing: "off", redundantExperts: 0 } });
    assert.deepEqual(gpusOf(decodeOptions(without, question()).options), [4, 8, 16, 32, 64]);
    const few = decodeIntent({ experts: { balancing: "dynamic", redundantExperts: 24 } });
    assert.deepEqual(gpusOf(decodeOptions(few, question()).options), [4, 8, 40, 56]);
    const planned = question({ plansRedundancy: true });
    assert.deepEqual(gpusOf(decodeOptions(decodeIntent(), planned).options), [4, 8, 16, 24, 32, 40, 48, 56, 64, 72]);
  });

  it("have no 4 GPUs with FP8 weights", () => {
    const fp8 = { checkpoint: checkpoints["deepseek-r1-fp8"] };
    assert.deepEqual(gpusOf(decodeOptions(decodeIntent(fp8), question()).options), [8, 16, 24, 32, 48, 72]);
    assert.deepEqual(gpusOf(prefillOptions(prefillIntent(fp8), question()).options), [8, 16]);
  });

  it("leave the headroom free", () => {
    const rates = (headroom: number): readonly number[] =>
      decodeOptions(decodeIntent(), question({ headroom })).options.map((option) => option.requestsPerSecond);
    const all = rates(0);
    rates(0.5).forEach((rate, i) => assert.equal(rate, 0.5 * (all[i] ?? NaN)));
  });

  it("keep a size or a batch that is fixed", () => {
    const only = decodeOptions(decodeIntent(), question(), { gpusPerWorker: 16 }).options;
    assert.deepEqual(
      only,
      decodeOptions(decodeIntent(), question()).options.filter(({ gpus }) => gpus === 16),
    );
    const batch = decodeOptions(decodeIntent(), question(), { batchPerRank: 101 }).options;
    assert.deepEqual(
      batch.map(({ gpus, batchPerRank }) => [gpus, batchPerRank]),
      [4, 8, 16, 24, 32, 48, 72].map((gpus) => [gpus, 101]),
    );
    for (const gpusPerWorker of [12, 20]) {
      assert.deepEqual(decodeOptions(decodeIntent(), question(), { gpusPerWorker }), { options: [] });
    }
    assert.deepEqual(decodeOptions(decodeIntent(), question(), { batchPerRank: 5000 }), { options: [] });
  });

  it("say how near the nearest size comes where none keeps the promise", () => {
    const promised = { slo: { tpotMilliseconds: 5, ttftSeconds: 0.05 } };
    assert.deepEqual(decodeOptions(decodeIntent(), question(promised)), {
      options: [],
      nearest: { gpus: 32, milliseconds: 16, limitMilliseconds: 5 },
    });
    assert.deepEqual(prefillOptions(prefillIntent(), question(promised)), {
      options: [],
      nearest: { gpus: 4, milliseconds: 124.1, limitMilliseconds: 50 },
    });
  });

  it("say so where the limit is missed by little", () => {
    assert.deepEqual(decodeOptions(decodeIntent(), question({ slo: { tpotMilliseconds: 15 } })), {
      options: [],
      nearest: { gpus: 32, milliseconds: 16, limitMilliseconds: 15 },
    });
  });

  it("are met by the limit that the nearest size is said to meet", () => {
    const slo = { tpotMilliseconds: 16, ttftSeconds: 0.1351 };
    assert.deepEqual(gpusOf(decodeOptions(decodeIntent(), question({ slo })).options), [32]);
    assert.deepEqual(gpusOf(prefillOptions(prefillIntent(), question({ slo })).options), [4]);
  });

  it("say why nothing is predicted", () => {
    const checkpoint = checkpoints["qwen3-235b-fp8"];
    const unpredicted = {
      options: [],
      unpredicted: "operations were measured for latent attention, Qwen3-235B-A22B has another",
    };
    assert.deepEqual(decodeOptions(decodeIntent({ checkpoint }), question()), unpredicted);
    assert.deepEqual(prefillOptions(prefillIntent({ checkpoint }), question()), unpredicted);
  });

  it("are no larger than the rack", () => {
    const small = { ...rack, trays: 5 };
    assert.deepEqual(gpusOf(decodeOptions(decodeIntent(), question({ rack: small })).options), [4, 8, 16]);
    assert.deepEqual(gpusOf(prefillOptions(prefillIntent(), question({ rack: small })).options), [4, 8, 16]);
  });
});

describe("prefill worker options", () => {
  it("have the rate of their queue, which keeps the promise", () => {
    for (const ttftSeconds of [1, 2, 5]) {
      const asked = question({ workload: documents, slo: { ttftSeconds } });
      const { options, queues } = prefillOptions(prefillIntent(documents), asked);
      assert.deepEqual(
        options.map(({ gpus, trays, batchPerRank }) => [gpus, trays, batchPerRank]),
        [
          [4, 1, 0],
          [8, 2, 0],
          [16, 4, 0],
        ],
      );
      for (const option of options) {
        const queue = queues?.get(option);
        assert.ok(queue);
        assert.equal(queue.ranksPerWorker, option.gpus);
        assert.equal(option.requestsPerSecond, largestRate(queue, ttftSeconds - handshakeSeconds, 0.9));
        assert.ok(ttftP90Seconds(queue, option.requestsPerSecond) <= ttftSeconds);
      }
    }
  });

  it("serve more than their sum together, where a promise is what holds them back", () => {
    const asked = question({ workload: documents, slo: { ttftSeconds: 2 } });
    const [queue] = [...(prefillOptions(prefillIntent(documents), asked).queues?.values() ?? [])];
    assert.ok(queue);
    assert.ok(queueCapacity(queue, 8, asked) > 1.1 * 8 * queueCapacity(queue, 1, asked));
    const unhurried = question({ workload: documents });
    assert.equal(queueCapacity(queue, 8, unhurried), 8 * queueCapacity(queue, 1, unhurried));
  });
});

/** The same products, multiplied in another order. */
function rounded(options: readonly WorkerOption[]): readonly WorkerOption[] {
  return options.map((option) => ({ ...option, requestsPerSecond: Number(option.requestsPerSecond.toPrecision(12)) }));
}
