// Lets the published closed loops run through the simulator, and prints what it predicts beside what was measured.
// usage: node tools/run.mjs tools/calibrate/systems.ts
import type { PoolIntentCommon } from "../../src/plan/intent";
import { checkpoints } from "../../src/plan/model-shape";
import { planPool } from "../../src/plan/plan-pool";
import type { PoolPlan } from "../../src/plan/pool";
import { gb200Nvl72 } from "../../src/plan/rack";
import type { ClientResult } from "../../src/plan/simulate/result";
import { usualAcceptedTokens } from "../../src/plan/speed/engine-scale";
import { lengthFraction, publishedSystems, type PublishedSystem } from "../../src/plan/speed/published-systems";
import { simulateTraffic } from "../../src/plan/traffic";
import { formatRefusal } from "../../src/problems";
import { brief } from "../../src/report/numbers";
import { textTable, type Column } from "../../src/report/table";

export interface SystemRow {
  readonly system: PublishedSystem;
  readonly result: ClientResult;
  readonly prefillUtilisation: number;
  /** Users / mean time of a request, as the measured rate was derived. */
  readonly requestsPerSecond: number;
}

/** How long a run is. InferenceX sends 10 requests per user; the first 2 warm up. */
export interface SystemRun {
  readonly requestsPerUser: number;
  readonly warmUpFraction: number;
}

export const inferenceX: SystemRun = { requestsPerUser: 10, warmUpFraction: 0.2 };

export function simulateSystem(system: PublishedSystem, { requestsPerUser, warmUpFraction } = inferenceX): SystemRow {
  const { workload, concurrency } = system;
  const outcome = simulateTraffic(
    [
      {
        plan: { client: system.name, ...poolsOf(system), slo: {}, workload },
        arrivals: { kind: "closed", concurrency, ...workload, fraction: lengthFraction },
      },
    ],
    gb200Nvl72,
    { seed: 1, requestsPerClient: requestsPerUser * concurrency, warmUpFraction },
  );
  if ("unpredicted" in outcome) throw new Error(outcome.unpredicted);
  const [result] = outcome.result.clients;
  const [prefill] = outcome.result.prefillPools;
  if (result === undefined || prefill === undefined) throw new Error(`${system.name} has no result`);
  return {
    system,
    result,
    prefillUtilisation: prefill.utilisation,
    requestsPerSecond: concurrency / result.e2eSeconds.mean,
  };
}

function poolsOf(system: PublishedSystem): { readonly prefill: PoolPlan; readonly decode: PoolPlan } {
  const { draftTokens, engine, workload } = system;
  const drafts = { draftTokens, acceptedTokens: usualAcceptedTokens(draftTokens) };
  const common: Omit<PoolIntentCommon, "workers" | "gpusPerWorker" | "experts"> = {
    client: system.name,
    checkpoint: checkpoints["deepseek-r1-nvfp4"],
    engine,
    engineVersion: "any",
    orchestrator: engine === "trtllm" ? "dynamo" : "leader-worker-set",
    attention: "data",
    ...workload,
    kvCacheType: "fp8",
    ...(draftTokens === 0 ? {} : { speculation: drafts }),
    weights: { hostPath: "/models", path: "model", readGibPerSecond: 5 },
    purpose: "benchmark",
  };
  const prefill = planPool(
    {
      ...common,
      ...system.prefill,
      role: "prefill",
      tokensPerForwardPerRank: 16384,
      experts: { balancing: "off", redundantExperts: 0 },
    },
    gb200Nvl72,
  );
  const decode = planPool(
    { ...common, ...system.decode, role: "decode", experts: { balancing: "dynamic", redundantExperts: 32 } },
    gb200Nvl72,
  );
  const problems = [...prefill.problems, ...decode.problems];
  if (prefill.plan === undefined || decode.plan === undefined || problems.length > 0) {
    throw new Error(formatRefusal(system.name, problems));
  }
  return { prefill: prefill.plan, decode: decode.plan };
}

/** Mean of the absolute relative errors. */
export function meanSystemError(
  rows: readonly SystemRow[],
  predicted: (row: SystemRow) => number,
  measured: (system: PublishedSystem) => number,
): number {
  return rows.reduce((sum, row) => sum + Math.abs(predicted(row) / measured(row.system) - 1), 0) / rows.length;
}

/** With less prefill headroom than this a small error in a rate decides where requests wait. */
export const quotableHeadroom = 0.15;

const columns: readonly Column[] = [
  { title: "system", align: "left" },
  { title: "req/s", align: "right" },
  { title: "measured", align: "right" },
  { title: "error", align: "right" },
  { title: "TPOT ms", align: "right" },
  { title: "measured", align: "right" },
  { title: "error", align: "right" },
  { title: "ends first", align: "right" },
  { title: "prefill used", align: "right" },
  { title: "TTFT s", align: "right" },
  { title: "with the start", align: "right" },
  { title: "measured", align: "right" },
];

function print(): void {
  const rows = publishedSystems.map((system) => simulateSystem(system));
  const cells = rows.map((row) => {
    const { system, result, prefillUtilisation } = row;
    const { measured } = system;
    const quoted = 1 - prefillUtilisation >= quotableHeadroom;
    // All users begin at once, and a benchmark counts that too: a tenth of its requests wait in the first queue.
    const fromStart = quoted ? simulateSystem(system, { ...inferenceX, warmUpFraction: 0 }).result : undefined;
    return [
      system.name,
      brief(row.requestsPerSecond),
      brief(measured.requestsPerSecond),
      error(row.requestsPerSecond, measured.requestsPerSecond),
      brief(result.tpotMilliseconds.mean),
      brief(measured.tpotMilliseconds),
      error(result.tpotMilliseconds.mean, measured.tpotMilliseconds),
      result.saturation.pool,
      `${(100 * prefillUtilisation).toFixed(0)} %`,
      quoted ? brief(result.ttft.seconds.mean) : "-",
      fromStart === undefined ? "-" : brief(fromStart.ttft.seconds.mean),
      brief(measured.ttftSeconds),
    ];
  });
  const rate = meanSystemError(
    rows,
    (row) => row.requestsPerSecond,
    ({ measured }) => measured.requestsPerSecond,
  );
  const tpot = meanSystemError(
    rows,
    ({ result }) => result.tpotMilliseconds.mean,
    ({ measured }) => measured.tpotMilliseconds,
  );
  console.log(textTable(columns, cells).join("\n"));
  console.log(`mean error: requests/s ${(100 * rate).toFixed(1)} %, TPOT ${(100 * tpot).toFixed(1)} %`);
}

function error(predicted: number, measured: number): string {
  return `${(100 * (predicted / measured - 1)).toFixed(1)} %`;
}

if (require.main === module) print();
