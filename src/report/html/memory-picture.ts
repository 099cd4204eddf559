import type { MemoryPlan } from "../../plan/memory";
import type { PlanReport } from "./report-data";
import { axisEnd, chart } from "./chart";
import { inks, partColours } from "./palette";
import { pictureWidth, swatch, type Picture } from "./picture";
import { rows, stack, type Part } from "./stacked-bars";
import { clip } from "../table";

/** Cividis has more steps than memory has parts; the lightest is left out, for free memory is lighter still. */
export const memoryParts: readonly (Part & { readonly gib: (memory: MemoryPlan) => number })[] = [
  { name: "weights", colour: partColours[0], gib: (memory) => memory.weightsGib },
  { name: "KV cache", colour: partColours[1], gib: (memory) => memory.kvGib },
  { name: "dispatch", colour: partColours[2], gib: (memory) => memory.dispatchGib },
  { name: "graphs, workspace", colour: partColours[3], gib: (memory) => memory.workspaceGib },
  { name: "free", colour: inks.free, gib: (memory) => memory.freeGib },
];

/** One GPU's memory, a bar per pool, against what a GPU has. */
export function memoryPicture({ rack: plan }: PlanReport): Picture | undefined {
  const pools = plan.clients.flatMap((client) => [client.prefill, client.decode]);
  if (pools.length === 0) return undefined;
  const usable = plan.rack.usableGibPerGpu;
  const bars = pools.map((pool) => ({
    name: `${clip(pool.client, 14)} ${pool.role}`,
    sizes: memoryParts.map((part) => Math.max(0, part.gib(pool.memory))),
  }));
  const uses = bars.map((bar) => bar.sizes.reduce((sum, size) => sum + size, 0));
  const frame = { top: 22, right: 18, bottom: 44, left: 150 };
  const limit = { x: { datum: usable, type: "quantitative" as const } };
  const { height, layers } = rows(stack(bars, memoryParts), bars, {
    frame,
    end: axisEnd([usable, ...uses], 1.03),
    title: "memory per GPU (GiB)",
  });
  return {
    name: "memory",
    title: "Memory per GPU",
    description: `Bars of ${pools.length} pools, in GiB per GPU, against the ${usable.toFixed(1)} GiB a GPU has.`,
    legend: memoryParts.map((part) => ({
      label: part.name,
      sign: swatch(part.colour, part.name === "free" ? inks.line : part.colour),
    })),
    panels: [
      {
        chart: chart(pictureWidth, height, frame, [
          ...layers,
          { data: { values: [{}] }, mark: { type: "rule", color: inks.text, strokeWidth: 2 }, encoding: limit },
          {
            data: { values: [{}] },
            mark: { type: "text", align: "right", dx: 4, y: -10, text: `usable: ${usable.toFixed(1)} GiB` },
            encoding: limit,
          },
        ]),
      },
    ],
  };
}
