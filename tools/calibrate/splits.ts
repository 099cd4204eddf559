// The best split of one rack for ratios of demand and promises on TPOT, beside Option A and the bound.
// usage: node tools/run.mjs tools/calibrate/splits.ts [trtllm|sglang]
import { promises, ratios, splitRow } from "./split-table";

const engine = process.argv[2] ?? "trtllm";

async function main(): Promise<void> {
  console.log(
    `${engine}, NVFP4, no headroom, no promise on TTFT; rates are client 1's, client 2 gets ratio times as many`,
  );
  console.log("TPOT  ratio  one size  separate  shared  option A   bound     gap    ms  pools, and why not more");
  for (const promise of promises) {
    for (const ratio of ratios) {
      const row = await splitRow(engine, promise, ratio);
      const rates = [row.oneSize, row.separate, row.shared, row.optionA, row.bound].map((rate) => rate.toFixed(1));
      const [oneSize = "", separate = "", shared = "", optionA = "", bound = ""] = rates;
      console.log(
        `${String(promise).padStart(4)}  ${String(ratio).padStart(5)}  ${oneSize.padStart(8)}  ${separate.padStart(8)}  ` +
          `${shared.padStart(6)}  ${optionA.padStart(8)}  ${bound.padStart(6)}  ${(100 * row.gap).toFixed(1).padStart(4)} %  ` +
          `${row.milliseconds.toFixed(0).padStart(4)}  ${row.pools}; ${row.explanation}`,
      );
    }
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
