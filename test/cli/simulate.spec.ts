import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulationResult } from "../../src/plan/simulate/result";
import { outputOf, runNvl72, usageErrorOf } from "./run-nvl72";

describe("nvl72 simulate", () => {
  let folder = "";
  /** The stacks of the project with answers so short that seconds are a long run. */
  let stacks = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "nvl72-simulate-"));
    stacks = join(folder, "stacks");
    mkdirSync(stacks);
    for (const client of ["client1", "client2"]) {
      const name = `Pulumi.${client}.yaml`;
      const text = readFileSync(join(__dirname, "../../stacks", name), "utf8")
        .replace(/outputTokens: \d+/, "outputTokens: 100")
        .replace(/nvl72:rack: .*/, "nvl72:trays: 3");
      writeFileSync(join(stacks, name), text);
    }
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const simulated = async (...args: readonly string[]): Promise<SimulationResult> =>
    JSON.parse(await outputOf("simulate", stacks, "--seconds", "30", "--json", ...args)) as SimulationResult;
  const client1 = ({ clients }: SimulationResult) => {
    const [first] = clients;
    assert.ok(first);
    return first;
  };

  it("is the same for a seed, and another for another", async () => {
    const first = await simulated();
    assert.deepEqual(await simulated("--seed", "1"), first);
    assert.notDeepEqual(await simulated("--seed", "2"), first);
  });

  it("sends what each client asks for, times the load", async () => {
    const arrived = (result: SimulationResult): readonly number[] =>
      result.clients.map(({ window, requests }) => requests.arrived / window.toSeconds);
    const usual = arrived(await simulated());
    const halved = arrived(await simulated("--load", "0.5"));
    [20, 36].forEach((asked, i) => {
      const [whole = NaN, half = NaN] = [usual[i], halved[i]];
      assert.ok(Math.abs(whole / asked - 1) < 0.15, `${whole} of ${asked}`);
      assert.ok(Math.abs(half / asked - 0.5) < 0.1, `${half} of half of ${asked}`);
    });
  });

  it("loads a client that asks for no rate to 85 % of what it is predicted to serve", async () => {
    const quiet = join(folder, "quiet");
    mkdirSync(quiet);
    const text = readFileSync(join(stacks, "Pulumi.client2.yaml"), "utf8");
    writeFileSync(join(quiet, "Pulumi.client2.yaml"), text.replace(/, requestsPerSecond: \d+/, ""));
    const plan = JSON.parse(await outputOf("plan", quiet, "--json")) as {
      readonly clients: readonly { readonly prediction: { readonly requestsPerSecond: number } }[];
    };
    const served = plan.clients[0]?.prediction.requestsPerSecond ?? NaN;
    const out = await outputOf("simulate", quiet, "--seconds", "60", "--cv", "0", "--json");
    const { requests, window } = client1(JSON.parse(out) as SimulationResult);
    assert.ok(Math.abs(requests.arrived / window.toSeconds / (0.85 * served) - 1) < 0.01);
  });

  it("warms up for three tenths of the seconds before the window", async () => {
    const { window } = client1(await simulated());
    assert.equal(window.fromSeconds.toFixed(9), "9.000000000");
    assert.equal(window.toSeconds.toFixed(9), "30.000000000");
  });

  it("waits longer for arrivals in bursts", async () => {
    const wait = async (cv: string): Promise<number> =>
      client1(await simulated("--cv", cv)).ttft.partsSeconds.queue.mean;
    assert.ok((await wait("4")) > (await wait("0")));
  });

  it("keeps as many requests under way as there are users in a closed loop", async () => {
    const result = client1(await simulated("--concurrency", "client1=24"));
    const within = Object.values(result.stages).reduce((sum, stage) => sum + stage.meanRequestsInWindow, 0);
    assert.ok(Math.abs(within - 24) < 0.01, `${within}`);
    // Lengths are drawn from 0.8 to 1 of the nominal ones.
    const tokens = result.requests.inputTokens / result.requests.finished;
    assert.ok(Math.abs(tokens / 1024 - 0.9) < 0.01, `${tokens}`);
  });

  it("replays a trace at the asked rate", async () => {
    const file = join(folder, "trace.jsonl");
    const lines = Array.from({ length: 41 }, (_, i) =>
      JSON.stringify({ timestamp: 1000 * i, input_length: 100 + i, output_length: 10 }),
    );
    writeFileSync(file, lines.join("\n"));
    const { requests, stages } = client1(await simulated("--trace", `client1=${file}`));
    assert.equal(requests.arrived, 41);
    assert.equal(requests.inputTokens, 41 * 120);
    assert.equal(requests.outputTokens, 410);
    assert.equal(stages.decode.visits, 41);
    const lastAt = async (load: string): Promise<number> =>
      client1(await simulated("--trace", `client1=${file}`, "--load", load)).window.toSeconds;
    assert.deepEqual([(await lastAt("1")).toFixed(3), (await lastAt("0.5")).toFixed(3)], ["2.000", "4.000"]);
  });

  it("prints a table, and runs so long that the longest answers come five times", async () => {
    const table = await outputOf("simulate", stacks, "--seconds", "5");
    assert.match(table, /^ +client1 +client2\nrequests measured +\d+ +\d+\n/);
    assert.match(table, /\nprefill of client1: \d+ % used, [\d,]+ tokens\/s per GPU\nprefill of client2: /);
    const { clients } = JSON.parse(await outputOf("simulate", stacks, "--json")) as SimulationResult;
    const [{ window } = { window: { toSeconds: NaN } }] = clients;
    assert.ok(window.toSeconds > 10 && window.toSeconds < 25, `${window.toSeconds}`);
  });

  it("refuses what it cannot use", async () => {
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [["other"], "one folder, not also other"],
      [["--seed", "x"], "--seed x is not a number of at least 0"],
      [["--seconds", "0"], "--seconds 0 is not a number of at least 1"],
      [["--load", "much"], "--load much is not a number of at least 0"],
      [["--cv=-1"], "--cv -1 is not a number of at least 0"],
      [["--concurrency", "client1=0"], "--concurrency 0 is not a whole number of at least 1"],
      [["--concurrency", "client1=1.5"], "--concurrency 1.5 is not a whole number of at least 1"],
      [["--concurrency", "24"], "--concurrency 24 is not CLIENT=VALUE with a client of client1, client2"],
      [["--trace", "client3=x"], "--trace client3=x is not CLIENT=VALUE with a client of client1, client2"],
      [["--trace", "client1=x", "--concurrency", "client1=2"], "client1 has --concurrency or --trace, not both"],
    ];
    for (const [args, message] of refusals) {
      assert.equal(await usageErrorOf("simulate", stacks, ...args), `nvl72 simulate: ${message}\n`);
    }
    assert.match(
      await usageErrorOf("simulate", stacks, "--trace", `client1=${join(folder, "absent")}`),
      /^nvl72 simulate: cannot read .*absent: ENOENT/,
    );
    const empty = join(folder, "empty");
    mkdirSync(empty);
    assert.equal(await usageErrorOf("simulate", empty), "nvl72 simulate: the folder has no client stack\n");
  });

  it("fails where nothing is sent", async () => {
    const { status, error } = await runNvl72("simulate", stacks, "--load", "0");
    assert.equal(status, 1);
    assert.match(error, /clients\[0\]\.arrivals\.requestsPerSecond: 0/);
  });
});
