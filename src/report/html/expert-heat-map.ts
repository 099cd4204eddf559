import type { ExpertBalance, LayerLoad } from "../../plan/experts/balance";
import { brief } from "../numbers";
import { clip } from "../table";
import { markup, type Content, type Markup } from "./markup";
import { inks, shadeOf, tint } from "./palette";
import { pictureWidth, rounded, svgDocument, swatch } from "./picture";

/** What the panels have in common. */
export interface HeatMapSubject {
  readonly title: string;
  /** Layers of the model, dense ones included. */
  readonly layers: number;
  readonly ranks: number;
  readonly ranksPerTray: number;
}

/** One placement of the same recording. */
export interface HeatMapPanel {
  readonly heading: string;
  readonly balance: ExpertBalance;
}

/** Letters that fit above the narrower panels. */
const headingWidth = 30;
const axisWidth = 48;
const panelGap = 24;
const rowHeight = 6;
const notesHeight = 52;
const legendHeight = 48;
const legendWidth = 240;
/** Shades on either side of that of the mean; more would not be told apart. */
const shadesPerSide = 10;
const shadeCount = 2 * shadesPerSide + 1;
/** Most that the scale shows apart; whatever is above has the last shade. */
const mostLoad = 4;

/** Load of every GPU in every layer under one or two placements, side by side, on one scale. */
export function expertHeatMap(subject: HeatMapSubject, panels: readonly HeatMapPanel[]): string {
  const cap = scaleEnd(panels);
  const width = (pictureWidth - axisWidth - (panels.length - 1) * panelGap) / panels.length;
  const top = legendHeight + notesHeight;
  const picture = { name: "experts", title: subject.title, description: describe(subject, panels) };
  const lefts = panels.map((_, i) => axisWidth + i * (width + panelGap));
  return svgDocument(picture, top + subject.layers * rowHeight + 40, [
    drawScale(cap, subject, panels),
    drawLayerTicks(subject, top),
    panels.map((panel, i) => drawPanel(subject, panel, { left: lefts[i] ?? 0, top, width, cap })),
  ]);
}

function describe(subject: HeatMapSubject, panels: readonly HeatMapPanel[]): string {
  const phrases = panels.map(
    ({ heading, balance }) =>
      `${heading}: the fullest GPU of a layer has ${brief(balance.expertTime)} times the mean load on average over layers, ${worstOf(balance)}`,
  );
  return `Load of ${subject.ranks} GPUs in ${subject.layers} layers, the mean of each layer being 1. ${phrases.join(". ")}.`;
}

function worstOf({ worst }: ExpertBalance): string {
  return `${brief(worst.fullest)} at worst (layer ${worst.layer}, rank ${worst.ranks.indexOf(worst.fullest)})`;
}

/** The highest load there is, rounded up to a half, between twice the mean and what is worth showing. */
function scaleEnd(panels: readonly HeatMapPanel[]): number {
  const highest = Math.max(...panels.map(({ balance }) => balance.worst.fullest));
  return Math.min(Math.max(Math.ceil(highest * 2) / 2, 2), mostLoad);
}

/** Which shade a load has: one half of the scale is for those below the mean, the other for those above. */
function shadeIndex(load: number, cap: number): number {
  const side = load < 1 ? load - 1 : Math.min((load - 1) / (cap - 1), 1);
  return Math.round((1 + side) * shadesPerSide);
}

function shadeColour(index: number): string {
  return shadeOf(index / (shadeCount - 1));
}

interface PanelPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly cap: number;
}

function drawPanel(subject: HeatMapSubject, panel: HeatMapPanel, { left, top, width, cap }: PanelPlace): Markup {
  const cell = width / subject.ranks;
  const height = subject.layers * rowHeight;
  const { balance } = panel;
  return markup`<g transform="translate(${rounded(left)},${top})">
<text y="-36" font-size="14" font-weight="600" fill="${inks.text}">${clip(panel.heading, headingWidth)}</text>
<text y="-20" font-size="12" fill="${inks.text}">fullest GPU ${brief(balance.expertTime)} x the mean, over layers</text>
<text y="-5" font-size="12" fill="${inks.text}">${worstOf(balance)}</text>
<rect width="${rounded(width)}" height="${height}" fill="${unrecordedColour}"/>
<g transform="scale(${rounded4(cell)},${rowHeight})" shape-rendering="crispEdges">
${shadePaths(balance.layers, cap)}</g>
<path d="${trayLines(subject, cell, height)}" fill="none" stroke="${inks.ground}" stroke-width="0.8"/>
${drawRankTicks(subject, cell, height)}</g>
`;
}

