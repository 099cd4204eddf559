import type { ClientFacts, ClientPareto, ParetoPoint, PlanReport, QuotedTtft } from "./report-data";
import { brief, dollars, duration, grouped } from "../numbers";
import { htmlTable, numberCell, type Cell, type HtmlTable } from "./html-table";
import type { Markup } from "./markup";
import { memoryParts } from "./memory-picture";
import { publishedLetter } from "./pareto-picture";
import { stepMilliseconds, stepParts } from "./step-picture";
import { percent } from "./summary";

/** The numbers behind the summary and the pictures; tables without rows are left out. */
export function tables(report: PlanReport): readonly Markup[] {
  return [
    servedTable(report),
    poolTable(report),
    memoryTable(report),
    alternativesTable(report),
    ...(report.pareto ?? []).map((one, i) => paretoTable(one, i)),
    publishedTable(report),
    queueTable(report),
    stepTable(report),
    calibrationTable(report),
  ]
    .filter(({ rows }) => rows.length > 0)
    .map(htmlTable);
}

type Fact = readonly [name: string, of: (line: ClientFacts) => Cell];

const price = (value: number): string => `$${brief(value)}`;

const facts: readonly Fact[] = [
  ["served (requests/s)", (line) => numberCell(line.prediction?.requestsPerSecond, brief)],
  ["asked (requests/s)", (line) => numberCell(line.askedRequestsPerSecond, brief)],
  ["TPOT (ms)", (line) => numberCell(line.prediction?.tpotMilliseconds, brief)],
  ["TPOT promised (ms)", (line) => numberCell(line.promisedTpotMilliseconds, brief)],
  ["TTFT p50 (s)", (line) => ttftCell(line, (ttft) => ttft.p50Seconds)],
  ["TTFT p90 (s)", (line) => ttftCell(line, (ttft) => ttft.p90Seconds)],
  ["TTFT promised (s)", (line) => numberCell(line.promisedTtftSeconds, brief)],
  ["uncertainty", (line) => numberCell(line.prediction?.uncertainty, (share) => `± ${percent(share)}`)],
  ["full first", (line) => line.prediction?.saturatedPool],
  ["cost ($/h)", (line) => numberCell(line.dollarsPerHour, dollars)],
  ["cost ($/M tokens out)", (line) => numberCell(line.dollarsPerMillionOutputTokens, price)],
  ["the same ($/M tokens in)", (line) => numberCell(line.dollarsPerMillionInputTokens, price)],
  ["power (kW)", (line) => numberCell(line.kilowatts, brief)],
  ["tokens per joule", (line) => numberCell(line.tokensPerJoule, brief)],
  ["ready in", (line) => numberCell(line.startupSeconds, duration)],
];

/** A row per fact: clients are few and facts are many. */
function servedTable({ lines = [] }: PlanReport): HtmlTable {
  const rows = facts.map(([name, of]): readonly Cell[] => [name, ...lines.map(of)]);
  return {
    id: "table-served",
    title: "Served, promised and paid",
    columns: ["", ...lines.map(({ client }) => client)],
    rows: rows.filter((row) => row.slice(1).some((cell) => cell !== undefined)),
  };
}

function ttftCell({ prediction }: ClientFacts, of: (ttft: QuotedTtft) => number): Cell {
  if (prediction === undefined) return undefined;
  return "notQuoted" in prediction.ttft ? "not quoted" : numberCell(of(prediction.ttft), brief);
}

function poolTable({ rack }: PlanReport): HtmlTable {
  const pools = rack.clients.flatMap((client) => [client.prefill, client.decode]);
  return {
    id: "table-pools",
    title: "Pools",
    columns: [
      "pool",
      "trays",
      "workers",
      "GPUs/worker",
      "EP",
      "tokens/pass per rank",
      "running per rank",
      "KV tokens per rank",
      "ready in",
      "probe allows",
    ],
    rows: pools.map((pool) => [
      `${pool.client} ${pool.role}`,
      numberCell(pool.trays, grouped),
      numberCell(pool.workers, grouped),
      numberCell(pool.gpusPerWorker, grouped),
      numberCell(pool.parallel.expert, grouped),
      numberCell(aboveZero(pool.tokensPerForwardPerRank), grouped),
      numberCell(aboveZero(pool.runningRequestsPerRank), grouped),
      numberCell(aboveZero(pool.kvTokensPerRank), grouped),
      numberCell(pool.startup.expectedSeconds, duration),
      numberCell(pool.startup.budgetSeconds, duration),
    ]),
  };
}

