import type { RackPlan, TrayUse } from "../../plan/client";
import type { PoolPlan } from "../../plan/pool";
import { plural } from "../numbers";
import { clip } from "../table";
import { markup, type Content, type Markup } from "./markup";
import { clientColour, clientIndex, inks, tint } from "./palette";
import { drawLegend, svgDocument, swatch } from "./picture";

const trayHeight = 24;
const trayStep = 28;
const trayLeft = 52;
const trayWidth = 190;
const bracketLeft = trayLeft + trayWidth + 8;
const labelLeft = bracketLeft + 16;
const nameWidth = 14;

/** Trays of one worker, one below the other. */
interface WorkerSpan {
  readonly use: TrayUse;
  readonly first: number;
  readonly last: number;
}

/** The rack from its first tray down: a row per tray with its GPUs, a bracket per worker. */
export function rackSvg(plan: RackPlan): string {
  const uses = new Map(plan.trayUse.map((use) => [use.tray, use]));
  const trays = Array.from({ length: plan.rack.trays }, (_, tray) => tray);
  const picture = { name: "rack", title: `Trays of the ${plan.rack.name}`, description: describe(plan) } as const;
  const legend = drawLegend([
    { label: "prefill", sign: swatch("url(#rack-hatch-0)", inks.quiet) },
    { label: "decode", sign: swatch(inks.quiet) },
    { label: "free tray", sign: swatch(inks.free, tint(inks.line, 0.4)) },
  ]);
  return svgDocument(picture, legend.height + trays.length * trayStep + 4, [
    markup`<defs>${hatches(plan)}</defs>`,
    legend.drawing,
    markup`<g transform="translate(0,${legend.height})">
${trays.map((tray) => drawTray(plan, tray, uses.get(tray)))}${workerSpans(plan).map((span) => drawBracket(plan, span))}</g>`,
  ]);
}

function describe(plan: RackPlan): string {
  const pools = plan.clients.flatMap((client) => [client.prefill, client.decode]);
  const phrases = pools.map(
    (pool) => `${pool.client} ${pool.role}: ${plural(pool.workers, "worker")} on ${plural(pool.trays, "tray")}`,
  );
  return `${[...phrases, `${plural(plan.freeTrays, "tray")} free`].join("; ")}.`;
}

function drawTray(plan: RackPlan, tray: number, use: TrayUse | undefined): Content {
  const top = tray * trayStep + 2;
  const name = use === undefined ? "free" : `${use.client} ${use.role} worker ${use.worker}`;
  return markup`<g class="${trayClass(plan, use)}" data-tray="${tray}"><title>tray ${tray}: ${name}</title>
<text x="${trayLeft - 8}" y="${top + 16.5}" text-anchor="end" font-size="12" fill="${inks.quiet}">${tray === 0 ? "tray 0" : tray}</text>
<rect x="${trayLeft}" y="${top}" width="${trayWidth}" height="${trayHeight}" rx="4" fill="${trayGround(plan, use)}"/>
${Array.from({ length: plan.rack.gpusPerTray }, (_, gpu) => drawGpu(plan, use, gpu, top))}</g>
`;
}

/** "tray client-1 decode", "tray free"; "client-other" for a worker that belongs to no client of the plan. */
function trayClass(plan: RackPlan, use: TrayUse | undefined): string {
  if (use === undefined) return "tray free";
  const index = clientIndex(plan, use.client);
  return `tray client-${index < 0 ? "other" : index + 1} ${use.role}`;
}

function trayGround(plan: RackPlan, use: TrayUse | undefined): string {
  return use === undefined ? inks.free : tint(clientColour(plan, use.client), 0.72);
}

function drawGpu(plan: RackPlan, use: TrayUse | undefined, gpu: number, top: number): Markup {
  const gap = 5;
  const width = (trayWidth - gap) / plan.rack.gpusPerTray - gap;
  const left = trayLeft + gap + gpu * (width + gap);
  const stroke = use === undefined ? tint(inks.line, 0.4) : clientColour(plan, use.client);
  const fill = gpuFill(plan, use);
  return markup`<rect x="${left}" y="${top + gap}" width="${width}" height="${trayHeight - 2 * gap}" rx="2" fill="${fill}" stroke="${stroke}"/>`;
}

/** Decode is solid, prefill is hatched: the roles differ in print too. */
function gpuFill(plan: RackPlan, use: TrayUse | undefined): string {
  if (use === undefined) return inks.ground;
  return use.role === "decode" ? clientColour(plan, use.client) : `url(#${hatchId(plan, use.client)})`;
}

function hatchId(plan: RackPlan, client: string): string {
  return `rack-hatch-${clientIndex(plan, client) + 1}`;
}

/** One per client, and number 0 for whoever is none. */
function hatches(plan: RackPlan): readonly Markup[] {
  const colours = [inks.quiet, ...plan.clients.map(({ client }) => clientColour(plan, client))];
  return colours.map(
    (colour, i) =>
      markup`<pattern id="rack-hatch-${i}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="${inks.ground}"/><rect width="2" height="6" fill="${colour}"/></pattern>`,
  );
}

/** Neighbouring trays of the same worker, and free trays that stand together. */
function workerSpans(plan: RackPlan): readonly WorkerSpan[] {
  const spans: WorkerSpan[] = [];
  for (const use of plan.trayUse) {
    const before = spans.at(-1);
    if (before?.last === use.tray - 1 && isSameWorker(before.use, use)) {
      spans.splice(-1, 1, { ...before, last: use.tray });
    } else {
      spans.push({ use, first: use.tray, last: use.tray });
    }
  }
  return spans;
}

function isSameWorker(one: TrayUse, other: TrayUse): boolean {
  return one.client === other.client && one.role === other.role && one.worker === other.worker;
}

function drawBracket(plan: RackPlan, { use, first, last }: WorkerSpan): Markup {
  const top = first * trayStep + 3;
  const bottom = last * trayStep + trayHeight + 1;
  const middle = (top + bottom) / 2;
  const colour = clientColour(plan, use.client);
  const name = `${clip(use.client, nameWidth)} ${use.role} worker ${use.worker}`;
  const path = `M${bracketLeft},${top}h6V${bottom}h-6M${bracketLeft + 6},${middle}h5`;
  const facts = workerFacts(plan, use, last - first + 1);
  return markup`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>
<text x="${labelLeft}" y="${middle + 4.5}" fill="${inks.text}"><tspan font-weight="600">${name}</tspan><tspan dx="8" font-size="12" fill="${inks.quiet}">${facts}</tspan></text>
`;
}

/** "32 GPUs, EP32"; a worker of another plan has no pool to ask. */
function workerFacts(plan: RackPlan, use: TrayUse, trays: number): string {
  const pool = poolOf(plan, use);
  const gpus = plural(trays * plan.rack.gpusPerTray, "GPU");
  return pool === undefined ? gpus : `${gpus}, EP${pool.parallel.expert}`;
}

function poolOf(plan: RackPlan, use: TrayUse): PoolPlan | undefined {
  return plan.clients.find((client) => client.client === use.client)?.[use.role];
}
