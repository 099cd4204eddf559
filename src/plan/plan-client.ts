import { below, type Problem } from "../problems";
import type { ClientPlan, RackPlan } from "./client";
import { checkConcurrency } from "./littles-law";
import { planPool } from "./plan-pool";
import type { DecodeIntent, PoolIntent, PrefillIntent } from "./intent";
import type { PoolPlan } from "./pool";
import { predictClient } from "./prediction";
import { checkShare, layOut } from "./rack-fit";
import type { RackShape } from "./rack";
import type { Slo, Workload } from "./workload";

/** One client as its stack asks for it. */
export interface ClientRequest {
  readonly client: string;
  readonly workload: Workload;
  readonly slo: Slo;
  readonly prefill: PrefillIntent;
  readonly decode: DecodeIntent;
  /** Trays the client may use. */
  readonly grantedTrays: number;
}

export interface PlannedClient {
  /** Absent when a pool could not be planned. */
  readonly plan?: ClientPlan;
  /** Paths are those of a client's stack configuration. */
  readonly problems: readonly Problem[];
}

/** Plans both pools of a client and holds them against each other and against the client's share of the rack. */
export function planClient(request: ClientRequest, rack: RackShape): PlannedClient {
  const prefill = planPool(request.prefill, rack);
  const decode = planPool(request.decode, rack);
  const problems = [
    ...below("pools.prefill", prefill.problems),
    ...below("pools.decode", decode.problems),
    ...checkAgreement(request.prefill, request.decode),
  ];
  if (prefill.plan === undefined || decode.plan === undefined) return { problems };
  problems.push(...checkSameContext(prefill.plan, decode.plan));
  problems.push(...checkShare(request.client, [prefill.plan, decode.plan], request.grantedTrays, rack));
  const plan = clientPlan(request, prefill.plan, decode.plan);
  problems.push(...checkSpeed(plan));
  return { plan, problems };
}

function clientPlan(request: ClientRequest, prefill: PoolPlan, decode: PoolPlan): ClientPlan {
  const predicted = predictClient(prefill, decode, request.workload);
  const prediction = "prediction" in predicted ? predicted.prediction : undefined;
  const warnings = [...below("pools.prefill", prefill.warnings), ...below("pools.decode", decode.warnings)];
  const wanted = request.workload.requestsPerSecond ?? 0;
  if (prediction !== undefined && wanted > prediction.requestsPerSecond) {
    warnings.push({
      path: "workload.requestsPerSecond",
      what: `${wanted} is above the predicted ${prediction.requestsPerSecond.toFixed(1)} requests/s, the ${prediction.saturatedPool} pool ends first`,
      rule: `prediction from ${prediction.basis}, +-${Math.round(prediction.uncertainty * 100)} %`,
      fix: `a larger ${prediction.saturatedPool} pool, or fewer requests`,
    });
  }
  return {
    client: request.client,
    workload: request.workload,
    slo: request.slo,
    engine: request.prefill.engine,
    engineVersion: request.prefill.engineVersion,
    prefill,
    decode,
    trays: prefill.trays + decode.trays,
    gpus: prefill.gpus + decode.gpus,
    ...predicted,
    warnings,
  };
}

/** KV written by prefill is read by decode: both must mean the same by it. */
function checkAgreement(prefill: PrefillIntent, decode: DecodeIntent): readonly Problem[] {
  const pairs: readonly (readonly [string, (intent: PoolIntent) => string | number])[] = [
    ["model", (intent) => intent.checkpoint.preset],
    ["engine.name", (intent) => intent.engine],
    ["engine.orchestrator", (intent) => intent.orchestrator],
    ["engine.version", (intent) => intent.engineVersion],
    ["kvCacheType", (intent) => intent.kvCacheType],
    ["speculation.draftTokens", (intent) => intent.speculation?.draftTokens ?? 0],
  ];
  return pairs.flatMap(([path, of]) =>
    of(prefill) === of(decode)
      ? []
      : [
          {
            path,
            what: `prefill has ${of(prefill)}, decode has ${of(decode)}`,
            rule: "decode reads the KV that prefill wrote, so both must agree on it",
            fix: "the same for both pools",
          },
        ],
  );
}

/** What one role admits the other must be able to finish. */
function checkSameContext(prefill: PoolPlan, decode: PoolPlan): readonly Problem[] {
  if (prefill.contextTokens === decode.contextTokens) return [];
  return [
    {
      path: "contextTokens",
      what: `prefill has ${prefill.contextTokens}, decode has ${decode.contextTokens}`,
      rule: "what one role admits the other must be able to finish",
      fix: "the same for both pools",
    },
  ];
}

function checkSpeed({ workload, slo, decode, prediction }: ClientPlan): readonly Problem[] {
  const { requestsPerSecond, outputTokens } = workload;
  const { tpotMilliseconds } = slo;
  if (requestsPerSecond === undefined || tpotMilliseconds === undefined) return [];
  const slots = decode.workers * decode.parallel.data * decode.runningRequestsPerRank;
  // A pool faster than its SLO needs fewer slots, so the promise counts only where no prediction says better.
  const predicted = prediction?.tpotMilliseconds ?? tpotMilliseconds;
  return checkConcurrency({
    requestsPerSecond,
    outputTokens,
    tpotMilliseconds: Math.min(tpotMilliseconds, predicted),
    slots,
  });
}

/** Puts clients beside each other on one rack. */
export function layOutRack(clients: readonly ClientPlan[], rack: RackShape): RackPlan {
  const pools = clients.flatMap((client) => [client.prefill, client.decode]);
  const trayUse = layOut(pools, rack);
  return { rack, clients, trayUse, freeTrays: rack.trays - trayUse.length };
}
