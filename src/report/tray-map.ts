import type { RackPlan, TrayUse } from "../plan/client";
import { clientColour, type Ink } from "./ink";

/** Trays of one line: as many as fit beside the margin. */
const columnsPerLine = 108;

/**
 * One cell per tray, one bracket per worker: `[p1][d1--d1--d1][--]` is a prefill worker on one tray, a decode worker on
 * three and a free tray.
 */
export function trayMap(plan: RackPlan, paint: Ink): string[] {
  const clients = plan.clients.map((client) => client.client);
  const width = String(clients.length).length + 1;
  const perLine = Math.floor(columnsPerLine / (width + 2));
  const uses = new Map(plan.trayUse.map((use) => [use.tray, use]));
  const lines: string[] = [];
  for (let first = 0; first < plan.rack.trays; first += perLine) {
    const trays = Array.from({ length: Math.min(perLine, plan.rack.trays - first) }, (_, i) => first + i);
    lines.push(ruler(trays, width + 2));
    lines.push(trays.map((tray) => cell(tray, trays, uses, clients, width, paint)).join(""));
  }
  return lines;
}

/** Tray numbers above every fourth cell. */
function ruler(trays: readonly number[], width: number): string {
  return trays
    .map((tray) => (tray % 4 === 0 ? ` ${tray}` : "").padEnd(width))
    .join("")
    .trimEnd();
}

function cell(
  tray: number,
  line: readonly number[],
  uses: ReadonlyMap<number, TrayUse>,
  clients: readonly string[],
  width: number,
  paint: Ink,
): string {
  const use = uses.get(tray);
  if (use === undefined) return paint("dim", `[${"-".repeat(width)}]`);
  const number = clients.indexOf(use.client);
  const label = `${use.role === "prefill" ? "p" : "d"}${number + 1}`.padEnd(width);
  const opens = !line.includes(tray - 1) || !isSameWorker(use, uses.get(tray - 1));
  const closes = !line.includes(tray + 1) || !isSameWorker(use, uses.get(tray + 1));
  return paint(clientColour(number), `${opens ? "[" : "-"}${label}${closes ? "]" : "-"}`);
}

function isSameWorker(use: TrayUse, other: TrayUse | undefined): boolean {
  return use.client === other?.client && use.role === other.role && use.worker === other.worker;
}
