import { decodePoints } from "../src/plan/speed/published-points";
import { decodeSpeed } from "../src/plan/speed/pool-speed";
import { clientCost } from "../src/plan/cost";
import type { ClientPlan, RackPlan } from "../src/plan/client";
import { clientPower } from "../src/plan/power";
import type { RackProof } from "../src/plan/rack-proof";
import { decodeStep } from "../src/plan/speed/decode-step";
import { usualAcceptedTokens } from "../src/plan/speed/engine-scale";
import { decodeTradeOff } from "../src/plan/trade-off";
import { meanContextTokens } from "../src/plan/workload";
import { renderHtml } from "../src/report/html/html";
import {
  warningsOf,
  type Alternative,
  type CalibrationRow,
  type ClientFacts,
  type ClientPareto,
  type ClientQueue,
  type DecodeStepParts,
  type PlanReport,
  type Proof,
  type ServedFacts,
} from "../src/report/html/report-data";
import { clientSizing } from "../stacks/sized-config";
import { planDirectory, proveDirectory, type PlannedDirectory } from "./plan";
import { openTraffic, simulateClients } from "./simulate";

/** The report of a folder's stacks as one HTML file. @throws {RefusedError} as the stacks would. */
export async function htmlReport(directory: string): Promise<string> {
  const planned = planDirectory(directory);
  const { rack } = planned;
  const proved = await proveDirectory(planned);
  const proof = "proof" in proved ? proved.proof : undefined;
  const report: PlanReport = {
    title: `Plan of a ${rack.rack.name}`,
    rack,
    lines: rack.clients.map(clientFacts),
    ...(proof === undefined ? {} : { proof: proofOf(proof), alternatives: alternativesOf(rack, proof) }),
    pareto: paretoOf(planned),
    queue: queuesOf(rack),
    step: rack.clients.flatMap(stepOf),
    calibration: calibrationRows(),
    warnings: warningsOf(rack),
  };
  return renderHtml(report);
}

function clientFacts(plan: ClientPlan): ClientFacts {
  const { client, workload, slo, prefill, decode } = plan;
  const cost = clientCost(plan);
  const power = clientPower(plan);
  return {
    client,
    askedRequestsPerSecond: workload.requestsPerSecond,
    promisedTpotMilliseconds: slo.tpotMilliseconds,
    promisedTtftSeconds: slo.ttftSeconds,
    prediction: servedFacts(plan),
    dollarsPerHour: cost.dollarsPerHour,
    dollarsPerMillionOutputTokens: cost.dollarsPerMillionOutputTokens,
    dollarsPerMillionInputTokens: cost.dollarsPerMillionInputTokens,
    kilowatts: power.kilowatts,
    tokensPerJoule: power.outputTokensPerJoule,
    startupSeconds: Math.max(prefill.startup.expectedSeconds, decode.startup.expectedSeconds),
  };
}

function servedFacts({ prediction }: ClientPlan): ServedFacts | undefined {
  if (prediction === undefined) return undefined;
  const ttft = prediction.atAskedRate?.ttft ?? { refused: "no rate is asked for, or more than is served" };
  return {
    requestsPerSecond: prediction.requestsPerSecond,
    tpotMilliseconds: prediction.tpotMilliseconds,
    ttft: "refused" in ttft ? { notQuoted: ttft.refused } : ttft,
    saturatedPool: prediction.saturatedPool,
    uncertainty: prediction.uncertainty,
  };
}

function proofOf({ share, bound, gap }: RackProof): Proof {
  return { found: share, bound: bound.value, gap, unit: "of what is asked", binding: bound.explanation };
}

