import assert from "node:assert/strict";
import type { Allocation } from "../../src/plan/allocate/allocate";
import type { ClientOnRack, ModePlan } from "../../src/plan/allocate/plan";
import type { Pool } from "../../src/plan/allocate/pool";
import { allocationText } from "../../src/report/allocation-text";

function pool(...groups: readonly (readonly [workers: number, gpus: number, batch: number])[]): Pool {
  return {
    groups: groups.map(([workers, gpus, batchPerRank]) => ({
      workers,
      option: { gpus, trays: gpus / 4, requestsPerSecond: 1, batchPerRank },
    })),
    trays: 0,
    gpus: 0,
    workerTrays: [],
    requestsPerSecond: 0,
  };
}

const chat: ClientOnRack = {
  client: "chat",
  prefill: pool([1, 4, 0]),
  decode: pool([1, 32, 384], [2, 8, 96]),
  trays: 13,
  requestsPerSecond: 21.44,
};
const documents: ClientOnRack = {
  client: "documents",
  prefill: pool([3, 4, 0]),
  decode: pool([1, 4, 16]),
  trays: 4,
  requestsPerSecond: 40,
};

const plan: ModePlan = {
  mode: "separate",
  share: 1.072,
  racks: [{ racks: 1, clients: [chat, documents], trays: 17, gpus: 68, freeTrays: 1 }],
  clients: [
    { client: "chat", trays: 13, requestsPerSecond: 21.44, neededRequestsPerSecond: 21 },
    { client: "documents", trays: 4, requestsPerSecond: 1234.5, neededRequestsPerSecond: 0.5 },
  ],
  trays: 17,
  freeTrays: 1,
  racksUsed: 1,
  movedTrays: 0,
  changedWorkers: 0,
  limitedBy: [],
};

const bare: Allocation = { plan, baselines: [] };
const bareText = `1 rack: 17 trays in use, 1 free
  chat              prefill 1 x 4   decode 1 x 32 batch 384 + 2 x 8 batch 96
  documents         prefill 3 x 4   decode 1 x 4 batch 16

chat: 21.4 req/s (21 needed)
documents: 1,235 req/s (0.500 needed)
share 1.07, 17 trays in use, 1 free
`;

describe("an allocation for a terminal", () => {
  it("is what stands on the rack and what it serves", () => {
    assert.equal(allocationText(bare), bareText);
  });

  it("goes on with cost, bound, alternative, baselines and the price of a tray", () => {
    const whole: Allocation = {
      plan: { ...plan, dollarsPerHour: 187 },
      alternative: { ...plan, mode: "shared", share: 1.2, trays: 1 },
      bound: { value: 1.3, gap: 0.1, parts: [], grains: [], binding: [], explanation: "why it is not more" },
      baselines: [
        { name: "option A", share: 0.25, clients: [], trays: 18, missingTrays: 0, limitedBy: [], resized: [] },
        { name: "option B", share: 2, clients: [], trays: 22, missingTrays: 4, limitedBy: [], resized: [] },
      ],
      shadowPrices: { unit: "tray", gainedShare: 0.01, lostShare: 0.088, clients: [] },
    };
    const more = `share 1.07, 17 trays in use, 1 free, $187/h
why it is not more
with shared prefill: share 1.20 on 1 tray
option A: share 0.250
option B: 4 trays are missing
one tray more: share +0.010, one less: -0.088
`;
    assert.equal(allocationText(whole), bareText.replace(/share 1\.07.*\n/, more));
  });

  it("says once what is alike on several racks, and whose prefill is for all", () => {
    const sharedPrefill = {
      workers: 5,
      gpusPerWorker: 4,
      traysPerWorker: 1,
      trays: 5,
      gpus: 20,
      workerTrays: [1, 1, 1, 1, 1],
      requestsPerSecondAlone: [1, 1],
    };
    const racks = [
      { racks: 3, clients: [chat], sharedPrefill, trays: 12, gpus: 48, freeTrays: 6 },
      { racks: 1, clients: [documents], trays: 1, gpus: 4, freeTrays: 17 },
    ];
    const text = allocationText({ plan: { ...plan, mode: "shared", racks }, baselines: [] });
    assert.deepEqual(text.split("\n").slice(0, 6), [
      "3 racks, each: 12 trays in use, 6 free",
      "  prefill for all   5 x 4 GPUs",
      "  chat              decode 1 x 32 batch 384 + 2 x 8 batch 96",
      "1 rack: 1 tray in use, 17 free",
      "  documents         prefill 3 x 4   decode 1 x 4 batch 16",
      "",
    ]);
  });
});