/** 0 stands for a setting that the pool does not have. */
function aboveZero(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

function memoryTable({ rack }: PlanReport): HtmlTable {
  const pools = rack.clients.flatMap((client) => [client.prefill, client.decode]);
  return {
    id: "table-memory",
    title: "Memory per GPU (GiB)",
    columns: ["pool", ...memoryParts.map((part) => part.name), "usable"],
    rows: pools.map(({ client, role, memory }) => [
      `${client} ${role}`,
      ...memoryParts.map((part) => numberCell(part.gib(memory), oneDecimal)),
      numberCell(memory.usableGib, oneDecimal),
    ]),
  };
}

function alternativesTable({ alternatives = [] }: PlanReport): HtmlTable {
  const clients = [...new Set(alternatives.flatMap(({ served }) => served.map(({ client }) => client)))];
  const chosenRow = alternatives.findIndex(({ kind }) => kind === "chosen");
  return {
    id: "table-alternatives",
    title: "This plan and its alternatives",
    columns: ["plan", ...clients.map((client) => `${client} (requests/s)`), "of the best", "note"],
    rows: alternatives.map(({ name, served, shareOfBest, note }) => [
      name,
      ...clients.map((client) => numberCell(served.find((one) => one.client === client)?.requestsPerSecond, brief)),
      numberCell(shareOfBest, percent),
      note,
    ]),
    chosenRow,
  };
}

const paretoColumns = ["GPUs/worker", "batch per rank", "tokens/s per user", "tokens/s per GPU"];

function paretoTable({ client, points, chosen }: ClientPareto, index: number): HtmlTable {
  const chosenRow = points.findIndex((point) => isSameSetting(point, chosen));
  const rows = chosen !== undefined && chosenRow < 0 ? [chosen, ...points] : points;
  return {
    id: `table-pareto-${index + 1}`,
    title: `Throughput and interactivity of ${client}`,
    columns: paretoColumns,
    rows: rows.map((point) => [
      numberCell(point.gpusPerWorker, grouped),
      numberCell(point.batchPerRank, grouped),
      numberCell(point.tokensPerSecondPerUser, brief),
      numberCell(point.tokensPerSecondPerGpu, brief),
    ]),
    chosenRow: chosen === undefined ? undefined : Math.max(0, chosenRow),
  };
}

function isSameSetting(point: ParetoPoint, chosen: ParetoPoint | undefined): boolean {
  return point.batchPerRank === chosen?.batchPerRank && point.gpusPerWorker === chosen.gpusPerWorker;
}

function publishedTable({ pareto = [] }: PlanReport): HtmlTable {
  return {
    id: "table-published",
    title: "Published measurements beside them",
    columns: ["client", "mark", "measurement", "tokens/s per user", "tokens/s per GPU"],
    rows: pareto.flatMap(({ client, published = [] }) =>
      published.map((point, i) => [
        client,
        publishedLetter(i),
        point.label,
        numberCell(point.tokensPerSecondPerUser, brief),
        numberCell(point.tokensPerSecondPerGpu, brief),
      ]),
    ),
  };
}

function queueTable({ queue = [] }: PlanReport): HtmlTable {
  return {
    id: "table-queue",
    title: "Queues over time (requests)",
    columns: [
      "client",
      "seconds simulated",
      "waiting for prefill, most",
      "at the end",
      "being decoded, most",
      "at the end",
    ],
    rows: queue
      .filter(({ seconds }) => seconds.length > 0)
      .map(({ client, seconds, waitingPrefill, runningDecode }) => [
        client,
        numberCell(Math.max(...seconds), brief),
        ...mostAndLast(waitingPrefill),
        ...mostAndLast(runningDecode),
      ]),
  };
}

function mostAndLast(requests: readonly number[]): readonly Cell[] {
  return [numberCell(Math.max(0, ...requests), grouped), numberCell(requests.at(-1) ?? 0, grouped)];
}

function stepTable({ step = [] }: PlanReport): HtmlTable {
  return {
    id: "table-step",
    title: "Where a decode step goes (ms)",
    columns: ["client", ...stepParts.map((part) => part.name), "step"],
    rows: step.map((one) => [
      one.client,
      ...stepParts.map((part) => numberCell(part.milliseconds(one), brief)),
      numberCell(stepMilliseconds(one), brief),
    ]),
  };
}

function calibrationTable({ calibration = [] }: PlanReport): HtmlTable {
  return {
    id: "table-calibration",
    title: "The model against published measurements",
    columns: ["measurement", "published", "predicted", "off by", "unit"],
    rows: calibration.map(({ name, published, predicted, unit }) => [
      name,
      numberCell(published, brief),
      numberCell(predicted, brief),
      numberCell(
        published === 0 ? undefined : predicted / published - 1,
        (error) => `${error > 0 ? "+" : ""}${percent(error)}`,
      ),
      unit,
    ]),
  };
}

function oneDecimal(value: number): string {
  return value.toFixed(1);
}
