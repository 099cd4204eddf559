import type { MemoryPlan } from "../plan/memory";
import type { Colour, Ink } from "./ink";

/** Told apart by their shade where there is no colour. */
const parts: readonly { readonly name: string; readonly mark: string; readonly colour: Colour; readonly gib: Part }[] =
  [
    { name: "weights", mark: "█", colour: "blue", gib: (m) => m.weightsGib },
    { name: "KV cache", mark: "▓", colour: "green", gib: (m) => m.kvGib },
    { name: "dispatch", mark: "▒", colour: "magenta", gib: (m) => m.dispatchGib },
    { name: "graphs, workspace", mark: "░", colour: "cyan", gib: (m) => m.workspaceGib },
    { name: "free", mark: "·", colour: "dim", gib: (m) => m.freeGib },
  ];

type Part = (memory: MemoryPlan) => number;

export function memoryLegend(paint: Ink): string {
  return parts.map((part) => `${paint(part.colour, part.mark)} ${part.name}`).join("  ");
}

/** Exactly `width` characters; a part that is there at all gets at least one of them. */
export function memoryBar(memory: MemoryPlan, width: number, paint: Ink): string {
  const cells = share(
    parts.map((part) => Math.max(0, part.gib(memory))),
    width,
  );
  return parts.map((part, i) => paint(part.colour, part.mark.repeat(cells[i] ?? 0))).join("");
}

/** "90.8 of 179.7 GiB". */
export function memoryUse(memory: MemoryPlan): string {
  return `${(memory.usableGib - memory.freeGib).toFixed(1)} of ${memory.usableGib.toFixed(1)} GiB`;
}

/** Whole cells in proportion to the sizes. What rounding takes or leaves, the largest part makes up. */
function share(sizes: readonly number[], width: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= 0) return sizes.map(() => 0);
  const cells = sizes.map((size) => (size > 0 ? Math.max(1, Math.round((size / total) * width)) : 0));
  const largest = cells.indexOf(Math.max(...cells));
  const excess = cells.reduce((sum, count) => sum + count, 0) - width;
  return cells.map((count, i) => (i === largest ? count - excess : count));
}
