import assert from "node:assert/strict";
import { RandomStream } from "../../../src/plan/simulate/random";
import { meanExcess, paddedBatch, StepTimes } from "../../../src/plan/simulate/step-times";
import { decodeWorker, near } from "./small-systems";

describe("the time of a decode step", () => {
  it("is that of the padded batch, whose mean context is lower as padding holds nothing", () => {
    const stepMilliseconds = (batch: number, context: number) => 1000 * batch + context;
    const times = new StepTimes(decodeWorker({ graphBatchSizes: [2, 4], stepMilliseconds }), undefined);
    near(times.milliseconds(3, 3000, 1), 4000 + 750);
    near(times.milliseconds(5, 3000, 1), 5000 + 600);
  });

  it("is exact where it is linear in context, and asks the model seldom", () => {
    let asked = 0;
    const stepMilliseconds = (batch: number, context: number) => {
      asked++;
      return 3 + batch * 0.5 + batch * context * 0.001;
    };
    const times = new StepTimes(decodeWorker({ stepMilliseconds }), undefined);
    for (let kv = 0; kv < 2000; kv += 7) near(times.milliseconds(2, kv, 1), 4 + kv * 0.001);
    assert.equal(asked, 9);
  });

  it("pads to the next captured size, and not above the largest", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((batch) => paddedBatch([2, 4], batch)),
      [2, 2, 4, 4, 5],
    );
  });

  it("varies less over many steps than over one", () => {
    const spreadOver = (steps: number): number => {
      const noise = { model: { expertShare: 1, spread: 0.2 }, random: new RandomStream(1) };
      const times = new StepTimes(decodeWorker(), noise);
      const drawn = Array.from({ length: 2000 }, () => times.milliseconds(64, 0, steps) / 10 - 1.085);
      return Math.sqrt(drawn.reduce((sum, deviation) => sum + deviation ** 2, 0) / drawn.length);
    };
    near(spreadOver(1), 0.085 * 0.2, 0.05);
    near(spreadOver(100), 0.0085 * 0.2, 0.05);
  });

  it("has an excess from sampling that falls with the batch", () => {
    const table = [0.17, 0.17, 0.085, 0.045, 0.025, 0.025];
    [1, 16, 64, 256, 1024, 4096].forEach((batch, i) => near(meanExcess(batch), table[i] ?? NaN));
    near(meanExcess(32), Math.sqrt(0.17 * 0.085));
  });
});
