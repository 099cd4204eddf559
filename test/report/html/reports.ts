import type { ParetoPoint, PlanReport } from "../../../src/report/html/report-data";
import { warningsOf } from "../../../src/report/html/report-data";
import { client1Plan, client2Plan, decodePool, prefillPool, rackPlan } from "../plans";

/** A report with every part, of invented but plausible numbers: what is drawn must not change with the planner. */
export function fullReport(changes: Partial<PlanReport> = {}): PlanReport {
  const rack = rackPlan();
  return {
    title: "Two clients on one rack",
    rack,
    lines: [
      {
        client: "client1",
        askedRequestsPerSecond: 20,
        promisedTpotMilliseconds: 30,
        promisedTtftSeconds: 5,
        prediction: {
          requestsPerSecond: 20.84,
          tpotMilliseconds: 23.99,
          ttft: { p50Seconds: 1.87, p90Seconds: 3.12 },
          saturatedPool: "decode",
          uncertainty: 0.1,
        },
        dollarsPerHour: 99,
        dollarsPerMillionOutputTokens: 0.1611,
        dollarsPerMillionInputTokens: 1.2887,
        kilowatts: 43.2,
        tokensPerJoule: 3.95,
        startupSeconds: 591,
      },
      {
        client: "client2",
        askedRequestsPerSecond: 50,
        promisedTpotMilliseconds: 20,
        prediction: {
          requestsPerSecond: 41.05,
          tpotMilliseconds: 24.6,
          ttft: { notQuoted: "prefill is 97 % busy, above 95 %" },
          saturatedPool: "prefill",
          uncertainty: 0.2,
        },
        dollarsPerHour: 77,
        dollarsPerMillionOutputTokens: 0.523,
        startupSeconds: 547,
      },
    ],
    alternatives: [
      alternative("This plan", "chosen", 35.3, 1, "separate prefill pools"),
      alternative("Option A (static 36/36)", "alternative", 12.2, 0.346, "halves of the rack by token ratio"),
      alternative("Option B", "alternative", 24.8, 0.703, "peaks with a buffer of 8 GPUs"),
      alternative("shared prefill", "alternative", 34.9, 0.989, "one prefill pool for both clients"),
      alternative("LP bound", "bound", 40.3, 1.142, "trays and workers divisible at will"),
    ],
    proof: {
      found: 35.3,
      bound: 40.3,
      unit: "requests/s per client",
      gap: 0.124,
      binding: "whole workers: client1's decode wants 9.4 trays and gets 11",
      milliseconds: 412.7,
    },
    pareto: [
      {
        client: "client1",
        points: frontier([8, 16, 32], 5300, 82),
        chosen: { batchPerRank: 128, gpusPerWorker: 32, tokensPerSecondPerUser: 41.7, tokensPerSecondPerGpu: 5337 },
        published: [
          { label: "DEP32, batch 128", tokensPerSecondPerUser: 42.4, tokensPerSecondPerGpu: 5270 },
          { label: "DEP16 with MTP 1", tokensPerSecondPerUser: 58.8, tokensPerSecondPerGpu: 7296 },
        ],
      },
      {
        client: "client2",
        points: frontier([4, 8], 4200, 70),
        chosen: { batchPerRank: 96, gpusPerWorker: 8, tokensPerSecondPerUser: 40.6, tokensPerSecondPerGpu: 3903 },
        published: [
          { label: "DEP16, batch 128", tokensPerSecondPerUser: 38, tokensPerSecondPerGpu: 4629 },
          { label: "DEP32, batch 8", tokensPerSecondPerUser: 78.7, tokensPerSecondPerGpu: 610 },
        ],
      },
    ],
    queue: [queue("client1", 6, 3900), queue("client2", 48, 640)],
    step: [
      {
        client: "client1",
        attentionMilliseconds: 8.9,
        expertsMilliseconds: 5.1,
        exchangeMilliseconds: 6.2,
        productsMilliseconds: 2.7,
        fixedMilliseconds: 1.1,
      },
      {
        client: "client2",
        attentionMilliseconds: 11.4,
        expertsMilliseconds: 6.3,
        exchangeMilliseconds: 3.6,
        productsMilliseconds: 2.9,
        fixedMilliseconds: 0.4,
      },
    ],
    calibration: [
      { name: "D1", published: 77.9, predicted: 78.8, unit: "ms" },
      { name: "D2", published: 105.2, predicted: 104.6, unit: "ms" },
      { name: "D5", published: 23.6, predicted: 23, unit: "ms" },
      { name: "D6", published: 26.3, predicted: 26.6, unit: "ms" },
      { name: "D7", published: 12.7, predicted: 12.7, unit: "ms" },
      { name: "P1", published: 26156, predicted: 24310, unit: "tokens/s per GPU" },
      { name: "P4", published: 19505, predicted: 18915, unit: "tokens/s per GPU" },
      { name: "P5", published: 12210, predicted: 18915, unit: "tokens/s per GPU" },
      { name: "KV pool of D1", published: 3122368, predicted: 3065000, unit: "tokens" },
    ],
    warnings: warningsOf(rack),
    ...changes,
  };
}

