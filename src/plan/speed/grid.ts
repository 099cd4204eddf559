import type { GridTable } from "./op-tables";

/** How a coordinate is stretched before straight lines are drawn between measured points. */
export type Axis = (value: number) => number;

export const linear: Axis = (value) => value;
/** Attention over a prompt grows with its square, so lines over the root of the length would bend the wrong way. */
export const squareRoot: Axis = Math.sqrt;
/** Ranks double from point to point. */
export const logarithmic: Axis = Math.log2;

/** Milliseconds at a point of a table: along the inner axis first, then between the outer lines. */
export function interpolate(
  table: GridTable,
  outer: number,
  inner: number,
  axes: { readonly outer: Axis; readonly inner: Axis },
): number {
  const values = table.milliseconds.map((line) => along(table.inner, line, inner, axes.inner));
  return along(table.outer, values, outer, axes.outer);
}

/**
 * A value on the broken line through measured points. Below the first point its value holds: launches and latency
 * remain. Above the last the line goes on with the slope between the last point and the one at half of it or below:
 * the rate that was reached is held, and neighbours' noise is not multiplied.
 */
export function along(
  axis: readonly number[],
  values: readonly (number | null)[],
  at: number,
  stretch: Axis = linear,
): number {
  let below = -1;
  let last = -1;
  for (let i = 0; i < axis.length; i++) {
    if (values[i] === null || values[i] === undefined) continue;
    last = i;
    if (knot(axis, i) <= at) below = i;
    else break;
  }
  if (below === -1) return knot(values, last);
  if (below === last) return beyond(axis, values, at, last);
  const share = (stretch(at) - stretch(knot(axis, below))) / (stretch(knot(axis, last)) - stretch(knot(axis, below)));
  return knot(values, below) + share * (knot(values, last) - knot(values, below));
}

function beyond(axis: readonly number[], values: readonly (number | null)[], at: number, last: number): number {
  const end = knot(axis, last);
  if (at === end) return knot(values, last);
  let before = last - 1;
  while (before > 0 && knot(axis, before) > end / 2) before--;
  if (before < 0) return knot(values, last);
  const slope = (knot(values, last) - knot(values, before)) / (end - knot(axis, before));
  return knot(values, last) + Math.max(0, slope) * (at - end);
}

function knot(values: readonly (number | null)[], index: number): number {
  return values[index] ?? 0;
}
