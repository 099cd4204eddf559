import assert from "node:assert/strict";
import { measurementTable, missedBy, spreadOf, threeDigits, type Measurement } from "../../tools/bench/samples";
import { parseEstimate, parsePick, refusalIn } from "../../tools/compare/aiconfigurator-output";
import { nearestRun } from "../../tools/compare/published-runs";
import { questions, sizingOf } from "../../tools/compare/question";
import { describeBatches, describeShape, evaluateShape, withBestBatches, type Shape } from "../../tools/compare/shape";

describe("a measurement of several runs", () => {
  const slow: Measurement = { what: "plan", unit: "ms", values: [9, 30, 12], target: { kind: "at most", value: 10 } };

  it("is told by its median, which one slow run does not move", () => {
    assert.deepEqual(spreadOf([9, 30, 12]), { median: 12, min: 9, max: 30 });
    assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
    assert.deepEqual(spreadOf([7]), { median: 7, min: 7, max: 7 });
    assert.throws(() => spreadOf([]), /no values/);
  });

  it("says by which factor a target is missed, whichever way it points", () => {
    assert.equal(missedBy(slow), 1.2);
    assert.equal(missedBy({ ...slow, target: { kind: "at least", value: 24 } }), 2);
    assert.equal(missedBy({ what: "size", unit: "kB", values: [5] }), 0);
  });

  it("stands in a line with its spread, its memory and its target", () => {
    const fast: Measurement = { ...slow, what: "simulate", unit: "requests/s", values: [1234.5], peakMib: [100.4] };
    assert.deepEqual(measurementTable([slow, { ...fast, target: { kind: "at least", value: 1000 } }]), [
      "measured  median    min    max  unit        runs  peak MiB  target",
      "plan          12      9     30  ms             3            at most 10: missed",
      "simulate   1,235  1,235  1,235  requests/s     1       100  at least 1,000: met",
    ]);
  });

  it("has as many digits as it deserves", () => {
    assert.deepEqual([0.012345, 1.005, 12.34, 99.96, 123.4, 1234567].map(threeDigits), [
      ..."0.0123 1 12.3 100 123 1,234,567".split(" "),
    ]);
  });
});

describe("what aiconfigurator answers", () => {
  // Invented numbers in the columns of its best_config_topn.csv.
  const titles = "(p)workers,(p)parallel,(d)workers,(d)parallel,(d)global_bs,tpot,tokens/s/gpu,tokens/s/gpu_cluster";
  const best = "2,tp1pp1dp4etp2ep2,3,tp2pp1dp4etp1ep8,96,21.5,1100.5,1000.25";

  it("is read as a shape, with the batch of one GPU and the rate over all GPUs of the cluster", () => {
    assert.deepEqual(parsePick(`${titles}\n${best}\n${best.replace("21.5", "22")}\n`), {
      shape: {
        prefill: { workers: 2, gpusPerWorker: 4 },
        decode: [{ workers: 3, gpusPerWorker: 8, batchPerRank: 12 }],
      },
      parallel: "tp1pp1dp4etp2ep2 + tp2pp1dp4etp1ep8",
      tpotMilliseconds: 21.5,
      outputTokensPerSecondPerGpu: 1000.25,
    });
  });

  it("counts the GPUs of context parallelism, wherever it is written", () => {
    const workers = (parallel: string): number | undefined =>
      parsePick(`${titles}\n${best.replace("tp1pp1dp4etp2ep2", parallel)}`)?.shape.prefill.gpusPerWorker;
    assert.equal(workers("tp1pp1dp1cp8etp2ep4"), 8);
    assert.equal(workers("tp1pp1dp1etp2ep4cp8"), 8);
  });

  it("is not guessed at: no line is no pick, and a strange file is an error", () => {
    assert.equal(parsePick(`${titles}\n`), undefined);
    assert.throws(() => parsePick(`${titles}\n${best},1`), /9 values for 8 columns/);
    assert.throws(() => parsePick(`a,b\n1,2`), /no column/);
    assert.throws(() => parsePick(`${titles}\n${best.replace("21.5", "")}`), /tpot is/);
    assert.throws(() => parsePick(`${titles}\n${best.replaceAll(/tp[^,]*/g, "wide")}`), /wide is no parallelism/);
  });

  it("is read from what an estimate prints", () => {
    const printed =
      "  TTFT:  100.1 ms\n  TPOT:             39.280 ms\n  tokens/s: 95,948.96\n  tokens/s/gpu:     2,665.25\n";
    assert.deepEqual(parseEstimate(printed), { tpotMilliseconds: 39.28, outputTokensPerSecondPerGpu: 2665.25 });
    assert.equal(parseEstimate("error: no"), undefined);
  });

  it("says where it took measurements of something else", () => {
    const printed = "TPOT: 39.28 ms\ntokens/s/gpu: 2665\n  generation/x: requested EP8/node2; using EP4/node1 data\n";
    assert.equal(parseEstimate(printed)?.fallback, "generation/x: requested EP8/node2; using EP4/node1 data");
  });

  it("is quoted in its own words where it is no answer", () => {
    const log =
      "12:00 [W] error at parallel tp=1; skipping\n12:01 [E] no data for it\nusage: x\ncli: error: bad model\n";
    assert.equal(refusalIn(log), "12:01 [E] no data for it\ncli: error: bad model");
    assert.equal(refusalIn("one\ntwo\n\n"), "two");
  });
});

