import type { PlanReport, ReportWarning } from "./report-data";
import { Markup, markup, type Content } from "./markup";
import type { PictureName } from "./picture";
import { style } from "./style";
import { summary } from "./summary";
import { renderSvgs, type Svgs } from "./svg";
import { tables } from "./tables";

interface Caption {
  readonly name: PictureName;
  readonly title: string;
  readonly remark: string;
  /** Table with the same numbers. */
  readonly table: string;
}

/** In the order of the page: what stands where first, why it is so, and how far to trust it. */
const captions: readonly Caption[] = [
  {
    name: "rack",
    title: "Trays",
    remark: "A row is a tray, a box a GPU, a bracket a worker. The scheduler chooses the physical ones.",
    table: "table-pools",
  },
  {
    name: "alternatives",
    title: "This plan and its alternatives",
    remark: "What other ways to use the rack would serve at the same promises.",
    table: "table-alternatives",
  },
  {
    name: "pareto",
    title: "Throughput against interactivity",
    remark: "Larger batches earn more per GPU and make every user wait longer. Up and to the right is better.",
    table: "table-pareto-1",
  },
  {
    name: "queue",
    title: "Queues over time",
    remark: "Simulated requests that wait for prefill, and that are decoded.",
    table: "table-queue",
  },
  { name: "memory", title: "Memory per GPU", remark: "What one GPU of each pool holds.", table: "table-memory" },
  {
    name: "step",
    title: "Where a decode step goes",
    remark: "Time of one forward pass of decode, by what it is spent on.",
    table: "table-step",
  },
  {
    name: "calibration",
    title: "The model against published measurements",
    remark: "Points on the line are predicted exactly.",
    table: "table-calibration",
  },
];

/** The report as one HTML file that needs nothing from anywhere. The same report gives the same bytes. */
export async function renderHtml(report: PlanReport): Promise<string> {
  const svgs = await renderSvgs(report);
  const numbers = tables(report);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${report.title}</title>
<style>${style}</style>
</head>
<body>
<main>
${summary(report)}<section id="pictures" aria-labelledby="pictures-heading">
<h2 id="pictures-heading">Pictures</h2>
<div class="figures">
${captions.map((caption) => figure(caption, svgs, numbers))}</div>
</section>
${warningSection(report.warnings ?? [])}${numbers.length === 0 ? undefined : numberSection(numbers)}</main>
</body>
</html>
`.text;
}

function figure({ name, title, remark, table }: Caption, svgs: Svgs, numbers: readonly Markup[]): Content {
  const svg = svgs[name];
  if (svg === undefined) return undefined;
  const hasTable = numbers.some(({ text }) => text.includes(`<table id="${table}"`));
  return markup`<figure class="card" id="${name}">
<figcaption><h3>${title}</h3>${hasTable ? markup`<a href="#${table}">the numbers</a>` : undefined}<p class="quiet">${remark}</p></figcaption>
<div class="paper">${new Markup(svg)}</div>
</figure>
`;
}

function warningSection(warnings: readonly ReportWarning[]): Content {
  if (warnings.length === 0) return undefined;
  const items = warnings.map(({ client, problem }) => {
    const where = client === undefined ? problem.path : `${client} ${problem.path}`;
    return markup`<li><strong>${where}</strong>: ${problem.what}. <span class="quiet">Rule: ${problem.rule}.</span> Fix: ${problem.fix}.</li>
`;
  });
  return markup`<section id="warnings" aria-labelledby="warnings-heading">
<h2 id="warnings-heading">Warnings</h2>
<ul class="card warnings">
${items}</ul>
</section>
`;
}

function numberSection(numbers: readonly Markup[]): Markup {
  return markup`<section id="tables" aria-labelledby="tables-heading">
<h2 id="tables-heading">Numbers</h2>
${numbers}</section>
`;
}
