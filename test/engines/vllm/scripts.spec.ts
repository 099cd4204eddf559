import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drain, drainScript, rayDrain } from "../../../src/engines/vllm/drain";
import { groupLauncher } from "../../../src/engines/vllm/launcher";
import { decodeOn, onServers, processOf } from "./cases";

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly seconds: number;
}

/** Starts what a pod would run, with the python3 of this machine. */
function start(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const started = process.hrtime.bigint();
  const child = spawn("python3", ["-c", script, ...args], { env: { ...process.env, ...env } });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const ended = once(child, "close").then(([code]: (number | null)[]): Ended => ({
    code: code ?? null,
    output,
    seconds: Number(process.hrtime.bigint() - started) / 1e9,
  }));
  return { child, ended, said: () => output };
}

const python = (script: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> =>
  start(script, args, env).ended;

/** Metrics of a server with one line per rank: requests that run, and that wait. */
function metrics(...ranks: readonly (readonly [running: number, waiting: number])[]): string {
  const lines = ranks.flatMap(([running, waiting], rank) => [
    `vllm:num_requests_running{engine="${rank}",model_name="m"} ${running}.0`,
    `vllm:num_requests_waiting{engine="${rank}",model_name="m"} ${waiting}.0`,
    `vllm:num_requests_waiting_by_reason{engine="${rank}",model_name="m",reason="capacity"} 7.0`,
  ]);
  return ["# HELP vllm:num_requests_running Number of requests in model execution batches.", ...lines].join("\n");
}

/** A server that answers with one page after the other, and with the last one from then on. */
async function serverWith(pages: readonly string[]): Promise<{ port: string; asked: () => number; stop: () => void }> {
  let asked = 0;
  const server = http.createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end();
    const page = pages[Math.min(asked, pages.length - 1)];
    asked += 1;
    response.writeHead(200).end(page);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = String((server.address() as AddressInfo).port);
  return { port, asked: () => asked, stop: () => server.close() };
}

async function freePort(): Promise<string> {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

describe("scripts that run in a vLLM pod", function () {
  this.timeout(30_000);

  describe("drain", () => {
    it("waits until no rank of this tray has a request, asked three times", async () => {
      const server = await serverWith([metrics([0, 0], [2, 0]), metrics([0, 1], [0, 0]), metrics([0, 0], [0, 0])]);
      const { code, output } = await python(drainScript, ["0", "20", "0.02", server.port, "own"]);
      server.stop();
      assert.deepEqual({ code, output, asked: server.asked() }, { code: 0, output: "", asked: 5 });
    });

    it("asks itself on every tray that serves, and the leader from a headless one", async () => {
      const server = await serverWith([metrics([0, 0])]);
      const env = { LWS_WORKER_INDEX: "3", LWS_LEADER_ADDRESS: "nobody.invalid" };
      const own = await python(drainScript, ["0", "20", "0.02", server.port, "own"], env);
      assert.deepEqual([own.code, server.asked()], [0, 3]);
      const leader = { LWS_WORKER_INDEX: "3", LWS_LEADER_ADDRESS: "localhost" };
      const other = await python(drainScript, ["0", "20", "0.02", server.port, "leader"], leader);
      server.stop();
      assert.deepEqual([other.code, server.asked()], [0, 6]);
    });

    it("gives up at its limit, so that a stuck request cannot hold a tray for ever", async () => {
      const server = await serverWith([metrics([1, 0])]);
      const { code, seconds } = await python(drainScript, ["0", "1", "0.02", server.port, "own"]);
      server.stop();
      assert.equal(code, 0);
      assert.ok(seconds >= 1 && seconds < 4, `${seconds} s`);
    });

    it("takes a server that no longer answers for drained", async () => {
      const { code, seconds } = await python(drainScript, ["0", "20", "0.02", await freePort(), "own"]);
      assert.equal(code, 0);
      assert.ok(seconds < 6, `${seconds} s`);
    });

    it("asks every node of a Ray cluster, by the file of its head, and reads Ray's names of the gauges", async () => {
      const page = (running: number): string =>
        `ray_vllm:num_requests_running{WorkerId="a",engine="0"} ${running}.0\nray_vllm_num_requests_waiting{engine="0"} 0.0`;
      const [idle, busy] = [await serverWith([page(0)]), await serverWith([page(2), page(1), page(0)])];
      const folder = mkdtempSync(join(tmpdir(), "nvl72-ray-"));
      const listed = join(folder, "prom_metrics_service_discovery.json");
      const targets = [idle, busy].map(({ port }) => `127.0.0.1:${port}`);
      writeFileSync(listed, JSON.stringify([{ labels: { job: "ray" }, targets }]));
      const { code, output } = await python(drainScript, ["0", "20", "0.02", "8080", "cluster", listed]);
      for (const { stop } of [idle, busy]) stop();
      rmSync(folder, { recursive: true });
      assert.deepEqual({ code, output, asked: [idle.asked(), busy.asked()] }, { code: 0, output: "", asked: [5, 5] });
    });

    it("goes where Ray's head has listed nobody", async () => {
      const { code, seconds } = await python(drainScript, ["0", "20", "0.02", "8080", "cluster", "/nowhere"]);
      assert.equal(code, 0);
      assert.ok(seconds < 6, `${seconds} s`);
    });

    it("on a node of Ray asks the node's exporter, and on its head all of them", () => {
      assert.deepEqual(rayDrain("own", 60).command.slice(3), ["10", "70", "5", "8080", "own"]);
      assert.deepEqual(rayDrain("cluster", 410).command.slice(3), ["10", "420", "5", "8080", "cluster"]);
      assert.equal(rayDrain("cluster", 410).seconds, 420);
    });

    it("settles first, and takes at most that and the slowest request", () => {
      const { command, seconds } = drain(410, true);
      assert.deepEqual(command.slice(3), ["10", "420", "1", "8000", "own"]);
      assert.equal(seconds, 420);
      assert.equal(drain(60, false).command.at(-1), "leader");
    });
  });

  describe("launcher of a group", () => {
    let folder = "";
    let path: Readonly<Record<string, string>> = {};

    before(() => {
      folder = mkdtempSync(join(tmpdir(), "nvl72-vllm-"));
      // Says what it was started with; then ends as it is told, or waits to be.
      const fake = `#!/usr/bin/env python3
import json, os, sys, time
print(json.dumps(sys.argv[1:]), flush=True)
if os.environ.get("FAKE_WAITS"):
    time.sleep(60)
sys.exit(int(os.environ.get("FAKE_CODE", "0")))
`;
      writeFileSync(join(folder, "vllm"), fake);
      chmodSync(join(folder, "vllm"), 0o755);
      path = { PATH: `${folder}:${process.env.PATH ?? ""}` };
    });
    after(() => rmSync(folder, { recursive: true }));

    it("gives the fourth of eight trays its ranks and the leader's address, and changes nothing else", async () => {
      const { args } = processOf(decodeOn(onServers));
      const rest = args.slice(2);
      const { code, output } = await python(groupLauncher, ["localhost", "3", ...rest], path);
      assert.equal(code, 0, output);
      const appended = ["--data-parallel-address", "127.0.0.1", "--data-parallel-start-rank", "12"];
      assert.deepEqual(JSON.parse(output), [...rest, ...appended]);
    });

    const tensor = ["serve", "/models/m", "--nnodes", "2", "--tensor-parallel-size", "8"];

    it("starts the first tray of a tensor-parallel group as its server", async () => {
      const { output } = await python(groupLauncher, ["localhost", "0", ...tensor], path);
      assert.deepEqual(JSON.parse(output), [...tensor, "--master-addr", "127.0.0.1", "--node-rank", "0"]);
    });

    it("starts the others headless, answers for their health, and hands a stop on", async () => {
      const port = await freePort();
      const env = { ...path, FAKE_WAITS: "1" };
      const { child, ended, said } = start(groupLauncher, ["localhost", "1", ...tensor, "--port", port], env);
      let status = 0;
      for (let attempt = 0; attempt < 200 && (status === 0 || said() === ""); attempt++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        status = await fetch(`http://127.0.0.1:${port}/health`).then(
          (answer) => answer.status,
          () => 0,
        );
      }
      assert.equal(status, 200);
      child.kill("SIGTERM");
      const { code, output, seconds } = await ended;
      assert.equal(code, 143);
      assert.ok(seconds < 20);
      const appended = ["--master-addr", "127.0.0.1", "--node-rank", "1", "--headless"];
      assert.deepEqual(JSON.parse(output), [...tensor, "--port", port, ...appended]);
    });

    it("ends as a headless engine ends", async () => {
      const args = ["localhost", "1", ...tensor, "--port", await freePort()];
      const { code } = await python(groupLauncher, args, { ...path, FAKE_CODE: "7" });
      assert.equal(code, 7);
    });
  });
});