const unrecordedColour = tint(inks.line, 0.65);

/** One path a shade; neighbours of the same shade are one rectangle. Units are ranks and layers. */
function shadePaths(layers: readonly LayerLoad[], cap: number): readonly Content[] {
  const paths = new Array<string>(shadeCount).fill("");
  for (const { layer, ranks } of layers) {
    const shades = ranks.map((load) => shadeIndex(load, cap));
    for (let from = 0; from < shades.length;) {
      let to = from + 1;
      while (to < shades.length && shades[to] === shades[from]) to++;
      const shade = shades[from] ?? 0;
      paths[shade] = `${paths[shade] ?? ""}M${from},${layer}h${to - from}v1h${from - to}z`;
      from = to;
    }
  }
  return paths.map((path, shade) =>
    path === "" ? undefined : markup`<path fill="${shadeColour(shade)}" d="${path}"/>\n`,
  );
}

function trayLines({ ranks, ranksPerTray }: HeatMapSubject, cell: number, height: number): string {
  const trays = Math.ceil(ranks / ranksPerTray);
  const lines = Array.from({ length: trays - 1 }, (_, i) => `M${rounded((i + 1) * ranksPerTray * cell)},0v${height}`);
  return lines.join("");
}

/** The first rank of a tray, as many as have room; below them what they are. */
function drawRankTicks({ ranks, ranksPerTray }: HeatMapSubject, cell: number, height: number): Markup {
  const step = tickStep(ranks, ranksPerTray, (cell * ranks) / 28);
  const ticks = Array.from({ length: Math.ceil(ranks / step) }, (_, i) => i * step);
  return markup`${ticks.map(
    (rank) =>
      markup`<text x="${rounded((rank + 0.5) * cell)}" y="${height + 14}" text-anchor="middle" font-size="11" fill="${inks.quiet}">${rank}</text>`,
  )}
<text x="${rounded((cell * ranks) / 2)}" y="${height + 30}" text-anchor="middle" font-size="12" fill="${inks.quiet}">GPU by rank; white lines part trays</text>
`;
}

function drawLayerTicks({ layers }: HeatMapSubject, top: number): Markup {
  const step = tickStep(layers, 5, (layers * rowHeight) / 28);
  const ticks = Array.from({ length: Math.ceil(layers / step) }, (_, i) => i * step);
  return markup`${ticks.map(
    (layer) =>
      markup`<text x="${axisWidth - 6}" y="${top + (layer + 0.5) * rowHeight + 4}" text-anchor="end" font-size="11" fill="${inks.quiet}">${layer === 0 ? "layer 0" : layer}</text>`,
  )}
`;
}

/** The smallest doubling of a step that makes at most so many ticks. */
function tickStep(count: number, step: number, most: number): number {
  return count / step <= most ? step : tickStep(count, step * 2, most);
}

function drawScale(cap: number, subject: HeatMapSubject, panels: readonly HeatMapPanel[]): Markup {
  const shades = Array.from({ length: shadeCount }, (_, shade) => shade);
  const width = legendWidth / shades.length;
  const ticks = [0, 0.5, 1, (1 + cap) / 2, cap].map((load) => String(rounded(load)));
  if (isAbove(cap, panels)) ticks[4] = `\u2265 ${cap}`;
  const isPartial = panels.some(({ balance }) => balance.layers.length < subject.layers);
  return markup`<g transform="translate(${axisWidth},0)">
${shades.map((shade) => markup`<rect x="${rounded(shade * width)}" width="${rounded(width)}" height="12" fill="${shadeColour(shade)}" shape-rendering="crispEdges"/>`)}
${ticks.map((label, i) => markup`<text x="${(i / 4) * legendWidth}" y="26" text-anchor="middle" font-size="11" fill="${inks.quiet}">${label}</text>`)}
<text x="${legendWidth + 28}" y="11" fill="${inks.text}">load of a GPU, the mean of its layer = 1</text>
${isPartial ? markup`<g transform="translate(${legendWidth + 28},24)">${swatch(unrecordedColour)}<text x="24" y="4.5" fill="${inks.text}">dense or not recorded</text></g>` : undefined}</g>
`;
}

function isAbove(cap: number, panels: readonly HeatMapPanel[]): boolean {
  return panels.some(({ balance }) => balance.worst.fullest > cap);
}

/** Cells are narrow: two digits would shift the last of them by a pixel. */
function rounded4(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
