import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { drain, drainScript } from "../../../src/engines/sglang/drain";
import { groupLauncher } from "../../../src/engines/sglang/launcher";

/** Runs what a pod would run, with the python3 of this machine. */
async function python(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string; seconds: number }> {
  const started = process.hrtime.bigint();
  const child = spawn("python3", ["-c", script, ...args], { env: { ...process.env, ...env } });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output, seconds: Number(process.hrtime.bigint() - started) / 1e9 };
}

/** An engine that answers with one load after the other, and with the last one from then on. */
async function engineWithLoads(
  path: string,
  loads: readonly unknown[],
): Promise<{ port: string; asked: () => number; stop: () => void }> {
  let asked = 0;
  const server = http.createServer((request, response) => {
    if (request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    const load = loads[Math.min(asked, loads.length - 1)];
    asked += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(load));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = String((server.address() as AddressInfo).port);
  return { port, asked: () => asked, stop: () => server.close() };
}

const busyRank = { dp_rank: 0, num_reqs: 3, num_waiting_reqs: 1, num_tokens: 4096 };
const idleRank = { dp_rank: 1, num_reqs: 0, num_waiting_reqs: 0, num_tokens: 4096 };

describe("scripts that run in an engine pod", () => {
  describe("drain", () => {
    it("waits until no rank has a request, asked three times", async () => {
      const engine = await engineWithLoads("/get_load", [
        [idleRank, busyRank],
        [busyRank, idleRank],
        [idleRank, idleRank],
      ]);
      const { code, output } = await python(drainScript, ["0", "20", "0.02", engine.port]);
      engine.stop();
      assert.deepEqual({ code, output, asked: engine.asked() }, { code: 0, output: "", asked: 5 });
    });

    it("reads the newer form of the same answer", async () => {
      const loads = [
        { loads: [{ num_running_reqs: 2, num_waiting_reqs: 0 }] },
        { loads: [{ num_running_reqs: 0, num_waiting_reqs: 0 }] },
      ];
      const engine = await engineWithLoads("/v1/loads", loads);
      const { code } = await python(drainScript, ["0", "20", "0.02", engine.port]);
      engine.stop();
      assert.deepEqual({ code, asked: engine.asked() }, { code: 0, asked: 4 });
    });

    it("gives up at its limit, so that a stuck request cannot hold a tray for ever", async () => {
      const engine = await engineWithLoads("/get_load", [[busyRank]]);
      const { code, seconds } = await python(drainScript, ["0", "1", "0.02", engine.port]);
      engine.stop();
      assert.equal(code, 0);
      assert.ok(seconds >= 1 && seconds < 4, `${seconds} s`);
    });

    it("takes an engine that no longer answers for drained", async () => {
      const engine = await engineWithLoads("/get_load", []);
      engine.stop();
      const { code, seconds } = await python(drainScript, ["0", "20", "0.02", engine.port]);
      assert.equal(code, 0);
      assert.ok(seconds < 6, `${seconds} s`);
    });

    it("asks the leader from the other trays of the group", async () => {
      const engine = await engineWithLoads("/get_load", [[idleRank]]);
      const env = { LWS_WORKER_INDEX: "3", LWS_LEADER_ADDRESS: "localhost" };
      const { code } = await python(drainScript, ["0", "20", "0.02", engine.port], env);
      engine.stop();
      assert.deepEqual({ code, asked: engine.asked() }, { code: 0, asked: 3 });
    });

    it("settles first, and takes at most that and the slowest request", () => {
      const { command, seconds } = drain(410);
      assert.deepEqual(command.slice(3), ["10", "420", "1", "30000"]);
      assert.equal(seconds, 420);
    });
  });

  describe("launcher of a group", () => {
    const fake = { PYTHONPATH: `${__dirname}/fake-engine` };

    it("hands the leader's address on instead of its name, and every other argument as it is", async () => {
      const args = ["--tp-size", "8", "--dist-init-addr", "localhost:5757", "--node-rank", "1"];
      const { code, output } = await python(groupLauncher, args, fake);
      assert.equal(code, 0, output);
      assert.deepEqual(JSON.parse(output), [
        "--tp-size",
        "8",
        "--dist-init-addr",
        "127.0.0.1:5757",
        "--node-rank",
        "1",
      ]);
    });
  });
});
