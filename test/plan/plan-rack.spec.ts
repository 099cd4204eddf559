import assert from "node:assert/strict";
import type { ClientSizing } from "../../src/plan/choose-pools";
import { planRack } from "../../src/plan/plan-rack";
import { decodeIntent, prefillIntent, unpredicted } from "../support/intents";

function sizing(client: string, inputTokens: number, outputTokens: number, requestsPerSecond: number): ClientSizing {
  const workload = { inputTokens, outputTokens, requestsPerSecond };
  return {
    client,
    workload,
    slo: { ttftSeconds: 5, tpotMilliseconds: 50 },
    prefill: prefillIntent({ client, inputTokens, outputTokens }),
    decode: decodeIntent({ client, inputTokens, outputTokens }),
    wanted: { prefill: {}, decode: {} },
    headroom: 0.1,
  };
}

const chat = sizing("client1", 1024, 8192, 20);
const documents = sizing("client2", 8192, 1024, 36);

describe("a rack planned as a whole", () => {
  it("gives both clients their pools, and says how good that is", async () => {
    const outcome = await planRack([chat, documents]);
    assert.ok("plan" in outcome);
    assert.deepEqual(
      outcome.plan.clients.map(({ client, prefill, decode, warnings }) => [
        client,
        [prefill.workers, prefill.gpusPerWorker],
        [decode.workers, decode.gpusPerWorker, decode.runningRequestsPerRank],
        warnings,
      ]),
      [
        ["client1", [1, 4], [1, 24, 368], []],
        ["client2", [7, 4], [1, 16, 320], []],
      ],
    );
    assert.equal(outcome.plan.trayUse.length, 18);
    assert.equal(outcome.proof.share.toFixed(3), "1.068");
    assert.equal(outcome.proof.bound.value.toFixed(3), "1.334");
  });

  it("takes fewer trays where that serves what is asked for", async () => {
    const outcome = await planRack([sizing("client1", 1024, 8192, 5), sizing("client2", 8192, 1024, 10)], {
      objective: "trays",
    });
    assert.ok("plan" in outcome);
    assert.ok(outcome.plan.freeTrays > 6, `${outcome.plan.freeTrays} trays are free`);
  });

  it("is refused with what would have to change", async () => {
    const tooMuch = await planRack([sizing("client1", 1024, 8192, 100), documents], { objective: "trays" });
    assert.deepEqual(tooMuch, {
      problems: [
        {
          path: "trays",
          what: "18 trays do not serve what is asked for",
          rule: "every client needs a prefill and a decode worker on whole trays, within its promises",
          fix: "lower rates, fewer clients, or the objective share",
        },
      ],
    });
    const unknown = await planRack([unpredicted(chat), documents]);
    assert.ok("problems" in unknown);
    assert.equal(
      unknown.problems[0]?.what,
      "sizes cannot be planned: operations were measured for latent attention, Qwen3-235B-A22B has another",
    );
  });
});
