import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { mockEngine, type MockEngine, type MockEngineOptions } from "./mock-engine";
import { balancedness, trivialPlacement } from "./mock-engine-balance";
import type { LeaderOptions } from "./mock-engine-leader";
import { drawCounts, MockLoad, type LoadShape } from "./mock-engine-load";
import { mulberry32 } from "./expert-histogram";

const shape: LoadShape = { layers: 3, denseLayers: 1, experts: 16, topK: 2, seed: 1, tokensPerSecond: 1000 };
const first = "decode-0.decode.client1";
const second = "decode-4.decode.client1";

interface Got {
  readonly status: number;
  readonly body: string;
}

describe("the mock of SGLang's decode leaders", () => {
  const scratch = mkdtempSync(join(tmpdir(), "nvl72-mock-"));
  let mock: MockEngine;
  let milliseconds: number;
  let directories = 0;
  let directory: string;

  beforeEach(async () => {
    directory = join(scratch, `${++directories}`);
    await begin();
  });
  afterEach(() => mock.close());
  after(() => {
    rmSync(scratch, { recursive: true });
  });

  async function begin(leader: Partial<LeaderOptions> = {}, more: Partial<MockEngineOptions> = {}): Promise<void> {
    milliseconds = 1_700_000_000_000;
    const hosts = [first, second];
    mock = await mockEngine({
      load: shape,
      leaders: hosts.map((host) => ({
        ...{ host, directory: join(directory, host), bufferSteps: 50, stepsPerSecond: 10, ranks: 4 },
        ...leader,
      })),
      speed: 2,
      now: () => milliseconds,
      ...more,
    });
  }

  async function again(leader: Partial<LeaderOptions>): Promise<void> {
    await mock.close();
    await begin(leader);
  }

  /** Lets so many seconds of load go by. */
  const pass = (seconds: number): void => void (milliseconds += (seconds * 1000) / 2);

  /** Asks the proxy, as a program does that has it as http_proxy. */
  function ask(url: string, { method = "POST", key = "", wait = 2000 } = {}): Promise<Got> {
    const { hostname, port } = new URL(mock.url);
    return new Promise((done, failed) => {
      const sent = request({ hostname, port, method, path: url, headers: key ? { authorization: key } : {} }, (got) => {
        let body = "";
        got.on("data", (part: Buffer) => (body += part.toString()));
        got.on("end", () => {
          done({ status: got.statusCode ?? 0, body });
        });
      });
      sent.setTimeout(wait, () => sent.destroy(new Error("no answer")));
      sent.on("error", failed);
      sent.end();
    });
  }

  const call = (what: string, host = first): Promise<Got> =>
    ask(`http://${host}:30000/${what}_expert_distribution_record`);

  const files = (host = first): readonly string[] =>
    existsSync(join(directory, host)) ? readdirSync(join(directory, host)).sort() : [];

  /** [step][layer][expert] of the newest recording. */
  function recording(host = first): number[][][] {
    const file = readFileSync(join(directory, host, files(host).at(-1) ?? ""));
    const name = file.indexOf("/data/0") + "/data/0".length;
    const begin = name + file.readUInt16LE(file.lastIndexOf("PK\x03\x04", name) + 28);
    const number = (index: number): number => file.readInt32LE(begin + 4 * index);
    const rows = (step: number): number[][] =>
      Array.from({ length: 3 }, (_, layer) =>
        Array.from({ length: 16 }, (_, expert) => number((step * 3 + layer) * 16 + expert)),
      );
    return Array.from({ length: 50 }, (_, step) => rows(step));
  }

  /** Tokens of a step, by layer. */
  const sums = (steps: readonly (readonly (readonly number[])[])[]): readonly (readonly number[])[] =>
    steps.map((rows) => rows.map((row) => row.reduce((sum, count) => sum + count, 0)));

  const total = (host?: string): number =>
    sums(recording(host))
      .flat()
      .reduce((sum, count) => sum + count, 0);

  describe("records", () => {
    it("every forward pass between start and dump, and nothing in dense layers", async () => {
      pass(3);
      assert.deepEqual(await call("start"), { status: 200, body: "Start recording the expert distribution.\n" });
      pass(4);
      assert.equal((await call("dump")).status, 200);
      assert.deepEqual(files(), ["expert_distribution_recorder_1700000003.5000000.pt"]);
      const byStep = sums(recording());
      assert.ok(byStep.slice(0, 40).every(([dense, ...others]) => dense === 0 && others.every((sum) => sum > 0)));
      assert.deepEqual(
        byStep.slice(40),
        Array.from({ length: 10 }, () => [0, 0, 0]),
      );
      // 40 passes of 100 tokens, two experts each, in two layers.
      assert.equal(total(), 40 * 100 * 2 * 2);
    });

    it("nothing after stop, and nothing before start", async () => {
      await call("start");
      pass(4);
      await call("start");
      pass(1);
      await call("stop");
      pass(3);
      await call("dump");
      assert.equal(total(), 10 * 100 * 2 * 2);
    });

    it("on after a dump, from zero", async () => {
      await call("start");
      pass(4);
      await call("dump");
      pass(2);
      await call("dump");
      assert.equal(files().length, 2);
      assert.equal(total(), 20 * 100 * 2 * 2);
    });

    it("zeros when it was never started", async () => {
      pass(4);
      await call("dump");
      assert.equal(total(), 0);
    });

    it("the last passes only, when there were more than its buffer holds", async () => {
      await call("start");
      pass(60);
      await call("dump");
      assert.equal(total(), 50 * 100 * 2 * 2);
    });

    it("goes on in its buffer where the last recording ended", async () => {
      await call("start");
      pass(4);
      await call("dump");
      await call("start");
      pass(2);
      await call("dump");
      const filled = sums(recording()).map((layers) => layers.some((sum) => sum > 0));
      assert.deepEqual(
        filled.flatMap((some, step) => (some ? [step] : [])),
        [...Array.from({ length: 10 }, (_, step) => step), ...Array.from({ length: 10 }, (_, step) => 40 + step)],
      );
    });

    it("the same with the same seed, and each leader with noise of its own around the same load", async () => {
      const record = async (): Promise<readonly number[][][]> => {
        for (const host of [first, second]) await call("start", host);
        pass(5);
        for (const host of [first, second]) await call("dump", host);
        return [first, second].map((host) =>
          recording(host).reduce((sum, rows) =>
            sum.map((row, i) => row.map((count, e) => count + (rows[i]?.[e] ?? 0))),
          ),
        );
      };
      const recorded = await record();
      assert.notDeepEqual(recorded[0], recorded[1]);
      const expected = mock.load.expectedCounts(5 * 1000);
      for (const counts of recorded) {
        counts.forEach((row, layer) => {
          row.forEach((count, expert) => {
            const mean = expected[layer]?.[expert] ?? 0;
            assert.ok(Math.abs(count - mean) <= 6 * Math.sqrt(mean) + 1, `${layer} ${expert}: ${count}, not ${mean}`);
          });
        });
      }
      directory = join(scratch, `${++directories}`);
      await again({});
      assert.deepEqual(await record(), recorded);
    });

    it("both loads of a recording in which the load drifted", async () => {
      await call("start");
      pass(2);
      const before = mock.load.expectedCounts(2000);
      mock.load.drift(0.8);
      pass(2);
      const after = mock.load.expectedCounts(2000);
      await call("dump");
      const steps = recording();
      for (const [part, expected] of [
        [steps.slice(0, 20), before],
        [steps.slice(20, 40), after],
      ] as const) {
        const row = expected[1] ?? [];
        const mean = Math.max(...row);
        const counted = part.reduce((sum, rows) => sum + (rows[1]?.[row.indexOf(mean)] ?? 0), 0);
        assert.ok(Math.abs(counted - mean) < 6 * Math.sqrt(mean) + 20, `${counted}, not ${mean}`);
      }
    });

    it("nothing while there is no traffic", async () => {
      mock.load.flow(0);
      await call("start");
      pass(4);
      await call("dump");
      assert.equal(total(), 0);
      mock.load.flow(500);
      pass(1);
      await call("dump");
      assert.equal(total(), 10 * 50 * 2 * 2);
    });
  });

  describe("can be broken so that", () => {
    it("a dump fails", async () => {
      mock.leader(first).fault = "dump-fails";
      assert.equal((await call("dump")).status, 500);
      assert.deepEqual(files(), []);
      mock.leader(first).fault = undefined;
      assert.equal((await call("dump")).status, 200);
    });

    it("a dump writes nothing", async () => {
      mock.leader(first).fault = "dump-writes-nothing";
      assert.equal((await call("dump")).status, 200);
      assert.deepEqual(files(), []);
    });

    it("a dump writes half a file", async () => {
      await call("dump");
      milliseconds += 1;
      mock.leader(first).fault = "dump-writes-half";
      await call("dump");
      const [whole, half] = files().map((file) => readFileSync(join(directory, first, file)));
      assert.ok(whole !== undefined && half !== undefined);
      assert.equal(half.length, whole.length >> 1);
    });

    it("a recording is of another model", async () => {
      mock.leader(first).fault = "dump-of-another-model";
      await call("dump");
      const file = readFileSync(join(directory, first, files()[0] ?? ""));
      // The shape as pickle has it: 1 step, 4 layers, 8 experts.
      assert.ok(file.includes(Buffer.from("4b014b044b0887", "hex")));
    });

    it("calls hang, while its health does not show it", async () => {
      mock.leader(first).fault = "hangs";
      await assert.rejects(ask(`http://${first}:30000/start_expert_distribution_record`, { wait: 100 }), /no answer/);
      assert.equal((await ask(`http://${first}:30000/health`, { method: "GET" })).status, 200);
      assert.equal((await call("start", second)).status, 200);
      assert.deepEqual(mock.requests[0], { method: "POST", host: first, path: "/start_expert_distribution_record" });
    });

    it("it dies of a call that its recorder is not set up for, until it is started again", async () => {
      await again({ recorder: false });
      await assert.rejects(call("start"), /socket hang up/);
      assert.equal((await ask(`http://${first}:30000/health`)).status, 502);
      mock.leader(first).restart();
      assert.equal((await ask(`http://${first}:30000/health`)).status, 200);
    });
  });

  it("lets nobody record without the key that it has", async () => {
    await again({ adminKey: "canary" });
    const url = `http://${first}:30000/dump_expert_distribution_record`;
    assert.equal((await ask(url)).status, 401);
    assert.equal((await ask(url, { key: "Bearer wrong" })).status, 401);
    assert.deepEqual(files(), []);
    assert.equal((await ask(url, { key: "Bearer canary" })).status, 200);
    assert.equal((await ask(`http://${first}:30000/health`)).status, 200);
  });

  it("is found by the names of its leaders only, and remembers who was asked for what", async () => {
    const asked = [
      `http://${first}:30000/health`,
      `http://${first}.svc:30000/health`,
      `http://${first}.svc.cluster.local:30000/health`,
      `http://${first}:8000/health`,
      "http://decode-1.decode.client1:30000/health",
      `http://${first}:30000/nothing`,
      "/health",
    ];
    const statuses: number[] = [];
    for (const url of asked) statuses.push((await ask(url, { method: "GET" })).status);
    assert.deepEqual(statuses, [200, 200, 200, 502, 502, 404, 400]);
    assert.deepEqual(mock.requests.slice(3, 5), [
      { method: "GET", host: first, path: "/health", status: 502 },
      { method: "GET", host: "decode-1.decode.client1", path: "/health", status: 502 },
    ]);
  });

  it("tells what it was started with", async () => {
    const { body } = await ask(`http://${first}:30000/get_server_info`, { method: "GET" });
    assert.deepEqual(JSON.parse(body), {
      model_path: "deepseek-ai/DeepSeek-R1",
      served_model_name: "deepseek-ai/DeepSeek-R1",
      disaggregation_mode: "decode",
      ep_size: 4,
      expert_distribution_recorder_mode: "stat",
      expert_distribution_recorder_buffer_size: 50,
      version: "0.5.8",
    });
  });

  describe("has metrics", () => {
    async function metrics(): Promise<Readonly<Record<string, number>>> {
      const { body } = await ask(`http://${first}:30000/metrics`, { method: "GET" });
      const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      return Object.fromEntries(
        lines.map((line) => [/^sglang:(\w+)/.exec(line)?.[1] ?? line, Number(line.split(" ").at(-1))]),
      );
    }

    it("of tokens, requests and the balance of its experts", async () => {
      const at = balancedness(mock.load.expectedCounts(1), trivialPlacement(3, 16, 4));
      pass(2);
      const { eplb_balancedness_sum, ...others } = await metrics();
      assert.deepEqual(others, { num_running_reqs: 100, generation_tokens_total: 2000, eplb_balancedness_count: 20 });
      assert.ok(Math.abs((eplb_balancedness_sum ?? 0) - 20 * at) < 1e-9);
    });

    it("that stand still without traffic, and begin at zero after a restart", async () => {
      pass(2);
      mock.load.flow(0);
      pass(5);
      const { num_running_reqs, generation_tokens_total } = await metrics();
      assert.deepEqual([num_running_reqs, generation_tokens_total], [0, 2000]);
      mock.leader(first).restart();
      assert.equal((await metrics()).generation_tokens_total, 0);
    });

    it("that show how experts are placed from then on", async () => {
      pass(1);
      const before = await metrics();
      // One rank gets all, the others nothing: a quarter, and one for the dense layer.
      const alone = Array.from({ length: 3 }, (_, layer) => (layer === 0 ? [0, 0, 0, 0] : [1, 0, 0, 0]));
      assert.equal(balancedness(alone, trivialPlacement(3, 4, 4)), (1 + 1 / 4 + 1 / 4) / 3);
      const everywhere = Array.from({ length: 4 * 16 }, (_, slot) => slot % 16);
      mock.leader(first).place({ ranks: 4, physicalToLogical: [everywhere, everywhere, everywhere] });
      pass(1);
      const after = await metrics();
      const gained = (after.eplb_balancedness_sum ?? 0) - (before.eplb_balancedness_sum ?? 0);
      assert.ok(Math.abs(gained - 10) < 1e-9, `${gained}`); // every rank has every expert
      assert.ok((before.eplb_balancedness_sum ?? 0) < 9.5);
    });
  });
});

