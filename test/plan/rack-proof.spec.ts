import assert from "node:assert/strict";
import { planOneRack } from "../../src/plan/allocate/one-rack";
import {
  allocationRequest,
  clientDemand,
  sizesOf,
  type ClientSizing,
  type PoolSizes,
} from "../../src/plan/choose-pools";
import type { ClientPlan } from "../../src/plan/client";
import { planPool } from "../../src/plan/plan-pool";
import { predictClient } from "../../src/plan/prediction";
import { gb200Nvl72 } from "../../src/plan/rack";
import { alternatingPeaks, proveRack, type RackProof } from "../../src/plan/rack-proof";
import type { Slo, Workload } from "../../src/plan/workload";
import { decodeIntent, prefillIntent, unpredicted } from "../support/intents";

const rack = gb200Nvl72;
const promises: Slo = { ttftSeconds: 5, tpotMilliseconds: 50 };

function sizing(client: string, workload: Workload, slo: Slo, changes: Partial<ClientSizing> = {}): ClientSizing {
  const { inputTokens, outputTokens } = workload;
  const intent = { client, inputTokens, outputTokens };
  return {
    client,
    workload,
    slo,
    prefill: prefillIntent(intent),
    decode: decodeIntent(intent),
    wanted: { prefill: {}, decode: {} },
    headroom: 0.1,
    ...changes,
  };
}

function bothClients(slo: Slo = promises, changes: Partial<ClientSizing> = {}): readonly [ClientSizing, ClientSizing] {
  return [
    sizing("client1", { inputTokens: 1024, outputTokens: 8192, requestsPerSecond: 20 }, slo, changes),
    sizing("client2", { inputTokens: 8192, outputTokens: 1024, requestsPerSecond: 36 }, slo, changes),
  ];
}

/** A plan of those sizes, whatever its rate is. */
function planOf({ client, workload, slo, ...asked }: ClientSizing, sizes: PoolSizes): ClientPlan {
  const prefill = planPool({ ...asked.prefill, ...sizes.prefill }, rack);
  const decode = planPool({ ...asked.decode, ...sizes.decode }, rack);
  assert.ok(prefill.plan && decode.plan);
  assert.deepEqual([...prefill.problems, ...decode.problems], []);
  return {
    client,
    workload,
    slo,
    engine: asked.prefill.engine,
    engineVersion: "any",
    prefill: prefill.plan,
    decode: decode.plan,
    trays: prefill.plan.trays + decode.plan.trays,
    gpus: prefill.plan.gpus + decode.plan.gpus,
    ...predictClient(prefill.plan, decode.plan, workload),
    warnings: [],
  };
}

/** What the stacks deploy when every size is planned. */
function bestPlans(sizings: readonly ClientSizing[]): readonly ClientPlan[] {
  const clients = sizings.map((one) => {
    const demanded = clientDemand(one, rack);
    if ("problems" in demanded) throw new Error(JSON.stringify(demanded.problems));
    return demanded;
  });
  const plan = planOneRack(allocationRequest(clients, { trays: rack.trays, rack, objective: "share" }), "separate");
  assert.ok(plan);
  return sizings.map((one) => planOf(one, sizesOf(plan, one.client)));
}

async function proofOf(sizings: readonly ClientSizing[], plans: readonly ClientPlan[]): Promise<RackProof> {
  const proved = await proveRack(sizings, plans, rack);
  if ("problems" in proved) throw new Error(JSON.stringify(proved.problems));
  return proved.proof;
}

const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) <= 1e-9 * Math.abs(b), `${a} beside ${b}`);

