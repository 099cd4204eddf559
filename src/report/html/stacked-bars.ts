import type { Layers, Margins } from "./chart";
import { inks, textOn } from "./palette";
import { pictureWidth, textWidth } from "./picture";

/** A part of every bar. */
export interface Part {
  readonly name: string;
  readonly colour: string;
}

export interface Bar {
  readonly name: string;
  /** One per part. */
  readonly sizes: readonly number[];
}

/** A part of one bar, between two places on the axis. */
interface Segment {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly colour: string;
  readonly ink: string;
  readonly size: number;
}

export interface BarFrame {
  readonly frame: Margins;
  /** End of the axis. */
  readonly end: number;
  readonly title: string;
}

const rowHeight = 34;

export function stack(bars: readonly Bar[], parts: readonly Part[]): readonly Segment[] {
  return bars.flatMap(({ sizes }, row) => {
    let from = 0;
    return parts.flatMap(({ colour }, i) => {
      const size = sizes[i] ?? 0;
      const segment = { row, from, to: from + size, colour, ink: textOn(colour), size };
      from += size;
      return size > 0 ? [segment] : [];
    });
  });
}

/** Horizontal bars, one per row, with the sizes written where they fit. */
export function rows(
  segments: readonly Segment[],
  bars: readonly Bar[],
  { frame, end, title }: BarFrame,
): { readonly height: number; readonly layers: Layers } {
  const plotWidth = pictureWidth - frame.left - frame.right;
  const texts = segments
    .map((segment) => ({ ...segment, middle: (segment.from + segment.to) / 2, text: segment.size.toFixed(1) }))
    .filter(({ text, size }) => textWidth(text, 12) + 6 < (size / end) * plotWidth);
  const names = bars.map((bar, row) => ({ row, name: bar.name }));
  const y = { field: "row", type: "ordinal" as const, axis: null, scale: { paddingInner: 0.3, paddingOuter: 0.15 } };
  return {
    height: frame.top + frame.bottom + bars.length * rowHeight,
    layers: [
      {
        data: { values: segments.map((segment) => ({ ...segment })) },
        mark: { type: "bar", stroke: inks.ground, strokeWidth: 1 },
        encoding: {
          y,
          x: {
            field: "from",
            type: "quantitative",
            scale: { domain: [0, end], nice: false, zero: true },
            axis: { title, tickCount: 8 },
          },
          x2: { field: "to" },
          color: { field: "colour", type: "nominal", scale: null },
        },
      },
      {
        data: { values: texts },
        mark: { type: "text", baseline: "middle" },
        encoding: {
          y,
          x: { field: "middle", type: "quantitative" },
          text: { field: "text", type: "nominal" },
          color: { field: "ink", type: "nominal", scale: null },
        },
      },
      {
        data: { values: names },
        mark: { type: "text", align: "right", baseline: "middle", x: -10, fontSize: 13 },
        encoding: { y, text: { field: "name", type: "nominal" } },
      },
    ],
  };
}
