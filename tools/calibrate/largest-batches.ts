// Largest decode batch per rank by memory alone, beside the published arithmetic.
// usage: node tools/run.mjs tools/calibrate/largest-batches.ts
import { largestBatches } from "./batch-table";

console.log("precision  EP  slots  weights GiB  b @2k    @5.1k    @9.2k    @9.2k BF16 KV   (ours / reference)");
for (const { precision, ranks, slots, weightsGib, referenceWeightsGib, batches } of largestBatches()) {
  const cells = batches.map(({ ours, reference }) => `${ours}/${reference}`.padEnd(11)).join("");
  const weights = `${weightsGib.toFixed(1)}/${referenceWeightsGib}`.padEnd(13);
  console.log(`${precision.padEnd(9)} ${String(ranks).padStart(3)}  ${String(slots).padStart(5)}  ${weights}${cells}`);
}
