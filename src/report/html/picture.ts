import type { TopLevelSpec } from "vega-lite";
import { markup, type Content, type Markup } from "./markup";
import { fontFamily, inks } from "./palette";

/** Every picture is this wide, and its margins; text is sized to be read at that width and at three quarters of it. */
export const pictureWidth = 600;
const margin = 10;

export type PictureName = "rack" | "pareto" | "memory" | "queue" | "step" | "alternatives" | "calibration";

/** A picture before it is drawn: a legend above panels, one below the other or side by side. */
export interface Picture {
  readonly name: PictureName;
  readonly title: string;
  /** What there is to see, for who cannot see it. */
  readonly description: string;
  readonly legend: readonly LegendItem[];
  readonly panels: readonly Panel[];
}

export interface LegendItem {
  readonly label: string;
  readonly sign: Markup;
}

/** One chart with a heading of its own. */
export interface Panel {
  readonly heading?: { readonly text: string; readonly colour: string };
  /** Lines below the heading. */
  readonly notes?: readonly string[];
  readonly chart: Chart;
  /** Stands to the right of the panel before. */
  readonly beside?: boolean;
}

/** A Vega-Lite view whose margins are given, so that its layout does not hang on the fonts of a machine. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly spec: TopLevelSpec;
}

/** A drawn panel: its SVG without the outermost element. */
export interface DrawnChart {
  readonly inner: Markup;
  readonly width: number;
  readonly height: number;
}

const lineHeight = 18;
const panelGap = 16;

/** Puts drawn charts, headings and the legend into one SVG. */
export function compose(picture: Picture, drawn: readonly DrawnChart[]): string {
  const legend = drawLegend(picture.legend);
  const parts: Content[] = [legend.drawing];
  let top = legend.height;
  let left = 0;
  let bottom = top;
  picture.panels.forEach((panel, i) => {
    const chart = drawn[i];
    if (chart === undefined) return;
    if (panel.beside !== true) {
      top = i === 0 ? bottom : bottom + panelGap;
      left = 0;
    }
    const titled = drawTitles(panel, left, top);
    const chartTop = top + titled.height;
    parts.push(titled.drawing, markup`<g transform="translate(${left},${chartTop})">${chart.inner}</g>`);
    bottom = Math.max(bottom, chartTop + chart.height);
    left += chart.width;
  });
  return svgDocument(picture, bottom + 4, parts);
}

/** The outermost element of every picture. */
export function svgDocument(
  picture: Pick<Picture, "title" | "description"> & { readonly name: string },
  height: number,
  content: Content,
): string {
  const { name, title, description } = picture;
  const width = pictureWidth + 2 * margin;
  const whole = height + 2 * margin;
  const size = markup`viewBox="${-margin} ${-margin} ${width} ${whole}" width="${width}" height="${whole}"`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" ${size} class="picture" role="img" aria-labelledby="${name}-title ${name}-desc" font-family="${fontFamily}" font-size="13">
<title id="${name}-title">${title}</title>
<desc id="${name}-desc">${description}</desc>
<rect x="${-margin}" y="${-margin}" width="${width}" height="${whole}" fill="${inks.ground}"/>
${content}
</svg>`.text;
}

function drawTitles(panel: Panel, left: number, top: number): { readonly drawing: Content; readonly height: number } {
  const lines: Content[] = [];
  let height = 0;
  if (panel.heading !== undefined) {
    const { text, colour } = panel.heading;
    height += lineHeight;
    lines.push(
      markup`<text x="${left}" y="${top + height - 4}" font-size="14" font-weight="600" fill="${colour}">${text}</text>`,
    );
  }
  for (const note of panel.notes ?? []) {
    height += lineHeight - 1;
    lines.push(markup`<text x="${left}" y="${top + height - 4}" font-size="12" fill="${inks.text}">${note}</text>`);
  }
  return { drawing: lines, height: height === 0 ? 0 : height + 4 };
}

/** Items from left to right, in as many lines as they need. */
export function drawLegend(items: readonly LegendItem[]): { readonly drawing: Content; readonly height: number } {
  if (items.length === 0) return { drawing: undefined, height: 0 };
  let left = 0;
  let line = 0;
  const drawing = items.map(({ label, sign }) => {
    const width = 24 + textWidth(label, 13) + 14;
    if (left > 0 && left + width > pictureWidth) {
      left = 0;
      line += 1;
    }
    const place = `translate(${rounded(left)},${line * 22 + 11})`;
    left += width;
    return markup`<g transform="${place}">${sign}<text x="24" y="4.5" fill="${inks.text}">${label}</text></g>`;
  });
  return { drawing, height: (line + 1) * 22 + 10 };
}

/** A guess on the safe side: wide letters of a wide font. */
export function textWidth(text: string, fontSize: number): number {
  return text.length * fontSize * 0.58;
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Outlines between -1 and 1, for Vega's symbols and for the legend alike. */
export const shapes = {
  circle: "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
  square: "M-0.9,-0.9H0.9V0.9H-0.9Z",
  triangle: "M0,-1.1L1.1,0.8H-1.1Z",
  plus: "M-0.35,-1.1H0.35V-0.35H1.1V0.35H0.35V1.1H-0.35V0.35H-1.1V-0.35H-0.35Z",
  pointer: "M0,1.1L1.1,-0.8H-1.1Z",
  diamond: "M0,-1.25L1.25,0L0,1.25L-1.25,0Z",
} as const;

export function swatch(fill: string, stroke: string = fill): Markup {
  return markup`<rect x="0" y="-6" width="18" height="12" rx="2" fill="${fill}" stroke="${stroke}"/>`;
}

export function symbolSign(shape: string, fill: string, stroke: string, radius = 5): Markup {
  return markup`<path transform="translate(9,0) scale(${radius})" d="${shape}" fill="${fill}" stroke="${stroke}" stroke-width="${rounded(1.6 / radius)}"/>`;
}

export function lineSign(colour: string, dash: string, width = 2): Markup {
  return markup`<line x1="0" x2="18" y1="0" y2="0" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`;
}
