import type { ClientResult, SimulationResult } from "../plan/simulate/result";
import { brief, grouped } from "./numbers";
import { textTable, type Column } from "./table";

/** A simulation for a terminal: one column per client, then what they share. */
export function simulationText(result: SimulationResult): string {
  const columns: readonly Column[] = [
    { title: "", align: "left" },
    ...result.clients.map(({ client }): Column => ({ title: client, align: "right" })),
  ];
  const rows = lines.map(({ name, value }) => [name, ...result.clients.map(value)]);
  const pools = result.prefillPools.map(
    ({ name, utilisation, computedTokensPerSecondPerGpu }) =>
      `prefill of ${name}: ${percent(utilisation)} used, ${grouped(computedTokensPerSecondPerGpu)} tokens/s per GPU`,
  );
  const refusals = result.clients.flatMap(({ client, ttft: { refusal } }) =>
    refusal === undefined ? [] : [`${client}: no TTFT is quoted: ${refusal.what} (${refusal.rule})`],
  );
  const fairness = result.clients.length > 1 ? [`fairness (Jain): ${brief(result.fairness)}`] : [];
  return `${[...textTable(columns, rows), "", ...pools, ...fairness, ...refusals].join("\n")}\n`;
}

interface Line {
  readonly name: string;
  readonly value: (client: ClientResult) => string;
}

const lines: readonly Line[] = [
  { name: "requests measured", value: ({ requests }) => grouped(requests.measured) },
  {
    name: "requests/s",
    value: ({ requestsPerSecond: { mean, halfWidth95 } }) => `${brief(mean)} +-${brief(halfWidth95)}`,
  },
  { name: "requests/s within both promises", value: ({ goodputRequestsPerSecond: { mean } }) => brief(mean) },
  { name: "TTFT p50 s", value: ({ ttft }) => quoted(ttft.quotable, ttft.seconds.p50) },
  { name: "TTFT p90 s", value: ({ ttft }) => quoted(ttft.quotable, ttft.seconds.p90) },
  { name: "TTFT p99 s", value: ({ ttft }) => quoted(ttft.quotable, ttft.seconds.p99) },
  { name: "  waiting for decode", value: ({ ttft }) => quoted(ttft.quotable, ttft.partsSeconds.admission.mean) },
  { name: "  waiting for prefill", value: ({ ttft }) => quoted(ttft.quotable, ttft.partsSeconds.queue.mean) },
  { name: "  prefill", value: ({ ttft }) => quoted(ttft.quotable, ttft.partsSeconds.prefill.mean) },
  { name: "  KV transfer", value: ({ ttft }) => quoted(ttft.quotable, ttft.partsSeconds.transfer.mean) },
  { name: "TPOT mean ms", value: ({ tpotMilliseconds }) => brief(tpotMilliseconds.mean) },
  { name: "TPOT p99 ms", value: ({ tpotMilliseconds }) => brief(tpotMilliseconds.p99) },
  { name: "ITL p99 ms", value: ({ itlP99Milliseconds }) => brief(itlP99Milliseconds) },
  { name: "whole request p50 s", value: ({ e2eSeconds }) => brief(e2eSeconds.p50) },
  { name: "decode slots used", value: ({ decode }) => percent(decode.batchShare) },
  { name: "decode KV used", value: ({ decode }) => percent(decode.kvShare) },
  { name: "output tokens/s per decode GPU", value: (client) => grouped(client.outputTokensPerSecondPerDecodeGpu) },
  { name: "retracted", value: ({ requests }) => grouped(requests.retractions) },
  { name: "fuller pool", value: ({ saturation }) => `${saturation.pool}, ${percent(saturation.utilisation)}` },
];

function quoted(quotable: boolean, seconds: number): string {
  return quotable ? brief(seconds) : "-";
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(0)} %`;
}
