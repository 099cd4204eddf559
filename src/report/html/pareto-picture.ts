import type { ClientPareto, ParetoPoint, PlanReport, PublishedPoint } from "./report-data";
import { chart, type Layers, type Margins } from "./chart";
import { clientColour, inks, tint } from "./palette";
import { lineSign, pictureWidth, shapes, symbolSign, type LegendItem, type Panel, type Picture } from "./picture";
import { brief, grouped, plural } from "../numbers";
import { clip, wrap } from "../table";

const frame: Margins = { top: 8, right: 18, bottom: 44, left: 76 };
const plotHeight = 220;
const noteWidth = 88;
const sizeShapes = [shapes.circle, shapes.square, shapes.triangle, shapes.plus, shapes.pointer] as const;

/** Throughput per GPU against speed for the user, a panel per client, a line per worker size. */
export function paretoPicture(report: PlanReport): Picture | undefined {
  const clients = (report.pareto ?? []).filter(({ points }) => points.length > 0);
  if (clients.length === 0) return undefined;
  const sizes = workerSizes(clients);
  return {
    name: "pareto",
    title: "Throughput against interactivity",
    description: clients.map(describe).join(" "),
    legend: legend(report, clients, sizes),
    panels: clients.map((one) => panel(report, one, sizes)),
  };
}

/** The mark of a published point, and of its row in the table: a, b, c. */
export function publishedLetter(index: number): string {
  return index < 26 ? String.fromCharCode(97 + index) : `${index + 1}`;
}

function workerSizes(clients: readonly ClientPareto[]): readonly number[] {
  const sizes = clients.flatMap(({ points }) => points.map((point) => point.gpusPerWorker));
  return [...new Set(sizes)].sort((a, b) => a - b);
}

function describe({ client, points, chosen }: ClientPareto): string {
  return `${client}: ${plural(points.length, "point")}${chosen === undefined ? "" : `, ${chosenPhrase(chosen)}`}.`;
}

function chosenPhrase(chosen: ParetoPoint): string {
  const setting = `${plural(chosen.gpusPerWorker, "GPU")} per worker, batch ${grouped(chosen.batchPerRank)} per rank`;
  const speed = `${brief(chosen.tokensPerSecondPerUser)} tokens/s for a user`;
  return `chosen: ${setting}: ${speed}, ${brief(chosen.tokensPerSecondPerGpu)} per GPU`;
}

function legend(report: PlanReport, clients: readonly ClientPareto[], sizes: readonly number[]): readonly LegendItem[] {
  const has = (is: (client: ClientPareto) => boolean): boolean => clients.some(is);
  return [
    ...sizes.map((size, i) => ({
      label: `${size} GPUs`,
      sign: symbolSign(sizeShape(i), sizeTint(inks.quiet, i, sizes), sizeTint(inks.quiet, i, sizes), 4.5),
    })),
    ...(has(({ chosen }) => chosen !== undefined)
      ? [{ label: "chosen", sign: symbolSign(shapes.circle, "none", inks.text, 7) }]
      : []),
    ...(has(({ published = [] }) => published.length > 0)
      ? [{ label: "published", sign: symbolSign(shapes.diamond, inks.ground, inks.text, 5) }]
      : []),
    ...(has(({ client }) => slowest(report, client) !== undefined)
      ? [{ label: "promised TPOT", sign: lineSign(inks.text, "5 3") }]
      : []),
  ];
}

/** Tokens per second that a user was promised. */
function slowest({ lines = [] }: PlanReport, client: string): number | undefined {
  const promised = lines.find((line) => line.client === client)?.promisedTpotMilliseconds;
  return promised === undefined ? undefined : 1000 / promised;
}

function sizeShape(index: number): string {
  return sizeShapes[index % sizeShapes.length] ?? shapes.circle;
}

/** The larger the worker, the darker. */
function sizeTint(colour: string, index: number, sizes: readonly number[]): string {
  const last = sizes.length - 1;
  return tint(colour, last <= 0 ? 0 : 0.6 * (1 - index / last));
}

function panel(report: PlanReport, one: ClientPareto, sizes: readonly number[]): Panel {
  const colour = clientColour(report.rack, one.client);
  const { published = [], chosen } = one;
  const key = published.map(({ label }, i) => `(${publishedLetter(i)}) ${label}`).join("; ");
  return {
    heading: { text: clip(one.client, 40), colour },
    notes: [...(chosen === undefined ? [] : wrap(chosenPhrase(chosen), noteWidth)), ...wrap(key, noteWidth)],
    chart: chart(pictureWidth, plotHeight + frame.top + frame.bottom, frame, [
      ...promiseLayer(slowest(report, one.client)),
      ...sizes.flatMap((size, i) => sizeLayers(one.points, size, sizeShape(i), sizeTint(colour, i, sizes))),
      ...publishedLayers(published, chosen),
      ...(chosen === undefined ? [] : chosenLayers(chosen, colour)),
    ]),
  };
}

