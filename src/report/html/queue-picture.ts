import type { ClientQueue, PlanReport } from "./report-data";
import { axisEnd, chart, shortNumbers, type Margins } from "./chart";
import { clientColour, tint } from "./palette";
import { pictureWidth, type Panel, type Picture } from "./picture";
import { grouped } from "../numbers";
import { clip } from "../table";

const frame: Margins = { top: 6, right: 18, bottom: 20, left: 64 };
const lastFrame: Margins = { ...frame, bottom: 44 };
const plotHeight = 84;
/** More moments than this cannot be told apart at the picture's width. */
const mostMoments = 250;

interface Moment {
  readonly second: number;
  readonly requests: number;
}

/** Requests that wait for prefill and requests that are decoded, over time: two panels per client. */
export function queuePicture(report: PlanReport): Picture | undefined {
  const queues = (report.queue ?? []).filter(({ seconds }) => seconds.length > 0);
  if (queues.length === 0) return undefined;
  const until = axisEnd(
    queues.flatMap(({ seconds }) => seconds),
    1,
  );
  return {
    name: "queue",
    title: "Queues over time",
    description: queues.map(describe).join(" "),
    legend: [],
    panels: queues.flatMap((queue) => clientPanels(report, queue, until)),
  };
}

function describe({ client, waitingPrefill, runningDecode }: ClientQueue): string {
  const most = (values: readonly number[]): string => grouped(Math.max(0, ...values));
  return `${client}: at most ${most(waitingPrefill)} requests wait for prefill and ${most(runningDecode)} are decoded.`;
}

function clientPanels(report: PlanReport, queue: ClientQueue, until: number): readonly Panel[] {
  const colour = clientColour(report.rack, queue.client);
  const name = clip(queue.client, 24);
  return [
    {
      heading: { text: `${name}: waiting for prefill`, colour },
      chart: areaChart(moments(queue.seconds, queue.waitingPrefill), colour, until, false),
    },
    {
      heading: { text: `${name}: being decoded`, colour },
      chart: areaChart(moments(queue.seconds, queue.runningDecode), colour, until, true),
    },
  ];
}

function areaChart(values: readonly Moment[], colour: string, until: number, isLast: boolean): Panel["chart"] {
  const margins = isLast ? lastFrame : frame;
  const most = Math.max(1, ...values.map(({ requests }) => requests));
  return chart(pictureWidth, plotHeight + margins.top + margins.bottom, margins, [
    {
      data: { values: values.map((moment) => ({ ...moment })) },
      mark: {
        type: "area",
        interpolate: "step-after",
        color: tint(colour, 0.7),
        line: { color: colour, strokeWidth: 1.5 },
      },
      encoding: {
        x: {
          field: "second",
          type: "quantitative",
          scale: { domain: [0, until], nice: false },
          axis: { title: isLast ? "time (s)" : null, tickCount: 8, grid: false },
        },
        y: {
          field: "requests",
          type: "quantitative",
          scale: { domain: [0, most], nice: true },
          axis: { title: "requests", tickCount: 3, ...shortNumbers, titleX: -48 },
        },
      },
    },
  ]);
}

/** At most `mostMoments` of them; of those that are drawn as one, the longest queue stays. */
function moments(seconds: readonly number[], requests: readonly number[]): readonly Moment[] {
  const length = Math.min(seconds.length, requests.length);
  const group = Math.ceil(length / mostMoments);
  const kept: Moment[] = [];
  for (let start = 0; start < length; start += group) {
    kept.push({ second: seconds[start] ?? 0, requests: Math.max(...requests.slice(start, start + group)) });
  }
  return kept;
}