describe("the load of the mock", () => {
  it("is a share of every token in every layer that is not dense", () => {
    const load = new MockLoad(shape, () => 0);
    const sums = load.expectedCounts(100).map((row) => row.reduce((sum, count) => sum + count, 0));
    sums.forEach((sum, layer) => {
      assert.ok(Math.abs(sum - (layer === 0 ? 0 : 200)) < 1e-6);
    });
  });

  it("drifts by that share to the same loads in another order", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1000 }), (share, seed) => {
        const load = new MockLoad({ ...shape, seed }, () => 0);
        const before = load.expectedCounts(1);
        load.drift(share);
        load.expectedCounts(1).forEach((row, layer) => {
          const moved = row.map((value, expert) => value - (1 - share) * (before[layer]?.[expert] ?? 0));
          const from = (before[layer] ?? []).map((value) => value * share);
          const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
          sorted(moved).forEach((value, index) => {
            assert.ok(Math.abs(value - (sorted(from)[index] ?? 0)) < 1e-9);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  it("is drawn with its exact sum, and never below zero", () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 32 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 100_000 }), fc.integer(), (row, choices, seed) => {
        const total = row.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0 && choices > 100 * row.length);
        const drawn = drawCounts(
          row.map((weight) => weight / total),
          choices,
          mulberry32(seed),
        );
        assert.equal(
          drawn.reduce((sum, count) => sum + count, 0),
          choices,
        );
        assert.ok(drawn.every((count) => count >= 0));
      }),
    );
  });
});
