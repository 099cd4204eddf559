import { decodePoints, prefillPoints } from "../../src/plan/speed/published-points";
import { fitScales, pointRate, pointTpot } from "./fit-scales";

/** A published point beside what is predicted for it. */
export interface CalibrationRow {
  readonly name: string;
  readonly unit: "ms" | "tok/s/GPU";
  readonly published: number;
  readonly predicted: number;
  /** Predicted with scales that were fitted without this point. */
  readonly leftOut: number;
}

export function calibrationTable(): readonly CalibrationRow[] {
  const scales = fitScales(decodePoints, prefillPoints);
  return [
    ...decodePoints.map((point): CalibrationRow => {
      const others = decodePoints.filter((other) => other !== point);
      return {
        name: point.name,
        unit: "ms",
        published: point.tpotMilliseconds,
        predicted: pointTpot(point, scales),
        leftOut: pointTpot(point, fitScales(others, prefillPoints)),
      };
    }),
    ...prefillPoints.map((point): CalibrationRow => {
      const others = prefillPoints.filter((other) => other !== point);
      return {
        name: point.name,
        unit: "tok/s/GPU",
        published: point.tokensPerSecondPerGpu,
        predicted: pointRate(point, scales) ?? Number.NaN,
        leftOut: pointRate(point, fitScales(decodePoints, others)) ?? Number.NaN,
      };
    }),
  ];
}

/** Mean of the absolute relative errors. */
export function meanError(rows: readonly CalibrationRow[], of: (row: CalibrationRow) => number): number {
  return rows.reduce((sum, row) => sum + Math.abs(of(row) / row.published - 1), 0) / rows.length;
}
