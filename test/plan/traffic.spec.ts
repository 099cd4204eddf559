import assert from "node:assert/strict";
import type { EngineName } from "../../src/plan/intent";
import { checkpoints } from "../../src/plan/model-shape";
import { gb200Nvl72 } from "../../src/plan/rack";
import { publishedSystems } from "../../src/plan/speed/published-systems";
import { simulateTraffic, type ClientTraffic } from "../../src/plan/traffic";
import { inferenceX, meanSystemError, simulateSystem, type SystemRow } from "../../tools/calibrate/systems";
import { decodeIntent, planned, prefillIntent } from "../support/intents";

describe("published closed loops, simulated", () => {
  let rows: readonly SystemRow[] = [];

  before(() => {
    // Four requests per user, two of them to warm up, instead of ten: TPOT and rates differ by less than 3 %.
    rows = publishedSystems.map((system) =>
      simulateSystem(system, system.concurrency < 1000 ? inferenceX : { requestsPerUser: 4, warmUpFraction: 0.5 }),
    );
  });

  const errors = (predicted: (row: SystemRow) => number, measured: (row: SystemRow) => number): readonly number[] =>
    rows.map((row) => 100 * (predicted(row) / measured(row) - 1));

  /** To a per cent. */
  const assertNear = (found: readonly number[], known: readonly number[]): void => {
    assert.equal(found.length, known.length);
    const far = found.filter((value, i) => Math.abs(value - (known[i] ?? NaN)) > 1);
    assert.deepEqual(far, [], found.map((value) => value.toFixed(1)).join(", "));
  };

  it("have a TPOT within 11 % of every measured one, and 6 % in the mean", () => {
    const tpot = errors(
      ({ result }) => result.tpotMilliseconds.mean,
      ({ system }) => system.measured.tpotMilliseconds,
    );
    assertNear(tpot, [1, 11, 3, 7, 1, -5, 8]);
    const mean = meanSystemError(
      rows,
      ({ result }) => result.tpotMilliseconds.mean,
      ({ measured }) => measured.tpotMilliseconds,
    );
    assert.ok(mean < 0.06, `${mean}`);
  });

  it("serve within 15 % of every measured rate, and 6 % in the mean", () => {
    const rates = errors(
      ({ requestsPerSecond }) => requestsPerSecond,
      ({ system }) => system.measured.requestsPerSecond,
    );
    assertNear(rates, [2, -8, 0, -14, -2, -2, 9]);
    const mean = meanSystemError(
      rows,
      ({ requestsPerSecond }) => requestsPerSecond,
      ({ measured }) => measured.requestsPerSecond,
    );
    assert.ok(mean < 0.06, `${mean}`);
  });

  it("end where the published ones do: decode with long answers, prefill with long prompts", () => {
    assert.deepEqual(
      rows.map(({ system, result }) => [system.workload.outputTokens, result.saturation.pool]),
      [
        [8192, "decode"],
        [8192, "decode"],
        [8192, "decode"],
        [1024, "prefill"],
        [1024, "prefill"],
        [1024, "prefill"],
        [1024, "prefill"],
      ],
    );
  });
});

describe("published closed loops", () => {
  it("have the rate that their users and latencies give, with lengths of 0.9 of the nominal ones in the mean", () => {
    for (const { name, concurrency, workload, measured } of publishedSystems) {
      const { ttftSeconds, tpotMilliseconds, requestsPerSecond } = measured;
      const seconds = ttftSeconds + (tpotMilliseconds / 1000) * 0.9 * workload.outputTokens;
      const error = concurrency / seconds / requestsPerSecond - 1;
      assert.ok(Math.abs(error) < 0.015, `${name}: ${error}`);
    }
  });

  it("have the GPUs that their names say", () => {
    for (const { name, prefill, decode } of publishedSystems) {
      const prefillGpus = prefill.workers * prefill.gpusPerWorker;
      const decodeGpus =
        decode.workers === 1 ? `${decode.gpusPerWorker}` : `${decode.workers} x ${decode.gpusPerWorker}`;
      assert.ok(name.includes(`, ${prefillGpus} + ${decodeGpus} GPUs`), name);
    }
  });
});

