import type { ClientRun } from "./client-run";
import type { Request, Stage } from "./request";
import type { ClientResult, DecodePoolResult, PrefillPoolResult, RequestCounts, StageResult } from "./result";
import { saturationOf, ttftRefusal } from "./saturation";
import { distributionOf, estimateOf, rateOf } from "./statistics";
import type { ClientCounters, Readings } from "./window-counters";

export function clientResult(
  run: ClientRun,
  readings: Readings<ClientCounters>,
  prefill: PrefillPoolResult,
  endedAt: number,
): ClientResult {
  const { opened, closed } = readings;
  const measured = run.requests.filter((request) => request.measured);
  const finished = run.requests.filter(({ finishedAt }) => finishedAt > opened.at && finishedAt <= closed.at);
  const good = finished.filter((request) => keepsSlo(run, request));
  const goodput = rateOf(
    column(good, (request) => request.finishedAt),
    opened.at,
    closed.at,
  );
  const decode = decodeResult(run, readings);
  const saturation = saturationOf(prefill, decode, readings);
  const seconds = closed.at - opened.at;
  const arrivalRate = perSecond(closed.arrived - opened.arrived, seconds);
  const outputTokens = finished.reduce((sum, request) => sum + request.generatedTokens, 0);
  return {
    client: run.client.client,
    window: { fromSeconds: opened.at, toSeconds: closed.at },
    requests: countRequests(run, measured.length, closed.unfinished),
    ttft: ttftResult(measured, ttftRefusal(run.client.client, prefill, decode, saturation)),
    tpotMilliseconds: distributionOf(column(measured.filter(hasTpot), tpotMilliseconds)),
    itlP99Milliseconds: run.intervals.quantileMilliseconds(0.99),
    e2eSeconds: distributionOf(column(measured, (request) => request.finishedAt - request.arrivedAt)),
    requestsPerSecond: rateOf(
      column(finished, (request) => request.finishedAt),
      opened.at,
      closed.at,
    ),
    goodputRequestsPerSecond: goodput,
    servedShare: arrivalRate > 0 ? goodput.mean / arrivalRate : 0,
    outputTokensPerSecondPerDecodeGpu: perSecond(outputTokens, seconds) / decode.gpus,
    decode,
    saturation,
    stages: stageResults(run, readings, endedAt),
    series: run.series.all,
  };
}

function countRequests(run: ClientRun, measured: number, unfinished: number): RequestCounts {
  const done = run.requests.filter((request) => !Number.isNaN(request.finishedAt));
  return {
    arrived: run.requests.length,
    finished: done.length,
    inputTokens: done.reduce((sum, request) => sum + request.inputTokens, 0),
    outputTokens: done.reduce((sum, request) => sum + request.generatedTokens, 0),
    retractions: run.retractions,
    measured,
    unfinished,
  };
}

function ttftResult(measured: readonly Request[], refusal: ClientResult["ttft"]["refusal"]): ClientResult["ttft"] {
  const part = (stage: Stage) => estimateOf(column(measured, (request) => request.waited[stage]));
  return {
    quotable: refusal === undefined,
    ...(refusal === undefined ? {} : { refusal }),
    seconds: distributionOf(column(measured, ttftSeconds)),
    partsSeconds: {
      admission: part("admission"),
      queue: part("queue"),
      prefill: part("prefill"),
      transfer: part("transfer"),
    },
  };
}

function decodeResult({ decode }: ClientRun, { opened, closed }: Readings<ClientCounters>): DecodePoolResult {
  const seconds = closed.at - opened.at;
  const ranks = decode.workers.flatMap((worker) => worker.ranks);
  const fullest = decode.workers.flatMap(({ model, ranks: own }) =>
    own.map((rank) => rank.kvPeakTokens / model.kvTokensPerRank),
  );
  const mean = (integral: number, whole: number) => perSecond(integral, seconds) / whole;
  return {
    gpus: decode.ranks,
    busy: mean(closed.decodeBusySeconds - opened.decodeBusySeconds, decode.workers.length),
    batchShare: mean(closed.runningSeconds - opened.runningSeconds, decode.slots),
    batchPerRankPeak: Math.max(...ranks.map((rank) => rank.runningPeak)),
    kvShare: mean(closed.kvTokenSeconds - opened.kvTokenSeconds, decode.kvTokens),
    kvTakenShare: mean(closed.kvTakenSeconds - opened.kvTakenSeconds, decode.kvTokens),
    kvSharePeak: Math.max(...fullest),
  };
}

function stageResults(
  run: ClientRun,
  { opened, closed }: Readings<ClientCounters>,
  endedAt: number,
): Readonly<Record<Stage, StageResult>> {
  const stage = (name: Stage): StageResult => {
    const { present, visits, seconds } = run.ledgers[name];
    return {
      meanRequests: perSecond(present.areaUntil(endedAt), endedAt),
      maxRequests: present.max,
      visits,
      meanSeconds: visits > 0 ? seconds / visits : 0,
      meanRequestsInWindow: perSecond(closed.presentSeconds[name] - opened.presentSeconds[name], closed.at - opened.at),
    };
  };
  return {
    admission: stage("admission"),
    queue: stage("queue"),
    prefill: stage("prefill"),
    transfer: stage("transfer"),
    decode: stage("decode"),
  };
}

function keepsSlo({ client }: ClientRun, request: Request): boolean {
  const { ttftSeconds: ttftLimit = Infinity, tpotMilliseconds: tpotLimit = Infinity } = client.slo;
  if (ttftSeconds(request) > ttftLimit) return false;
  return !hasTpot(request) || tpotMilliseconds(request) <= tpotLimit;
}

function ttftSeconds(request: Request): number {
  return request.firstTokenAt - request.arrivedAt;
}

/** A single token has no time between tokens. */
function hasTpot(request: Request): boolean {
  return request.outputTokens > 1;
}

function tpotMilliseconds(request: Request): number {
  return (1000 * (request.finishedAt - request.firstTokenAt)) / (request.outputTokens - 1);
}

function column(requests: readonly Request[], value: (request: Request) => number): Float64Array {
  return Float64Array.from(requests, value);
}

function perSecond(amount: number, seconds: number): number {
  return seconds > 0 ? amount / seconds : 0;
}
