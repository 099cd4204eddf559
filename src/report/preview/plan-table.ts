import { brief, plural } from "../numbers";
import type { LoadSummary, PlanSummary, PredictionSummary } from "../plan-summary";

/** A row of the table before / after: a name, two values, and what to think of it. */
export interface PlanRow {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly remark: string;
}

interface Line {
  readonly name: string;
  readonly value: (plan: PlanSummary) => string | undefined;
  /** For a remark in per cent. */
  readonly number?: (plan: PlanSummary) => number | undefined;
  readonly always?: boolean;
}

const lines: readonly Line[] = [
  { name: "workload in / out", value: (p) => `${p.workload.inputTokens} / ${p.workload.outputTokens}` },
  { name: "engine", value: (p) => `${p.engine} ${p.engineVersion}` },
  { name: "trays prefill / decode", value: (p) => both(p, (pool) => String(pool.trays)), always: true },
  {
    name: "workers x GPUs prefill / decode",
    value: (p) => both(p, (pool) => `${pool.workers} x ${pool.gpusPerWorker}`),
  },
  { name: "prefill tokens per pass and rank", value: (p) => String(p.pools.prefill.tokensPerForwardPerRank) },
  { name: "decode batch per rank", value: (p) => String(p.pools.decode.batchPerRank) },
  { name: "KV tokens per rank prefill / decode", value: (p) => both(p, (pool) => String(pool.kvTokensPerRank)) },
  { name: "KV cache", value: (p) => p.pools.decode.kvCacheType },
  {
    name: "GiB free per GPU prefill / decode",
    value: (p) => both(p, (pool) => pool.memoryGib.free.toFixed(1)),
  },
  {
    name: "expert balance (mean / fullest GPU)",
    value: (p) => p.experts?.balanceAfter.toFixed(3),
    number: (p) => p.experts?.balanceAfter,
  },
  {
    name: "requests/s",
    value: (p) => p.prediction && uncertain(p.prediction),
    number: (p) => p.prediction?.requestsPerSecond,
    always: true,
  },
  {
    name: "TPOT",
    value: (p) => p.prediction && `${brief(p.prediction.tpotMilliseconds)} ms`,
    number: (p) => p.prediction?.tpotMilliseconds,
    always: true,
  },
  {
    name: "TPOT at the asked rate",
    value: (p) => p.prediction?.atAskedRate && `${brief(p.prediction.atAskedRate.tpotMilliseconds)} ms`,
    number: (p) => p.prediction?.atAskedRate?.tpotMilliseconds,
  },
  {
    name: "TTFT p90 at the asked rate",
    value: (p) => p.prediction?.atAskedRate && ttft(p.prediction.atAskedRate),
    number: (p) => p.prediction?.atAskedRate?.ttftP90Seconds,
    always: true,
  },
  { name: "limited by", value: (p) => p.prediction?.saturatedPool },
  {
    name: "$/hour",
    value: (p) => p.cost.dollarsPerHour.toFixed(2),
    number: (p) => p.cost.dollarsPerHour,
    always: true,
  },
  {
    name: "$/M output tokens",
    value: (p) => p.cost.dollarsPerMillionOutputTokens?.toFixed(3),
    number: (p) => p.cost.dollarsPerMillionOutputTokens,
    always: true,
  },
];

/** What never has a value is left out: a client without a prediction has no rate before and none after. */
export function planRows(before: PlanSummary | undefined, after: PlanSummary | undefined): PlanRow[] {
  return lines.flatMap((line) => {
    const was = before && line.value(before);
    const is = after && line.value(after);
    if ((was ?? is) === undefined || (line.always !== true && was === is)) return [];
    return { name: line.name, before: was ?? "-", after: is ?? "-", remark: remark(line, before, after) };
  });
}

/** "20.8 requests/s, TPOT 24.0 ms, $0.161 per million output tokens". */
export function planPhrase(plan: PlanSummary): string {
  const { prediction, cost } = plan;
  if (prediction === undefined) return `${plural(plan.trays, "tray")}, no prediction`;
  const output = cost.dollarsPerMillionOutputTokens;
  const price = output === undefined ? "" : `, $${brief(output)} per million output tokens`;
  return `${brief(prediction.requestsPerSecond)} requests/s, TPOT ${brief(prediction.tpotMilliseconds)} ms${price}`;
}

function remark(line: Line, before: PlanSummary | undefined, after: PlanSummary | undefined): string {
  if (before === undefined || after === undefined) return "";
  if (line.name.startsWith("trays") && before.trays !== after.trays) {
    const difference = after.trays - before.trays;
    return `${difference > 0 ? "+" : "-"}${plural(Math.abs(difference), "tray")}`;
  }
  const was = line.number?.(before);
  const is = line.number?.(after);
  if (was === undefined || is === undefined || was === 0) return "";
  const percent = Math.round((is / was - 1) * 100);
  return percent === 0 ? "" : `${percent > 0 ? "+" : ""}${percent} %`;
}

function ttft({ ttftP90Seconds }: LoadSummary): string {
  return ttftP90Seconds === undefined ? "none quoted" : `${brief(ttftP90Seconds)} s`;
}

function uncertain(prediction: PredictionSummary): string {
  return `${brief(prediction.requestsPerSecond)} (+-${Math.round(prediction.uncertainty * 100)} %)`;
}

function both(plan: PlanSummary, show: (pool: PlanSummary["pools"]["decode"]) => string): string {
  return `${show(plan.pools.prefill)} / ${show(plan.pools.decode)}`;
}