describe("simulated traffic", () => {
  const documents = { inputTokens: 8192, outputTokens: 1024 };
  const poolsOf = (engine: EngineName) => ({
    prefill: planned(prefillIntent({ ...documents, engine, workers: 2 })),
    decode: planned(decodeIntent({ ...documents, engine, workers: 2, gpusPerWorker: 8, batchPerRank: 64 })),
  });
  const traffic = (
    client: string,
    engine: EngineName = "sglang",
    changes: Partial<ClientTraffic["plan"]> = {},
  ): ClientTraffic => ({
    plan: { client, ...poolsOf(engine), slo: {}, workload: documents, ...changes },
    arrivals: { kind: "open", requestsPerSecond: 8, ...documents },
  });
  const run = (...clients: readonly ClientTraffic[]) => {
    const outcome = simulateTraffic(clients, gb200Nvl72, { seed: 1, durationSeconds: 40 });
    if ("unpredicted" in outcome) throw new Error(outcome.unpredicted);
    return outcome.result;
  };

  it("runs through every planned worker, with a prefill pool per client", () => {
    const result = run(traffic("a"), traffic("b"));
    assert.deepEqual(
      result.clients.map(({ client, decode }) => [client, decode.gpus]),
      [
        ["a", 16],
        ["b", 16],
      ],
    );
    assert.deepEqual(
      result.prefillPools.map(({ name, gpus }) => [name, gpus]),
      [
        ["a", 8],
        ["b", 8],
      ],
    );
  });

  it("transfers KV in the handshake and its bytes over one GPU's NVLink", () => {
    const { clients } = run(traffic("a"));
    const transfer = clients[0]?.ttft.partsSeconds.transfer.mean ?? 0;
    const bytes = 8192 * 61 * 576;
    const alone = 0.02 + bytes / 900e9;
    assert.ok(transfer >= alone * (1 - 1e-9) && transfer < alone + 0.005, `${transfer} beside ${alone}`);
  });

  it("spreads over decode ranks blindly with SGLang, and by load with TensorRT-LLM", () => {
    const peak = (engine: EngineName): number => run(traffic("a", engine)).clients[0]?.decode.batchPerRankPeak ?? 0;
    assert.ok(peak("sglang") > peak("trtllm"), `${peak("sglang")} and ${peak("trtllm")}`);
  });

  it("counts what keeps the client's promises", () => {
    const goodput = (slo: ClientTraffic["plan"]["slo"]): number =>
      run(traffic("a", "sglang", { slo })).clients[0]?.goodputRequestsPerSecond.mean ?? NaN;
    assert.equal(goodput({ tpotMilliseconds: 1 }), 0);
    assert.equal(goodput({ ttftSeconds: 0.01 }), 0);
    assert.equal(goodput({ ttftSeconds: 100, tpotMilliseconds: 1000 }), goodput({}));
  });

  it("yields more tokens a step with drafts", () => {
    const drafts = { speculation: { draftTokens: 1, acceptedTokens: 0.8 } };
    const decode = planned(decodeIntent({ ...documents, workers: 2, gpusPerWorker: 8, batchPerRank: 64, ...drafts }));
    const tpot = (changes: Partial<ClientTraffic["plan"]>): number =>
      run(traffic("a", "sglang", changes)).clients[0]?.tpotMilliseconds.mean ?? NaN;
    const [without, withDrafts] = [tpot({}), tpot({ decode })];
    assert.ok(withDrafts < 0.75 * without, `${withDrafts} beside ${without}`);
  });

  it("is refused with the reason where a pool is not predicted", () => {
    const decode = planned(decodeIntent({ ...documents, checkpoint: checkpoints["qwen3-235b-fp8"], batchPerRank: 8 }));
    const clients = [traffic("a"), traffic("b", "sglang", { decode })];
    assert.deepEqual(simulateTraffic(clients, gb200Nvl72, { seed: 1, durationSeconds: 1 }), {
      unpredicted: "operations were measured for latent attention, Qwen3-235B-A22B has another",
    });
  });
});