describe("the proof of a rack's plan", () => {
  const sizings = bothClients();
  const [client1, client2] = sizings;
  let proof: RackProof;
  before(async () => {
    proof = await proofOf(sizings, bestPlans(sizings));
  });

  it("says which share the planned pools serve, and how far that is from the bound", () => {
    assert.equal(proof.share.toFixed(3), "1.068");
    assert.equal(proof.bound.value.toFixed(3), "1.334");
    assert.equal(proof.gap, 1 - proof.share / proof.bound.value);
    close(proof.gap, proof.bound.gap);
  });

  it("finds the planned pools to be the best, whatever is promised", async () => {
    for (const slo of [promises, { ttftSeconds: 1.2, tpotMilliseconds: 50 }, { tpotMilliseconds: 20 }, {}]) {
      const asked = bothClients(slo);
      const { share, best, gap, bound } = await proofOf(asked, bestPlans(asked));
      close(share, best.share);
      assert.ok(gap >= 0 && share <= bound.value);
    }
  });

  it("names alternatives that ask for more freedom, and are therefore no worse", () => {
    assert.deepEqual(
      proof.alternatives.map(({ name, note }) => [name, note]),
      [
        ["mixed decode worker sizes", "needs a router that weighs workers by their size"],
        ["one prefill pool for all", "needs one NVLink domain for all clients"],
      ],
    );
    const [mixed] = proof.alternatives;
    assert.ok(mixed && mixed.share >= proof.best.share * (1 - 1e-9));
    for (const { share } of proof.alternatives) assert.ok(share <= proof.bound.value * (1 + 1e-9));
  });

  it("gives alternatives their own shares", async () => {
    const shares = async (tpotMilliseconds: number, rates: readonly [number, number]): Promise<readonly string[]> => {
      const asked = bothClients({ tpotMilliseconds }).map((one, i) => ({
        ...one,
        workload: { ...one.workload, requestsPerSecond: rates[i] ?? NaN },
      }));
      const { best, alternatives } = await proofOf(asked, []);
      return [best, ...alternatives].map(({ share }) => share.toFixed(3));
    };
    assert.deepEqual(await shares(50, [20, 10]), ["1.681", "1.865", "1.849"]);
  });

  it("holds the source design's splits against it", () => {
    assert.deepEqual(
      proof.baselines.map(({ name, share, missingTrays }) => [name, share.toFixed(3), missingTrays]),
      [
        ["option A: static 36/36", "0.307", 0],
        ["option B: both at their peaks", "1.053", 4],
        ["even split: half the trays each, best pools", "1.053", 0],
      ],
    );
  });

  it("shows a larger gap for worse pools, of the same best plan", async () => {
    const worse = [
      planOf(client1, {
        prefill: { workers: 1, gpusPerWorker: 4 },
        decode: { workers: 4, gpusPerWorker: 8, batchPerRank: 256 },
      }),
      planOf(client2, {
        prefill: { workers: 5, gpusPerWorker: 4 },
        decode: { workers: 1, gpusPerWorker: 16, batchPerRank: 128 },
      }),
    ];
    const { share, gap, best, bound } = await proofOf(sizings, worse);
    assert.ok(gap > proof.gap + 0.1 && share < proof.share);
    assert.deepEqual(best, proof.best);
    assert.equal(bound.value, proof.bound.value);
    const rates = worse.map(({ prediction, workload }) =>
      prediction === undefined ? NaN : (0.9 * prediction.requestsPerSecond) / (workload.requestsPerSecond ?? NaN),
    );
    close(share, Math.min(...rates));
  });

  it("counts only what a pool serves within the promises, so a gap is never negative", async () => {
    const sizes: PoolSizes = {
      prefill: { workers: 7, gpusPerWorker: 4 },
      decode: { workers: 1, gpusPerWorker: 16, batchPerRank: 320 },
    };
    const shares: number[] = [];
    for (const tpotMilliseconds of [50, 30, 25, 20, 10]) {
      const asked = bothClients({ tpotMilliseconds: 50 });
      const hurried: ClientSizing = { ...asked[1], slo: { tpotMilliseconds } };
      const [plan1] = bestPlans(asked);
      assert.ok(plan1);
      const plan2 = planOf(hurried, sizes);
      const proved = await proveRack([asked[0], hurried], [plan1, plan2], rack);
      if ("problems" in proved) continue;
      assert.ok(proved.proof.gap >= 0, `${tpotMilliseconds} ms: ${proved.proof.gap}`);
      shares.push(proved.proof.share);
    }
    const inThousandths = shares.map((share) => Math.round(1000 * share));
    // No decode worker gives 10 ms, which is refused.
    assert.deepEqual(inThousandths, [1068, 1068, 892, 254]);
  });

  it("judges sizes that are fixed against those that could be", async () => {
    const fixed = bothClients(promises, {
      wanted: { prefill: {}, decode: { workers: 1, gpusPerWorker: 8, batchPerRank: 64 } },
    });
    const { best } = await proofOf(fixed, bestPlans(sizings));
    assert.deepEqual(best, proof.best);
  });

  it("serves nothing for a client without a plan", async () => {
    const [plan1] = bestPlans(sizings);
    assert.ok(plan1);
    const { share, gap } = await proofOf(sizings, [plan1]);
    assert.deepEqual([share, gap], [0, 1]);
  });

  it("is for one client as well, without baselines and lending", async () => {
    const { share, best, baselines, lending } = await proofOf([client1], bestPlans([client1]));
    close(share, best.share);
    assert.deepEqual([baselines, lending], [[], undefined]);
  });

  it("says why it cannot be given", async () => {
    const unknown = sizings.map(unpredicted);
    const proved = await proveRack(unknown, bestPlans(sizings), rack);
    assert.ok("problems" in proved);
    assert.deepEqual(
      proved.problems.map(({ path, what }) => [path, what]),
      [
        [
          "pools",
          "sizes cannot be planned: operations were measured for latent attention, Qwen3-235B-A22B has another",
        ],
      ],
    );
  });

  it("has the clients peak in turn, a third above what they ask for while the other is a third below", () => {
    assert.deepEqual(
      alternatingPeaks(sizings).map((scenario) => ({
        ...scenario,
        requestsPerSecond: Object.entries(scenario.requestsPerSecond).map(([name, rate]) => [name, rate.toFixed(2)]),
      })),
      [
        {
          name: "client1 at its peak",
          probability: 0.5,
          durationSeconds: 3600,
          requestsPerSecond: [
            ["client1", "26.67"],
            ["client2", "24.00"],
          ],
        },
        {
          name: "client2 at its peak",
          probability: 0.5,
          durationSeconds: 3600,
          requestsPerSecond: [
            ["client1", "13.33"],
            ["client2", "48.00"],
          ],
        },
      ],
    );
  });
});
