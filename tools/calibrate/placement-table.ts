// Balance of expert placements for synthetic recordings of 58 layers, as docs/experts.md has it, with times beside.
// usage: node tools/run.mjs tools/calibrate/placement-table.ts
import { documentRow, histograms, placementRow, sizes } from "./placement-rows";

for (const histogram of Object.keys(histograms)) {
  for (const [ranks, redundantExperts] of sizes) {
    const row = placementRow(histogram, ranks, redundantExperts);
    const times = `${row.milliseconds.toFixed(0)} ms, ${row.millisecondsWithCurrent.toFixed(0)} ms after a drift`;
    console.log(`${documentRow(histogram, ranks, redundantExperts, row)} ${times}`);
  }
}
