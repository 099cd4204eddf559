import type { CalibrationRow, PlanReport } from "./report-data";
import { axisEnd, chart, shortNumbers, type Layers, type Margins } from "./chart";
import { clip } from "../table";
import { inks, partColours, tint } from "./palette";
import { lineSign, pictureWidth, shapes, swatch, symbolSign, type Panel, type Picture } from "./picture";

const frame: Margins = { top: 6, right: 20, bottom: 44, left: 76 };
const panelWidth = pictureWidth / 2;
const dot = partColours[1];
const band = tint(inks.line, 0.72);
const unitWidth = 18;
/** What the picture calls near. */
const near = 0.1;

/** Predicted over published, a panel per unit: on the line the model is right. */
export function calibrationPicture({ calibration = [] }: PlanReport): Picture | undefined {
  const units = [...new Set(calibration.map(({ unit }) => unit))];
  if (units.length === 0) return undefined;
  return {
    name: "calibration",
    title: "The model against published measurements",
    description: `${calibration.length} published numbers, ${countNear(calibration)} of them predicted within 10 %.`,
    legend: [
      { label: "published measurement", sign: symbolSign(shapes.circle, dot, dot, 4.5) },
      { label: "predicted = published", sign: lineSign(inks.text, "0", 1.5) },
      { label: "within 10 %", sign: swatch(band) },
    ],
    panels: units.map((unit, i) =>
      panel(
        calibration.filter((row) => row.unit === unit),
        unit,
        i % 2 === 1,
      ),
    ),
  };
}

function countNear(rows: readonly CalibrationRow[]): number {
  return rows.filter((row) => relativeError(row) <= near).length;
}

function relativeError({ published, predicted }: CalibrationRow): number {
  return predicted === published ? 0 : Math.abs(predicted / published - 1);
}

function panel(rows: readonly CalibrationRow[], unit: string, beside: boolean): Panel {
  const numbers = rows.flatMap(({ published, predicted }) => [published, predicted]);
  const end = axisEnd(numbers, 1.08);
  const axis = (title: string): object => ({ title, tickCount: 5, ...shortNumbers });
  const scale = { domain: [0, end], nice: false };
  const x = {
    field: "published",
    type: "quantitative" as const,
    scale,
    axis: axis(`published (${clip(unit, unitWidth)})`),
  };
  const y = {
    field: "predicted",
    type: "quantitative" as const,
    scale,
    axis: axis(`predicted (${clip(unit, unitWidth)})`),
  };
  const line = [0, end].map((at) => ({
    published: at,
    predicted: at,
    low: at * (1 - near),
    high: Math.min(end, at * (1 + near)),
  }));
  const corner = { published: end / (1 + near), predicted: 0, low: (end * (1 - near)) / (1 + near), high: end };
  const edge = [line[0], corner, line[1]].filter((point) => point !== undefined);
  return {
    beside,
    chart: chart(panelWidth, panelWidth - frame.left - frame.right + frame.top + frame.bottom, frame, [
      {
        data: { values: edge },
        mark: { type: "area", color: band },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      { data: { values: line }, mark: { type: "line", color: inks.text, strokeWidth: 1.5 }, encoding: { x, y } },
      {
        data: { values: rows.map(({ published, predicted }) => ({ published, predicted })) },
        mark: { type: "point", filled: true, size: 64, color: dot, stroke: inks.ground, strokeWidth: 1, opacity: 1 },
        encoding: { x, y },
      },
      ...worstLayer(rows, end, x, y),
    ]),
  };
}

/** Names the row that is furthest off, where it is off at all. */
function worstLayer(rows: readonly CalibrationRow[], end: number, x: object, y: object): Layers {
  const [worst] = [...rows].sort((a, b) => relativeError(b) - relativeError(a));
  if (worst === undefined || relativeError(worst) <= near) return [];
  const side = worst.published > end / 2 ? ({ align: "right", dx: -9 } as const) : ({ align: "left", dx: 9 } as const);
  const { published, predicted } = worst;
  return [
    {
      data: { values: [{ published, predicted, name: clip(worst.name, 14) }] },
      mark: { type: "text", baseline: "middle", ...side },
      encoding: { x, y, text: { field: "name", type: "nominal" } },
    },
  ];
}