describe("a shape of one client on half a rack", () => {
  const question = questions[0];
  assert.ok(question !== undefined);
  const sizing = sizingOf(question);
  const shape: Shape = {
    prefill: { workers: 1, gpusPerWorker: 4 },
    decode: [{ workers: 4, gpusPerWorker: 8, batchPerRank: 88 }],
  };

  it("is asked of both tools for both clients and both engines", () => {
    assert.deepEqual(
      questions.map(({ client, inputTokens, outputTokens, engine }) => [client, inputTokens, outputTokens, engine]),
      [
        ["client1", 1024, 8192, "trtllm"],
        ["client1", 1024, 8192, "sglang"],
        ["client2", 8192, 1024, "trtllm"],
        ["client2", 8192, 1024, "sglang"],
      ],
    );
  });

  it("serves what the fuller of its pools serves", () => {
    const evaluation = evaluateShape(shape, sizing);
    assert.ok("requestsPerSecond" in evaluation);
    const { decodeRequestsPerSecond, tpotMilliseconds, requestsPerSecond, outputTokensPerSecondPerGpu } = evaluation;
    assert.equal(requestsPerSecond, decodeRequestsPerSecond);
    assert.ok(evaluation.prefillRequestsPerSecond > decodeRequestsPerSecond);
    // Little's law: requests in decode = rate x answer x time per token.
    const inDecode = (decodeRequestsPerSecond * 8192 * tpotMilliseconds) / 1000;
    assert.ok(Math.abs(inDecode - 4 * 8 * 88) < 1e-6, `${inDecode}`);
    assert.ok(Math.abs(outputTokensPerSecondPerGpu - (requestsPerSecond * 8192) / 36) < 1e-9);
  });

  it("adds up decode workers of several sizes, and is as slow as the slowest", () => {
    const wide = { workers: 1, gpusPerWorker: 16, batchPerRank: 200 };
    const both = evaluateShape({ ...shape, decode: [...shape.decode, wide] }, sizing);
    const parts = [shape.decode, [wide]].map((decode) => evaluateShape({ ...shape, decode }, sizing));
    const [narrow, other] = parts;
    assert.ok(narrow && other && "tpotMilliseconds" in narrow && "tpotMilliseconds" in other);
    assert.ok("tpotMilliseconds" in both);
    const sum = narrow.decodeRequestsPerSecond + other.decodeRequestsPerSecond;
    assert.ok(Math.abs(both.decodeRequestsPerSecond - sum) < 1e-9);
    assert.equal(both.tpotMilliseconds, Math.max(narrow.tpotMilliseconds, other.tpotMilliseconds));
  });

  it("says why where nothing is known of it", () => {
    const odd = evaluateShape({ ...shape, decode: [{ workers: 1, gpusPerWorker: 28, batchPerRank: 8 }] }, sizing);
    assert.ok("unpredicted" in odd);
    assert.match(odd.unpredicted, /our rules refuse it: .*288/);
  });

  it("can be given the batch that our planner would choose within the promise", () => {
    const chosen = withBestBatches(shape, sizing);
    const evaluation = evaluateShape(chosen, sizing);
    assert.ok("tpotMilliseconds" in evaluation && evaluation.tpotMilliseconds <= 30);
    assert.equal(describeShape(chosen), "1x4 + 4x8");
    assert.notEqual(describeBatches(chosen), "88");
  });

  it("stands beside the published run that is nearest in worker size and batch", () => {
    const near = (client: string, gpusPerWorker: number, batchPerRank: number): number | undefined =>
      nearestRun({ ...question, client }, { ...shape, decode: [{ workers: 1, gpusPerWorker, batchPerRank }] })
        ?.concurrency;
    assert.deepEqual([near("client1", 8, 88), near("client2", 32, 16), near("client2", 16, 64)], [4096, 333, 2253]);
  });
});
