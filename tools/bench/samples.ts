import { grouped } from "../../src/report/numbers";
import { textTable } from "../../src/report/table";

/** Values of several runs of one measurement, in one unit. */
export interface Measurement {
  readonly what: string;
  readonly unit: "ms" | "us" | "requests/s" | "kB" | "files";
  readonly values: readonly number[];
  /** Peak resident memory of the process of each run. */
  readonly peakMib?: readonly number[];
  readonly target?: Target;
}

export interface Target {
  readonly kind: "at most" | "at least";
  readonly value: number;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of an even number of values the median is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no values, no median");
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** How far the median is beyond its target: 1 meets it exactly, 2 misses it by a factor of two. */
export function missedBy({ values, target }: Measurement): number {
  if (target === undefined) return 0;
  const { median } = spreadOf(values);
  return target.kind === "at most" ? median / target.value : target.value / median;
}

/** Lines of the table of everything that was measured. */
export function measurementTable(measurements: readonly Measurement[]): string[] {
  return textTable(
    [
      { title: "measured", align: "left" },
      { title: "median", align: "right" },
      { title: "min", align: "right" },
      { title: "max", align: "right" },
      { title: "unit", align: "left" },
      { title: "runs", align: "right" },
      { title: "peak MiB", align: "right" },
      { title: "target", align: "left" },
    ],
    measurements.map((measurement) => {
      const { what, unit, values, peakMib = [] } = measurement;
      const { median, min, max } = spreadOf(values);
      const peak = peakMib.length === 0 ? "" : threeDigits(spreadOf(peakMib).median);
      return [
        what,
        ...[median, min, max].map(threeDigits),
        unit,
        values.length.toString(),
        peak,
        targetText(measurement),
      ];
    }),
  );
}

function targetText(measurement: Measurement): string {
  const { target } = measurement;
  if (target === undefined) return "";
  return `${target.kind} ${threeDigits(target.value)}: ${missedBy(measurement) <= 1 ? "met" : "missed"}`;
}

/** 0.0123 -> "0.0123", 12.34 -> "12.3", 123456 -> "123,456": as many digits as a measurement deserves. */
export function threeDigits(value: number): string {
  if (Math.abs(value) >= 100) return grouped(value);
  return Number(value.toPrecision(3)).toString();
}
