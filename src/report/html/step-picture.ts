import type { DecodeStepParts, PlanReport } from "./report-data";
import { axisEnd, chart } from "./chart";
import { partColours } from "./palette";
import { pictureWidth, swatch, type Picture } from "./picture";
import { rows, stack, type Part } from "./stacked-bars";
import { clip } from "../table";

type Milliseconds = (step: DecodeStepParts) => number;

export const stepParts: readonly (Part & { readonly milliseconds: Milliseconds })[] = [
  { name: "attention", colour: partColours[0], milliseconds: (step) => step.attentionMilliseconds },
  { name: "experts", colour: partColours[1], milliseconds: (step) => step.expertsMilliseconds },
  { name: "exchange", colour: partColours[2], milliseconds: (step) => step.exchangeMilliseconds },
  { name: "other products", colour: partColours[3], milliseconds: (step) => step.productsMilliseconds },
  { name: "fixed", colour: partColours[4], milliseconds: (step) => step.fixedMilliseconds },
];

export function stepMilliseconds(step: DecodeStepParts): number {
  return stepParts.reduce((sum, part) => sum + part.milliseconds(step), 0);
}

/** Where a decode step goes, a bar per client, with the whole step behind it. */
export function stepPicture({ step }: PlanReport): Picture | undefined {
  if (step === undefined || step.length === 0) return undefined;
  const bars = step.map((one) => ({
    name: `${clip(one.client, 14)} decode`,
    sizes: stepParts.map((part) => Math.max(0, part.milliseconds(one))),
  }));
  const totals = bars.map(({ sizes }, row) => ({ row, total: sizes.reduce((sum, size) => sum + size, 0) }));
  const ends = totals.map((end) => ({ ...end, text: `${end.total.toFixed(1)} ms` }));
  const milliseconds = totals.map(({ total }) => total);
  const frame = { top: 4, right: 18, bottom: 44, left: 150 };
  const { height, layers } = rows(stack(bars, stepParts), bars, {
    frame,
    end: axisEnd(milliseconds, 1.18),
    title: "time of one decode step (ms)",
  });
  return {
    name: "step",
    title: "Where a decode step goes",
    description: ends.map(({ text }, i) => `${bars[i]?.name ?? ""}: ${text}`).join("; "),
    legend: stepParts.map((part) => ({ label: part.name, sign: swatch(part.colour) })),
    panels: [
      {
        chart: chart(pictureWidth, height, frame, [
          ...layers,
          {
            data: { values: ends },
            mark: { type: "text", align: "left", baseline: "middle", dx: 6, fontWeight: 600, fontSize: 13 },
            encoding: {
              y: { field: "row", type: "ordinal" },
              x: { field: "total", type: "quantitative" },
              text: { field: "text", type: "nominal" },
            },
          },
        ]),
      },
    ],
  };
}
