// Fits the engines' scales on the published points, writes them, and prints every point with its error.
// usage: node tools/run.mjs tools/calibrate/fit.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodePoints, prefillPoints } from "../../src/plan/speed/published-points";
import { root } from "../engine/home";
import { calibrationTable } from "./calibration-table";
import { fitScales } from "./fit-scales";

const scales = fitScales(decodePoints, prefillPoints);
writeFileSync(join(root, "src/plan/speed/engine-scales.json"), `${JSON.stringify(scales, undefined, 2)}\n`);
for (const { name, unit, published, predicted, leftOut } of calibrationTable()) {
  const error = (value: number): string => `${(100 * (value / published - 1)).toFixed(1)} %`.padStart(8);
  console.log(
    `${name.padEnd(54)} ${published.toString().padStart(6)} ${unit.padEnd(8)} ` +
      `${predicted.toPrecision(4).padStart(7)} ${error(predicted)}   left out ${error(leftOut)}`,
  );
}