const x = {
  field: "tokensPerSecondPerUser",
  type: "quantitative" as const,
  scale: { zero: true, nice: true },
  axis: { title: "interactivity (tokens/s per user)", tickCount: 8 },
};
const y = {
  field: "tokensPerSecondPerGpu",
  type: "quantitative" as const,
  scale: { zero: true, nice: true },
  axis: { title: "throughput (tokens/s per GPU)", tickCount: 5, titleX: -58 },
};

function promiseLayer(tokensPerSecondPerUser: number | undefined): Layers {
  if (tokensPerSecondPerUser === undefined) return [];
  return [
    {
      data: { values: [{ tokensPerSecondPerUser }] },
      mark: { type: "rule", color: inks.text, strokeDash: [5, 3], strokeWidth: 1.5 },
      encoding: { x },
    },
  ];
}

function sizeLayers(points: readonly ParetoPoint[], size: number, shape: string, colour: string): Layers {
  const values = points
    .filter((point) => point.gpusPerWorker === size)
    .map((point) => ({ ...point }))
    .sort((a, b) => a.batchPerRank - b.batchPerRank);
  if (values.length === 0) return [];
  const order = { field: "batchPerRank", type: "quantitative" as const };
  return [
    { data: { values }, mark: { type: "line", color: colour, strokeWidth: 1.5 }, encoding: { x, y, order } },
    {
      data: { values: values.map((point) => ({ ...point })) },
      mark: { type: "point", shape, size: 56, filled: true, color: colour, opacity: 1 },
      encoding: { x, y },
    },
  ];
}

interface PublishedMark {
  readonly tokensPerSecondPerUser: number;
  readonly tokensPerSecondPerGpu: number;
  readonly letter: string;
  readonly side: "left" | "right";
}

function publishedLayers(published: readonly PublishedPoint[], chosen: ParetoPoint | undefined): Layers {
  const marks = published.map((point, i): PublishedMark => ({
    tokensPerSecondPerUser: point.tokensPerSecondPerUser,
    tokensPerSecondPerGpu: point.tokensPerSecondPerGpu,
    letter: publishedLetter(i),
    side: isCrowded(point, chosen) ? "left" : "right",
  }));
  if (marks.length === 0) return [];
  const paint = { fill: inks.ground, stroke: inks.text, strokeWidth: 1.6, opacity: 1 };
  return [
    {
      data: { values: marks.map((mark) => ({ ...mark })) },
      mark: { type: "point", shape: shapes.diamond, size: 90, ...paint },
      encoding: { x, y },
    },
    ...(["left", "right"] as const).map((side): Layers[number] => ({
      data: { values: marks.filter((mark) => mark.side === side) },
      mark: { type: "text", fontWeight: 600, ...letterPlaces[side] },
      encoding: { x, y, text: { field: "letter", type: "nominal" } },
    })),
  ];
}

/** Where a letter stands beside its mark. */
const letterPlaces = { left: { align: "right", dx: -8, dy: 10 }, right: { align: "left", dx: 9, dy: -9 } } as const;

/** Would the ring around the chosen point cover a letter above and to the right? */
function isCrowded(point: PublishedPoint, chosen: ParetoPoint | undefined): boolean {
  if (chosen === undefined) return false;
  const right = chosen.tokensPerSecondPerUser / point.tokensPerSecondPerUser - 1;
  const up = chosen.tokensPerSecondPerGpu / point.tokensPerSecondPerGpu - 1;
  return right > -0.02 && right < 0.12 && up > -0.05 && up < 0.2;
}

function chosenLayers(chosen: ParetoPoint, colour: string): Layers {
  return [
    {
      data: { values: [{ ...chosen }] },
      mark: { type: "point", shape: shapes.circle, size: 64, filled: true, color: colour, opacity: 1 },
      encoding: { x, y },
    },
    {
      data: { values: [{ ...chosen }] },
      mark: {
        type: "point",
        shape: shapes.circle,
        size: 260,
        filled: false,
        stroke: inks.text,
        strokeWidth: 2,
        opacity: 1,
      },
      encoding: { x, y },
    },
  ];
}
