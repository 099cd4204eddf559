import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordingTask } from "../../../src/engines/recording/task";
import { expertLocationJson } from "../../../src/engines/sglang/expert-location";
import { sglangRecordingProgram } from "../../../src/engines/sglang/recorder";
import { balancedness, rankLoads, slotLoads } from "../../../src/plan/experts/load";
import { parseRecording } from "../../../src/plan/experts/recording";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { mockEngine, type MockEngine } from "../../support/mock-engine";
import type { LeaderOptions } from "../../support/mock-engine-leader";
import { record, startRecording, type RecordingRun } from "../../support/recording-run";

const leader = "client1-decode-0.client1-decode.client1";
const url = `http://${leader}.svc:30000`;
const shape = { layers: 5, denseLayers: 1, experts: 32, topK: 4, seed: 3, tokensPerSecond: 20_000 } as const;

const inOrder = Array.from({ length: 32 }, (_, expert) => expert);

describe("recording experts of SGLang", function () {
  this.timeout(20_000);
  const scratch = mkdtempSync(join(tmpdir(), "nvl72-record-"));
  let directory: string;
  let mock: MockEngine;
  let runs = 0;

  beforeEach(async () => {
    directory = join(scratch, `${++runs}`);
    mkdirSync(directory);
    await serve();
  });
  afterEach(() => mock.close());
  after(() => {
    rmSync(scratch, { recursive: true });
  });

  async function serve(...leaders: readonly Partial<LeaderOptions>[]): Promise<void> {
    const all = leaders.length === 0 ? [{}] : leaders;
    mock = await mockEngine({
      load: shape,
      leaders: all.map((options) => ({ host: leader, directory, ranks: 4, ...options })),
      speed: 100,
    });
  }

  async function serveInstead(...leaders: readonly Partial<LeaderOptions>[]): Promise<void> {
    await mock.close();
    await serve(...leaders);
  }

  const task = (changes: Partial<RecordingTask> = {}): RecordingTask => ({
    model: "deepseek-r1-nvfp4",
    layers: shape.layers,
    experts: shape.experts,
    ranks: 4,
    directory,
    leaders: [url],
    startingRow: inOrder,
    moving: false,
    keepRecording: false,
    windowSeconds: 0.1,
    leastWindows: 4,
    errorPercent: 2,
    limitSeconds: 6,
    callSeconds: 0.4,
    promised: 0,
    margin: 0.05,
    ...changes,
  });

  const run = (changes: Partial<RecordingTask> = {}): Promise<RecordingRun> =>
    record(sglangRecordingProgram, task(changes), mock.url);

  const calls = (): readonly string[] =>
    mock.requests.map(({ path }) => path.replace(/^\/(\w+?)_expert_distribution_record$/, "$1"));

  it("starts, dumps each window, ends when it is sure enough, and leaves neither a recorder running nor a file", async () => {
    const { code, lines, summary } = await run();
    assert.equal(code, 0, lines.join("\n"));
    const windows = calls().filter((call) => call === "dump").length;
    assert.deepEqual(calls(), ["/server_info", "start", ...new Array<string>(windows).fill("dump"), "stop"]);
    assert.ok(windows >= 4);
    const { errorPercent, windows: counted } = summary as { errorPercent: number; windows: number };
    assert.equal(counted, windows);
    assert.ok(errorPercent <= 2, `${errorPercent}`);
    assert.deepEqual(readdirSync(directory), []);
  });

  it("gives what the load is, and the placement that it was made under", async () => {
    const { recording: found } = await run({ errorPercent: 1 });
    const parsed = parseRecording(found);
    assert.ok("recording" in parsed, JSON.stringify(parsed));
    const { counts, placement, model } = parsed.recording;
    assert.equal(model, "deepseek-r1-nvfp4");
    assert.deepEqual(placement, { ranks: 4, physicalToLogical: Array.from({ length: 5 }, () => inOrder) });
    assert.deepEqual(counts[0], new Array<number>(32).fill(0));
    const expected = mock.load.expectedCounts(1);
    for (const layer of [1, 2, 3, 4]) {
      const total = sum(counts[layer] ?? []);
      counts[layer]?.forEach((count, expert) => {
        const share = (expected[layer]?.[expert] ?? 0) / shape.topK;
        assert.ok(Math.abs(count / total - share) < 0.1 * share + 0.002, `layer ${layer} expert ${expert}`);
      });
    }
  });

  it("says that a placement keeps its promise, and that it does not once the load has moved", async () => {
    const counts = mock.load.expectedCounts(1e6);
    const recording = { model: "m", layers: 5, experts: 32, counts };
    const { placement, balance } = placeExperts(recording, { slots: 40, ranks: 4 });
    const placementFile = join(directory, "placement.json");
    writeFileSync(placementFile, expertLocationJson(placement.physicalToLogical));
    const promise = { placementFile, promised: balance.after };

    const kept = await run(promise);
    const measured = kept.summary as { balancedness: number; promised: number; verdict: string };
    assert.deepEqual([measured.promised, measured.verdict], [balance.after, "kept"]);
    const parsed = parseRecording(kept.recording);
    assert.ok("recording" in parsed);
    assert.deepEqual(parsed.recording.placement, placement);
    assert.ok(
      Math.abs(measured.balancedness - meanBalance(parsed.recording.counts, placement.physicalToLogical)) < 1e-4,
    );

    mock.load.drift(0.9);
    const drifted = await run(promise);
    const { verdict, balancedness: after } = drifted.summary as { verdict: string; balancedness: number };
    assert.equal(verdict, "drifted");
    assert.ok(after < measured.balancedness - 0.05, `${after}`);
  });

  it("adds up the workers of a pool", async () => {
    const second = "client1-decode-1.client1-decode.client1";
    await serveInstead({}, { host: second });
    const { code, lines } = await run({ leaders: [url, `http://${second}.svc:30000`] });
    assert.equal(code, 0, lines.join("\n"));
    const dumps = mock.requests.filter(({ path }) => path.startsWith("/dump")).map(({ host }) => host);
    assert.deepEqual(new Set(dumps), new Set([leader, second]));
    assert.equal(mock.requests.filter(({ path }) => path.startsWith("/stop")).length, 2);
  });

  it("leaves a recorder running that feeds a metric or the engine's own balancer, and tells no loads of ranks that move", async () => {
    const { recording, summary } = await run({ keepRecording: true, moving: true });
    assert.ok(!calls().includes("stop"));
    assert.deepEqual(Object.keys(recording as object), ["model", "layers", "experts", "counts"]);
    assert.deepEqual(Object.keys(summary as object), ["windows", "choicesPerLayer", "errorPercent"]);
  });

  it("does not touch a server without a recorder, which would die of it", async () => {
    await serveInstead({ recorder: false });
    const { code, lines } = await run();
    assert.equal(code, 1);
    assert.deepEqual(lines, [
      `not recorded: ${url} was started without --expert-distribution-recorder-mode: recording would end it`,
    ]);
    assert.equal(mock.leader(leader).alive, true);
  });

  for (const [fault, reason] of [
    ["dump-fails", /answered 500 Internal Server Error$/],
    ["dump-writes-nothing", /dumped, and after 0\.4 s no file appeared$/],
    ["dump-writes-half", /dumped, and after 0\.4 s expert_distribution_recorder_[\d.]+\.pt cannot be read: /],
    ["hangs", /timed out/],
  ] as const) {
    it(`gives up after three windows in a row when a dump ${fault}, and stops the recorder`, async function () {
      const running = startRecording(sglangRecordingProgram, task({ limitSeconds: 30 }), mock.url);
      await until(() => calls().includes("dump"));
      mock.leader(leader).fault = fault;
      const { code, lines } = await running.done;
      assert.equal(code, 1, lines.join("\n"));
      assert.match(lines.filter((line) => line.startsWith("not recorded")).join(), reason);
      assert.equal(lines.filter((line) => line.startsWith("window lost")).length, 3);
      assert.equal(calls().at(-1), "stop");
      assert.deepEqual(readdirSync(directory), []);
      assert.equal(mock.leader(leader).alive, true);
    });
  }

  it("goes on after one lost window", async () => {
    const running = startRecording(sglangRecordingProgram, task({ limitSeconds: 30 }), mock.url);
    await until(() => calls().includes("dump"));
    mock.leader(leader).fault = "dump-fails";
    await until(() => mock.requests.some(({ status }) => status === 500));
    mock.leader(leader).fault = undefined;
    const { code, lines } = await running.done;
    assert.equal(code, 0, lines.join("\n"));
    assert.ok(lines.some((line) => line.startsWith("window lost (1 of 3 in a row)")));
  });

  it("refuses the recording of another model at once", async () => {
    mock.leader(leader).fault = "dump-of-another-model";
    const { code, lines } = await run();
    assert.equal(code, 1);
    assert.match(
      lines.at(-1) ?? "",
      /^not recorded: expert_distribution_recorder_[\d.]+\.pt has 6 layers x 16 experts, deepseek-r1-nvfp4 has 5 x 32: a recording of another model$/,
    );
    assert.equal(calls().filter((call) => call === "dump").length, 1);
    assert.equal(calls().at(-1), "stop");
  });

  it("says that nothing was served", async () => {
    mock.load.flow(0);
    const { code, lines } = await run({ limitSeconds: 1 });
    assert.equal(code, 1);
    assert.equal(lines.at(-1), "not recorded: no tokens in 1 s: the pool served nothing while it was recorded");
  });

  it("says how sure it got when that was not enough", async () => {
    const { code, lines } = await run({ errorPercent: 0.001, limitSeconds: 2 });
    assert.equal(code, 1);
    assert.match(lines.at(-1) ?? "", /^not recorded: known to \+-\d+\.\d\d % after 2 s, asked for \+-0\.001 %: /);
  });

  it("stops the recorder when its Job is deleted", async () => {
    const running = startRecording(sglangRecordingProgram, task({ errorPercent: 0.001, limitSeconds: 60 }), mock.url);
    await until(() => calls().includes("dump"));
    running.kill("SIGTERM");
    assert.equal((await running.done).code, 143);
    assert.equal(calls().at(-1), "stop");
  });

  describe("from files that torch wrote", () => {
    const fixtures = join(__dirname, "../../fixtures/recorder");
    const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as Record<
      string,
      { logicalCount: number[][][] }
    >;

    for (const file of Object.keys(expected).filter((name) => !name.startsWith("legacy"))) {
      it(`reads ${file}`, async () => {
        const { recording, lines } = await recordedFrom(file);
        const steps = expected[file]?.logicalCount ?? [];
        const once = (steps[0] ?? []).map((row, layer) =>
          row.map((_, expert) => sum(steps.map((step) => step[layer]?.[expert] ?? 0))),
        );
        const twice = once.map((row) => row.map((count) => 2 * count));
        assert.deepEqual((recording as { counts: unknown } | undefined)?.counts, twice, lines.join("\n"));
      });
    }

    it("has nothing to say to the format before torch 1.6", async () => {
      const { code, lines } = await recordedFrom("legacy-format.pt");
      assert.equal(code, 1);
      assert.match(lines.at(-1) ?? "", /cannot be read: File is not a zip file$/);
    });

    /** Two windows from a server that dumps that file each time. */
    async function recordedFrom(file: string): Promise<RecordingRun> {
      let dumped = 0;
      const server = createServer((request, response) => {
        if (request.url === "/dump_expert_distribution_record") {
          cpSync(join(fixtures, file), join(directory, `${++dumped}.pt`));
        }
        response.end('{"expert_distribution_recorder_mode":"stat"}');
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      const { port } = server.address() as AddressInfo;
      const leaders = [`http://127.0.0.1:${port}`];
      const changes = {
        layers: 4,
        experts: 8,
        startingRow: inOrder.slice(0, 8),
        leaders,
        leastWindows: 2,
        windowSeconds: 0.05,
        callSeconds: 0.5,
      };
      try {
        return await record(sglangRecordingProgram, task(changes));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function meanBalance(counts: readonly (readonly number[])[], rows: readonly (readonly number[])[]): number {
  const live = counts.flatMap((row, layer) =>
    sum(row) === 0 ? [] : [balancedness(rankLoads(slotLoads(rows[layer] ?? [], row), 4))],
  );
  return sum(live) / live.length;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 20));
}