/** Everything at its barest: a title and a rack. */
export function bareReport(): PlanReport {
  return { title: "A rack", rack: rackPlan([]) };
}

/** A report of one client whose name is hostile wherever names are written. */
export function reportOf(client: string): PlanReport {
  const plan = client1Plan({
    client,
    prefill: prefillPool({ client }),
    decode: decodePool({ client }),
    warnings: client2Plan().warnings,
  });
  const rack = rackPlan([plan]);
  const renamed = <T extends { readonly client: string }>(parts: readonly T[] | undefined): readonly T[] =>
    (parts ?? []).slice(0, 1).map((part) => ({ ...part, client }));
  const full = fullReport();
  return {
    ...full,
    title: client,
    rack,
    lines: renamed(full.lines),
    pareto: renamed(full.pareto).map((one) => ({
      ...one,
      published: [{ label: client, tokensPerSecondPerUser: 40, tokensPerSecondPerGpu: 5000 }],
    })),
    queue: renamed(full.queue),
    step: renamed(full.step),
    alternatives: [
      { name: client, kind: "chosen", served: [{ client, requestsPerSecond: 5 }], shareOfBest: 1, note: client },
    ],
    proof: { found: 1, bound: 2, unit: client, gap: 0.5, binding: client },
    calibration: [{ name: client, published: 1, predicted: 1, unit: client }],
    warnings: warningsOf(rack),
  };
}

function alternative(
  name: string,
  kind: "chosen" | "alternative" | "bound",
  requestsPerSecond: number,
  shareOfBest: number,
  note: string,
): NonNullable<PlanReport["alternatives"]>[number] {
  const served = ["client1", "client2"].map((client) => ({ client, requestsPerSecond }));
  return { name, kind, served, shareOfBest, note };
}

function frontier(sizes: readonly number[], most: number, fastest: number): readonly ParetoPoint[] {
  const batches = [8, 16, 32, 64, 96, 128, 192, 256];
  return sizes.flatMap((gpusPerWorker, i) =>
    batches.map((batchPerRank) => {
      const milliseconds =
        1000 / (fastest - 6 * (sizes.length - i)) + 0.09 * batchPerRank * (1 + 0.15 * (sizes.length - i));
      const tokensPerSecondPerUser = 1000 / milliseconds;
      return {
        batchPerRank,
        gpusPerWorker,
        tokensPerSecondPerUser,
        tokensPerSecondPerGpu: Math.min(most * 1.3, tokensPerSecondPerUser * batchPerRank),
      };
    }),
  );
}

function queue(client: string, waiting: number, running: number): NonNullable<PlanReport["queue"]>[number] {
  const moments = Array.from({ length: 200 }, (_, i) => i);
  return {
    client,
    seconds: moments.map((i) => i * 4),
    waitingPrefill: moments.map((i) => Math.max(0, Math.round(waiting * (0.4 + 0.6 * Math.sin(i / 5 + waiting))))),
    runningDecode: moments.map((i) => Math.round(running * (1 - Math.exp(-i / 30)))),
  };
}
