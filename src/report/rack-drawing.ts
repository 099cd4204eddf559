import type { ClientPlan, Prediction, RackPlan } from "../plan/client";
import { clientCost, priceTiers, rackDollarsPerHour, type PriceTier } from "../plan/cost";
import type { PoolPlan } from "../plan/pool";
import type { RackProof } from "../plan/rack-proof";
import type { Slo } from "../plan/workload";
import { formatWarning } from "../problems";
import { clientColour, ink, type Ink } from "./ink";
import { memoryBar, memoryLegend, memoryUse } from "./memory-bar";
import { brief, dollars, duration, grouped, plural, tokens } from "./numbers";
import { proofLines } from "./proof-lines";
import { clip, flow, textTable, wrap, type Column } from "./table";
import { trayMap } from "./tray-map";

export interface DrawingOptions {
  readonly colour: boolean;
  /** Whose GPU-hour is quoted; `neocloud` when left out. */
  readonly tier?: PriceTier;
  /** Shown below the clients. */
  readonly proof?: RackProof;
}

/** Fits terminals and CI logs. */
const pageWidth = 120;
const margin = "  ";
/** Longest client name that is shown in full: the widest pool table then still fits the page. */
const nameWidth = 14;

/** A rack and everything planned on it, for a terminal: at most 120 columns, plain text without `colour`. */
export function drawRack(plan: RackPlan, options: DrawingOptions): string {
  const paint = ink(options.colour);
  const tier = options.tier ?? priceTiers.neocloud;
  const sections = [
    [header(plan, tier, paint), "", ...trayMap(plan, paint).map((line) => `${margin}${line}`)],
    ...plan.clients.map((client, index) => clientLines(client, index, tier, paint)),
    options.proof === undefined ? [] : proofSection(options.proof, paint),
    plan.clients.length === 0 ? [`${margin}no client yet`] : poolTable(plan, paint),
    plan.clients.length === 0 ? [] : memoryLines(plan, paint),
    warningLines(plan, paint),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function header(plan: RackPlan, tier: PriceTier, paint: Ink): string {
  const { rack } = plan;
  const used = rack.trays - plan.freeTrays;
  const cost = `${dollars(rackDollarsPerHour(plan, tier))}/h at $${tier.dollarsPerGpuHour.toFixed(2)} per GPU-hour (${tier.name})`;
  const trays = `${rack.trays} trays x ${rack.gpusPerTray} GPUs, ${used} in use, ${plan.freeTrays} free`;
  return `${paint("bold", rack.name)}   ${trays}   ${paint("dim", cost)}`;
}

function clientLines(plan: ClientPlan, index: number, tier: PriceTier, paint: Ink): string[] {
  const { workload } = plan;
  const name = paint(clientColour(index), `${index + 1} ${clip(plan.client, nameWidth)}`);
  const phrases = [
    paint("bold", name),
    `${tokens(workload.inputTokens)} in / ${tokens(workload.outputTokens)} out`,
    `${plan.engine} ${plan.engineVersion}`,
    poolPhrase(plan.prefill),
    poolPhrase(plan.decode),
    plural(plan.trays, "tray"),
  ];
  const outlook = [...predictionPhrases(plan, paint), ...costPhrases(plan, tier)];
  return [
    ...flow(phrases, pageWidth, margin),
    ...flow([`${margin}${outlook[0] ?? ""}`, ...outlook.slice(1)], pageWidth, margin),
  ];
}

/** "decode 1 x 32 (EP32, batch 128)". */
function poolPhrase(pool: PoolPlan): string {
  const batch = pool.role === "decode" ? `, batch ${grouped(pool.runningRequestsPerRank)}` : "";
  return `${pool.role} ${pool.workers} x ${pool.gpusPerWorker} (EP${pool.parallel.expert}${batch})`;
}

function predictionPhrases(plan: ClientPlan, paint: Ink): string[] {
  const { prediction, slo, workload } = plan;
  if (prediction === undefined)
    return [paint("dim", `no prediction: ${plan.unpredicted ?? "no published measurement is near this plan"}`)];
  const { requestsPerSecond: rate, tpotMilliseconds: tpot, saturatedPool } = prediction;
  const asked = workload.requestsPerSecond;
  const missesRate = asked !== undefined && rate < asked;
  return [
    paint(missesRate ? "red" : "green", `${brief(rate)} req/s`) +
      (asked === undefined ? "" : missesRate ? `, BELOW the ${brief(asked)} asked` : ` (${brief(asked)} asked)`),
    promised(`TPOT ${brief(tpot)} ms`, tpot, slo.tpotMilliseconds, paint),
    ...ttftPhrases(prediction, slo, paint),
    `${saturatedPool}-bound, +-${Math.round(prediction.uncertainty * 100)} %`,
  ];
}

/** At the asked rate; without one there is no load to wait behind. */
function ttftPhrases({ atAskedRate }: Prediction, slo: Slo, paint: Ink): string[] {
  if (atAskedRate === undefined) return [];
  const { ttft } = atAskedRate;
  if ("refused" in ttft) return [paint("dim", "no TTFT quoted above 95 % load")];
  return [promised(`TTFT p90 ${brief(ttft.p90Seconds)} s`, ttft.p90Seconds, slo.ttftSeconds, paint)];
}

/** A latency beside its promise, green when kept and red when not. */
function promised(text: string, value: number, promise: number | undefined, paint: Ink): string {
  if (promise === undefined) return paint("green", text);
  const misses = value > promise;
  return (
    paint(misses ? "red" : "green", text) +
    (misses ? `, ABOVE the ${brief(promise)} promised` : ` (${brief(promise)} promised)`)
  );
}

function costPhrases(plan: ClientPlan, tier: PriceTier): string[] {
  const cost = clientCost(plan, tier);
  const { dollarsPerMillionOutputTokens: output, dollarsPerMillionInputTokens: input } = cost;
  const perHour = `${dollars(cost.dollarsPerHour)}/h`;
  if (output === undefined || input === undefined) return [perHour];
  return [`${perHour} = $${brief(output)}/M out or $${brief(input)}/M in`];
}

function proofSection(proof: RackProof, paint: Ink): string[] {
  const [first = "", ...others] = proofLines(proof).map((line) => wrap(line, pageWidth - margin.length - 2));
  const indented = (lines: readonly string[]): string[] =>
    lines.map((line, i) => `${margin}${i === 0 ? "" : margin}${line}`);
  return [
    ...indented(first === "" ? [] : first),
    ...others.flatMap((lines) => indented(lines).map((line) => paint("dim", line))),
  ];
}

const poolColumns: readonly Column[] = [
  { title: "pool", align: "left" },
  { title: "trays", align: "right" },
  { title: "ranks", align: "right" },
  { title: "tokens/pass", align: "right" },
  { title: "running", align: "right" },
  { title: "KV tokens", align: "right" },
  { title: "dispatch", align: "right" },
  { title: "graphs", align: "left" },
  { title: "ready in", align: "right" },
  { title: "probe allows", align: "right" },
];

/** Settings are per attention rank, as the operator gave them. */
function poolTable(plan: RackPlan, paint: Ink): string[] {
  const rows = poolsOf(plan).map((pool) => [
    poolName(pool),
    grouped(pool.trays),
    grouped(pool.parallel.data * pool.workers),
    orDash(pool.tokensPerForwardPerRank),
    orDash(pool.runningRequestsPerRank),
    orDash(pool.kvTokensPerRank),
    orDash(pool.dispatchTokensPerRank),
    graphPhrase(pool.graphBatchSizes),
    duration(pool.startup.expectedSeconds),
    duration(pool.startup.budgetSeconds),
  ]);
  const [titles = "", ...lines] = textTable(poolColumns, rows);
  return [
    `${margin}${paint("dim", "pools: tokens/pass, running, KV tokens and dispatch are per rank")}`,
    `${margin}${paint("dim", titles)}`,
    ...lines.map((line) => `${margin}${line}`),
  ];
}

function graphPhrase(sizes: readonly number[]): string {
  const first = sizes[0];
  const last = sizes.at(-1);
  if (first === undefined || last === undefined) return "off";
  return first === last ? grouped(first) : `${grouped(first)}..${grouped(last)} (${sizes.length})`;
}

function memoryLines(plan: RackPlan, paint: Ink): string[] {
  const pools = poolsOf(plan);
  const names = pools.map(poolName);
  const titleWidth = Math.max("memory per GPU".length, ...names.map((name) => name.length));
  const useWidth = Math.max(...pools.map((pool) => memoryUse(pool.memory).length));
  const barWidth = Math.max(10, pageWidth - margin.length - titleWidth - useWidth - 4);
  const lines = pools.map((pool, i) => {
    const full = pool.memory.freeGib < 0;
    const use = paint(full ? "red" : "bold", memoryUse(pool.memory).padStart(useWidth));
    return `${margin}${(names[i] ?? "").padEnd(titleWidth)}  ${memoryBar(pool.memory, barWidth, paint)}  ${use}`;
  });
  return [`${margin}${paint("dim", "memory per GPU".padEnd(titleWidth))}  ${memoryLegend(paint)}`, ...lines];
}

function warningLines(plan: RackPlan, paint: Ink): string[] {
  const warnings = plan.clients.flatMap((client) => client.warnings.map((w) => `${client.client} ${formatWarning(w)}`));
  if (warnings.length === 0) return [];
  const lines = warnings.flatMap((warning) =>
    wrap(warning, pageWidth - 4).map((line, i) => `${i === 0 ? `${paint("yellow", "!")} ` : margin}${line}`),
  );
  return [`${margin}${plural(warnings.length, "warning")}`, ...lines.map((line) => `${margin}${line}`)];
}

function poolsOf(plan: RackPlan): readonly PoolPlan[] {
  return plan.clients.flatMap((client) => [client.prefill, client.decode]);
}

function poolName(pool: PoolPlan): string {
  return `${clip(pool.client, nameWidth)} ${pool.role}`;
}

function orDash(value: number): string {
  return value > 0 ? grouped(value) : "-";
}