/** All in shares of what is asked; a client's rate follows from it. */
function alternativesOf(rack: RackPlan, proof: RackProof): readonly Alternative[] {
  const row = (kind: Alternative["kind"], name: string, share: number, note: string): Alternative => ({
    kind,
    name,
    note,
    shareOfBest: share / proof.share,
    served: rack.clients.map(({ client, workload }) => ({
      client,
      requestsPerSecond: share * (workload.requestsPerSecond ?? 1),
    })),
  });
  return [
    row("chosen", "this plan", proof.share, "headroom kept"),
    ...proof.baselines.map(({ name, share, missingTrays }) =>
      row(
        "alternative",
        name,
        missingTrays > 0 ? 0 : share,
        missingTrays > 0 ? `${missingTrays} trays are missing` : "",
      ),
    ),
    ...proof.alternatives.map(({ name, share, note }) => row("alternative", name, share, note)),
    row("bound", "LP bound", proof.bound.value, "any part of a worker on any part of a tray"),
  ];
}

function paretoOf({ rack, clients }: PlannedDirectory): readonly ClientPareto[] {
  return clients.flatMap(({ config, plan }) => {
    const sizing = clientSizing(config);
    if (plan.prediction === undefined || "problems" in sizing) return [];
    const perUser = 1000 / plan.prediction.tpotMilliseconds;
    const { decode } = plan;
    return [
      {
        client: plan.client,
        points: decodeTradeOff(sizing, rack.rack),
        chosen: {
          batchPerRank: decode.runningRequestsPerRank,
          gpusPerWorker: decode.gpusPerWorker,
          tokensPerSecondPerUser: perUser,
          tokensPerSecondPerGpu: (plan.prediction.decodeRequestsPerSecond * plan.workload.outputTokens) / decode.gpus,
        },
        published: publishedNear(plan),
      },
    ];
  });
}

/** Published points with as many drafts, at contexts within a third of the client's. */
function publishedNear({ workload, decode }: ClientPlan): NonNullable<ClientPareto["published"]> {
  const contextTokens = meanContextTokens(workload);
  const drafts = decode.intent.speculation?.draftTokens ?? 0;
  return decodePoints
    .filter(({ worker }) => worker.draftTokens === drafts)
    .filter((point) => Math.abs(Math.log(point.contextTokens / contextTokens)) < Math.log(4 / 3))
    .map(({ name, batchPerRank, tpotMilliseconds }) => ({
      label: name,
      tokensPerSecondPerUser: 1000 / tpotMilliseconds,
      tokensPerSecondPerGpu: (1000 * batchPerRank) / tpotMilliseconds,
    }));
}

function queuesOf(rack: RackPlan): readonly ClientQueue[] {
  if (rack.clients.length === 0 || rack.clients.some(({ prediction }) => prediction === undefined)) return [];
  return simulateClients(rack.clients, openTraffic, { seed: 1 }).clients.map(({ client, series }) => ({
    client,
    seconds: series.map(({ seconds }) => seconds),
    waitingPrefill: series.map(({ waitingPrefill }) => waitingPrefill),
    runningDecode: series.map(({ runningDecode }) => runningDecode),
  }));
}

function stepOf({ client, decode, workload }: ClientPlan): readonly DecodeStepParts[] {
  const speed = decodeSpeed(decode);
  if ("unpredicted" in speed) return [];
  const contextTokens = meanContextTokens(workload);
  const step = speed.step(speed.batchPerRank(contextTokens), contextTokens);
  return [
    {
      client,
      attentionMilliseconds: step.attention,
      expertsMilliseconds: step.experts,
      exchangeMilliseconds: step.exchange,
      productsMilliseconds: step.products,
      fixedMilliseconds: step.fixed,
    },
  ];
}

function calibrationRows(): readonly CalibrationRow[] {
  return decodePoints.map(({ name, worker, batchPerRank, contextTokens, tpotMilliseconds }) => ({
    name,
    unit: "ms",
    published: tpotMilliseconds,
    predicted: decodeStep(worker, batchPerRank, contextTokens).total / (1 + usualAcceptedTokens(worker.draftTokens)),
  }));
}
