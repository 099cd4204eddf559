import assert from "node:assert/strict";
import type { Baseline } from "../../src/plan/allocate/baselines";
import type { LendingAnswer } from "../../src/plan/allocate/lending";
import type { ModePlan } from "../../src/plan/allocate/plan";
import type { RackProof } from "../../src/plan/rack-proof";
import { lendingLine, proofLines } from "../../src/report/proof-lines";

const best: ModePlan = {
  mode: "separate",
  share: 1.2,
  racks: [],
  clients: [
    { client: "chat", trays: 7, requestsPerSecond: 24, neededRequestsPerSecond: 24 },
    { client: "documents", trays: 11, requestsPerSecond: 48, neededRequestsPerSecond: 48 },
  ],
  trays: 18,
  freeTrays: 0,
  racksUsed: 1,
  movedTrays: 0,
  changedWorkers: 0,
  limitedBy: [],
};

function proof(changes: Partial<RackProof> = {}): RackProof {
  return {
    share: 1.2,
    best,
    gap: 0.2,
    bound: { value: 1.5, gap: 0.2, parts: [], grains: [], binding: [], explanation: "whole workers" },
    baselines: [],
    alternatives: [],
    ...changes,
  };
}

function baseline(changes: Partial<Baseline>): Baseline {
  return { name: "half", share: 0.4, clients: [], trays: 18, missingTrays: 0, limitedBy: [], resized: [], ...changes };
}

const first = "serves 1.20 x what is asked, headroom kept: 80 % of what any plan could (LP bound 1.50 x)";
const why = "why not more: whole workers";

describe("the lines of a proof", () => {
  it("are two for a plan that is the best, with nothing beside it", () => {
    assert.deepEqual(proofLines(proof()), [first, why]);
    // Half a per cent is not worth a change.
    assert.deepEqual(proofLines(proof({ share: 1.196, gap: 0.2 })), [first, why]);
  });

  it("say what the best plan would be, where that is another", () => {
    assert.deepEqual(proofLines(proof({ share: 0.6, gap: 0.6 })), [
      "serves 0.600 x what is asked, headroom kept: 40 % of what any plan could (LP bound 1.50 x)",
      why,
      "the best plan would serve 1.20 x, with trays chat 7, documents 11; pools: auto and trays: auto give it",
    ]);
  });

  it("hold the baselines against it, each with what ends first", () => {
    const baselines = [
      baseline({ name: "slow", limitedBy: [{ client: "chat", role: "decode" }] }),
      baseline({
        name: "near",
        share: 1.19,
        limitedBy: [{ role: "prefill" }, { client: "documents", role: "decode" }],
      }),
      baseline({ name: "none", share: 0, limitedBy: [{ client: "chat", role: "prefill" }] }),
      baseline({ name: "large", share: 2, missingTrays: 4 }),
    ];
    assert.deepEqual(proofLines(proof({ baselines })), [
      first,
      why,
      "slow: 0.400 x, 3.00 times less (chat decode ends first)",
      "near: 1.19 x (shared prefill, documents decode end first)",
      "none: keeps no promise (chat prefill)",
      "large: does not fit, 4 trays are missing",
    ]);
  });

  it("name only alternatives that serve more", () => {
    const alternatives = [
      { name: "mixed", share: 1.205, note: "needs weights" },
      { name: "shared", share: 1.32, note: "needs one domain" },
    ];
    assert.deepEqual(proofLines(proof({ alternatives })), [first, why, "shared: 1.32 x (+10.0 %), needs one domain"]);
  });

  it("have no percentage over a plan that serves nothing", () => {
    const alternatives = [{ name: "shared", share: 1.3, note: "needs one domain" }];
    assert.deepEqual(proofLines(proof({ share: 0, gap: 1, alternatives })), [
      "serves 0 x what is asked, headroom kept: 0 % of what any plan could (LP bound 1.50 x)",
      why,
      "the best plan would serve 1.20 x, with trays chat 7, documents 11; pools: auto and trays: auto give it",
      "shared: 1.30 x, needs one domain",
    ]);
  });

  it("price a tray by the best plan", () => {
    const prices = (gainedShare: number, lostShare: number): string | undefined =>
      proofLines(proof({ shadowPrices: { unit: "tray", gainedShare, lostShare, clients: [] } })).at(-1);
    assert.equal(prices(0, 0.12), "one tray more would serve the same, one less -10.0 %");
    assert.equal(prices(0.06, 1.2), "one tray more would serve +5.0 %, one less -100.0 %");
  });

  it("end with what lending would bring, and a tray", () => {
    const shadowPrices = { unit: "tray", gainedShare: 0, lostShare: 0, clients: [] } as const;
    assert.deepEqual(proofLines(proof({ lending: lending({}), shadowPrices })), [
      first,
      why,
      lendingLine(lending({})),
      "one tray more would serve the same, one less the same",
    ]);
  });
});

function lending(changes: Partial<LendingAnswer>): LendingAnswer {
  const plan = { bufferTrays: 3, base: [], borrowed: [], requestsPerSecond: 52, withoutSwitching: 53 };
  return {
    static: { base: [], requestsPerSecond: 50 },
    lending: plan,
    pays: true,
    gainedRequestsPerSecond: 2.5,
    breakEvenFactor: 0.25,
    breakEvenSeconds: 900,
    ...changes,
  };
}

describe("the line on lending", () => {
  it("says what it brings and from which peaks on", () => {
    const brings = "lending 3 trays to whoever peaks would serve 2.50 req/s (+5.0 %) more than the best fixed split";
    assert.equal(lendingLine(lending({})), `${brings}, from peaks of 15 min on`);
    assert.equal(lendingLine(lending({ breakEvenSeconds: undefined })), brings);
  });

  it("says when it would pay where it does not", () => {
    const stays = "50 req/s without it";
    assert.equal(
      lendingLine(lending({ pays: false, gainedRequestsPerSecond: -1, breakEvenSeconds: 7200 })),
      `lending trays to whoever peaks does not pay, unless peaks last 120 min: ${stays}`,
    );
    assert.equal(
      lendingLine(lending({ pays: false, lending: undefined, breakEvenSeconds: undefined })),
      `lending trays to whoever peaks does not pay, however long peaks last: ${stays}`,
    );
  });
});
