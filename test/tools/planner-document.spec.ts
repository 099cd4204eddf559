import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { calibrationTable } from "../../tools/calibrate/calibration-table";
import { promises, ratios, splitRow } from "../../tools/calibrate/split-table";

const text = readFileSync(join(__dirname, "../../docs/planner.md"), "utf8");

describe("the planner's document", () => {
  it("has the error of every published decode step as it is", () => {
    const percent = (value: number, published: number): string => `${(100 * (value / published - 1)).toFixed(1)} %`;
    for (const { name, published, predicted, leftOut, unit } of calibrationTable()) {
      if (unit !== "ms") continue;
      const row = `| ${name} | ${published.toFixed(1)} ms | ${predicted.toFixed(1)} | ${percent(predicted, published)} | ${percent(leftOut, published)} |`;
      assert.ok(text.includes(row), row);
    }
  });

  for (const [engine, name] of [
    ["trtllm", "TensorRT-LLM"],
    ["sglang", "SGLang"],
  ] as const) {
    it(`has the best splits for ${name} as they are, each below its bound`, async function () {
      this.timeout(20_000);
      for (const promise of promises) {
        for (const ratio of ratios) {
          const { oneSize, separate, shared, optionA, bound, gap } = await splitRow(engine, promise, ratio);
          const rates = [oneSize, separate, shared, optionA, bound].map((rate) => rate.toFixed(1));
          const row = `| ${name} | ${promise} ms | ${ratio} | ${rates.join(" | ")} | ${(100 * gap).toFixed(1)} % |`;
          assert.ok(text.includes(row), row);
          assert.ok(oneSize <= separate + 1e-9 && separate <= bound && shared <= bound && optionA < oneSize);
        }
      }
    });
  }
});
