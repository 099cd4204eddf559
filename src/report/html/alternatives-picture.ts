import type { Alternative, PlanReport } from "./report-data";
import { axisEnd, chart, type Layers, type Margins } from "./chart";
import { clientColour, inks, textOn, tint } from "./palette";
import { lineSign, pictureWidth, swatch, textWidth, type Panel, type Picture } from "./picture";
import { brief } from "../numbers";
import { clip } from "../table";

const frame: Margins = { top: 24, right: 18, bottom: 44, left: 190 };
const rowHeight = 28;
const nameWidth = 26;

/** What each way to use the rack would serve, a panel per client, with the bound as a line across. */
export function alternativesPicture(report: PlanReport): Picture | undefined {
  const { alternatives = [] } = report;
  const clients = [...new Set(alternatives.flatMap(({ served }) => served.map(({ client }) => client)))];
  if (clients.length === 0) return undefined;
  const rates = alternatives.flatMap(({ served }) => served.map((one) => one.requestsPerSecond));
  const end = axisEnd(rates, 1.15);
  const hasBound = alternatives.some(({ kind }) => kind === "bound");
  return {
    name: "alternatives",
    title: "This plan and its alternatives",
    description: describe(alternatives),
    legend: [
      { label: "this plan", sign: swatch(inks.quiet) },
      { label: "alternative", sign: swatch(tint(inks.quiet, 0.6)) },
      ...(hasBound ? [{ label: "bound: no plan serves more", sign: lineSign(inks.text, "5 3") }] : []),
    ],
    panels: clients.map((client) => panel(report, alternatives, client, end)),
  };
}

function describe(alternatives: readonly Alternative[]): string {
  const phrases = alternatives.map(({ name, served }) => {
    const rates = served.map((one) => `${one.client} ${brief(one.requestsPerSecond)}`).join(", ");
    return `${name}: ${rates === "" ? "nothing" : rates}`;
  });
  return `Requests per second. ${phrases.join("; ")}.`;
}

function panel(report: PlanReport, alternatives: readonly Alternative[], client: string, end: number): Panel {
  const colour = clientColour(report.rack, client);
  const rate = ({ served }: Alternative): number => served.find((one) => one.client === client)?.requestsPerSecond ?? 0;
  const plans = alternatives.filter(({ kind }) => kind !== "bound");
  const bars = plans.map((one, row) => bar(one, row, rate(one), end, colour));
  const bounds = alternatives
    .filter(({ kind }) => kind === "bound")
    .map((one) => ({ rate: rate(one), text: brief(rate(one)) }));
  const y = { field: "row", type: "ordinal" as const, axis: null, scale: { paddingInner: 0.28, paddingOuter: 0.14 } };
  const x = {
    field: "rate",
    type: "quantitative" as const,
    scale: { domain: [0, end], nice: false },
    axis: { title: "requests per second", tickCount: 7 },
  };
  return {
    heading: { text: clip(client, 40), colour },
    chart: chart(pictureWidth, frame.top + frame.bottom + bars.length * rowHeight, frame, [
      {
        data: { values: bars.map((bar) => ({ ...bar })) },
        mark: { type: "bar" },
        encoding: { y, x, color: { field: "colour", type: "nominal", scale: null } },
      },
      {
        data: { values: bounds },
        mark: { type: "rule", color: inks.text, strokeDash: [5, 3], strokeWidth: 2 },
        encoding: { x },
      },
      {
        data: { values: bounds.map((bound) => ({ ...bound })) },
        mark: { type: "text", y: -10, baseline: "middle", fontWeight: 600 },
        encoding: { x, text: { field: "text", type: "nominal" } },
      },
      ...(["right", "left"] as const).map((align): Layers[number] => ({
        data: { values: bars.filter((bar) => bar.align === align) },
        mark: { type: "text", align, baseline: "middle", dx: align === "right" ? -6 : 6 },
        encoding: {
          y,
          x,
          text: { field: "text", type: "nominal" },
          color: { field: "ink", type: "nominal", scale: null },
        },
      })),
      {
        data: { values: bars.map((bar) => ({ ...bar })) },
        mark: { type: "text", align: "right", baseline: "middle", x: -10 },
        encoding: { y, text: { field: "name", type: "nominal" } },
      },
    ]),
  };
}

interface RateBar {
  readonly row: number;
  readonly name: string;
  readonly rate: number;
  readonly text: string;
  readonly colour: string;
  readonly ink: string;
  readonly align: "left" | "right";
}

/** The rate stands inside its bar, away from the bound, unless the bar is too short. */
function bar(one: Alternative, row: number, rate: number, end: number, clientColour: string): RateBar {
  const text = rate > 0 ? brief(rate) : "not served";
  const pixels = ((pictureWidth - frame.left - frame.right) * rate) / end;
  const inside = pixels > textWidth(text, 12) + 12;
  const colour = one.kind === "chosen" ? clientColour : tint(clientColour, 0.6);
  const ink = inside ? textOn(colour) : inks.text;
  return { row, name: clip(one.name, nameWidth), rate, text, colour, ink, align: inside ? "right" : "left" };
}
