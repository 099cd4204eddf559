import assert from "node:assert/strict";
import type { ClientSizing } from "../../src/plan/choose-pools";
import { planPool } from "../../src/plan/plan-pool";
import { predictClient } from "../../src/plan/prediction";
import { gb200Nvl72 } from "../../src/plan/rack";
import { decodeTradeOff } from "../../src/plan/trade-off";
import { decodeIntent, planned, prefillIntent, unpredicted } from "../support/intents";

const workload = { inputTokens: 1024, outputTokens: 8192 };
const sizing: ClientSizing = {
  client: "client1",
  workload,
  slo: {},
  prefill: prefillIntent(),
  decode: decodeIntent({ workers: 0 }),
  wanted: { prefill: {}, decode: {} },
  headroom: 0.1,
};

describe("throughput against speed", () => {
  const points = decodeTradeOff(sizing, gb200Nvl72);

  it("is what a pool of that size and batch is predicted to give", () => {
    const prefill = planned(prefillIntent({ workers: 18 }));
    for (const { batchPerRank, gpusPerWorker, tokensPerSecondPerUser, tokensPerSecondPerGpu } of points) {
      const { plan, problems } = planPool({ ...sizing.decode, workers: 1, batchPerRank, gpusPerWorker }, gb200Nvl72);
      assert.ok(plan);
      assert.deepEqual(problems, []);
      const predicted = predictClient(prefill, plan, workload);
      assert.ok("prediction" in predicted);
      const { tpotMilliseconds, decodeRequestsPerSecond } = predicted.prediction;
      assert.equal(tokensPerSecondPerUser.toPrecision(9), (1000 / tpotMilliseconds).toPrecision(9));
      assert.equal(
        tokensPerSecondPerGpu.toPrecision(9),
        ((decodeRequestsPerSecond * workload.outputTokens) / gpusPerWorker).toPrecision(9),
      );
    }
  });

  it("has every batch that fits, on workers from one tray to the rack", () => {
    const largest = [4, 8, 16, 32, 48, 72].map((gpus) => {
      const batches = points.flatMap((point) => (point.gpusPerWorker === gpus ? [point.batchPerRank] : []));
      return [gpus, batches.length, batches.at(-1)];
    });
    assert.deepEqual(largest, [
      [4, 10, 192],
      [8, 12, 384],
      [16, 13, 512],
      [32, 13, 512],
      [48, 13, 512],
      [72, 13, 512],
    ]);
    assert.equal(points.length, 74);
  });

  it("gives users less and owners more with a larger batch", () => {
    points.forEach((point, i) => {
      const next = points[i + 1];
      if (next?.gpusPerWorker !== point.gpusPerWorker) return;
      // Measured operations of one and two rows take the same time, within their noise.
      assert.ok(next.tokensPerSecondPerUser < 1.01 * point.tokensPerSecondPerUser);
      assert.ok(next.tokensPerSecondPerGpu > point.tokensPerSecondPerGpu);
    });
  });

  it("counts accepted drafts", () => {
    const speculation = { draftTokens: 1, acceptedTokens: 0.8 };
    const drafting = decodeTradeOff({ ...sizing, decode: decodeIntent({ speculation }) }, gb200Nvl72);
    const speed = (from: typeof points): number =>
      from.find(({ batchPerRank, gpusPerWorker }) => batchPerRank === 32 && gpusPerWorker === 32)
        ?.tokensPerSecondPerUser ?? NaN;
    assert.ok(speed(drafting) > 1.3 * speed(points), `${speed(drafting)} beside ${speed(points)}`);
  });

  it("has no point where nothing is predicted", () => {
    assert.deepEqual(decodeTradeOff(unpredicted(sizing), gb200Nvl72), []);
  });
});
