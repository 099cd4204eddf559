import type { TopLevelSpec } from "vega-lite";
import { fontFamily, inks } from "./palette";
import type { Chart } from "./picture";

export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

type LayeredSpec = Extract<TopLevelSpec, { layer: unknown }>;
export type Layers = LayeredSpec["layer"];

/** Layers in a frame of a fixed size: `width` and `height` with the margins. */
export function chart(width: number, height: number, margins: Margins, layer: Layers): Chart {
  const spec: TopLevelSpec = {
    width: width - margins.left - margins.right,
    height: height - margins.top - margins.bottom,
    padding: { ...margins },
    autosize: { type: "none" },
    background: "transparent",
    layer,
    config,
  };
  return { width, height, spec };
}

/** Where an axis from 0 ends: some room after the largest value, and somewhere even when there is none. */
export function axisEnd(values: readonly number[], room: number): number {
  const largest = Math.max(0, ...values);
  return largest > 0 ? largest * room : 1;
}

/** Axis labels as 800, 4k, 3M; Vega would write a zero among thousands as 0k. */
export const shortNumbers = { format: "~s", labelExpr: "datum.value === 0 ? '0' : datum.label" } as const;

/** Labels are cut by who makes them: Vega would guess their width. */
const config: LayeredSpec["config"] = {
  font: fontFamily,
  aria: false,
  view: { stroke: null },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelColor: inks.text,
    titleColor: inks.text,
    domainColor: inks.line,
    tickColor: inks.line,
    gridColor: inks.grid,
    labelLimit: 0,
    titleLimit: 0,
    labelOverlap: false,
    labelFlush: false,
    titlePadding: 8,
  },
  text: { fontSize: 12, color: inks.text, limit: 0 },
};
