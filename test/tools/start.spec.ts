import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../tools/engine/home";
import { Progress } from "../../tools/start/progress";
import { breakStaleLock } from "../../tools/start/stale-lock";
import { formatSummary, readTiers, skippedTier } from "../../tools/testing/tier";

describe("progress", () => {
  const screen = (isTTY: boolean): { text: string; isTTY: boolean; write(text: string): void } => ({
    text: "",
    isTTY,
    write(text) {
      this.text += text;
    },
  });

  it("prints every detail where lines cannot be taken back", async () => {
    const log = screen(false);
    const progress = new Progress(2, log);
    await progress.step("engine", (detail) => {
      detail("pulumi downloaded");
      return Promise.resolve("ready");
    });
    await progress.step("rack", () => Promise.resolve("up"));
    assert.equal(
      log.text.replaceAll(/\d+\.\d s/g, "0.0 s"),
      `      pulumi downloaded\n[1/2] engine   ready${" ".repeat(39)}0.0 s\n[2/2] rack     up${" ".repeat(42)}0.0 s\n`,
    );
  });

  it("keeps to one line per step on a terminal", async () => {
    const terminal = screen(true);
    await new Progress(1, terminal).step("rack", () => Promise.resolve("up"));
    assert.equal(terminal.text.split("\n").length, 2);
    assert.ok(terminal.text.startsWith("\r\x1b[K[1/1] rack     ..."));
  });

  it("says which step failed, and passes the failure on", async () => {
    const terminal = screen(true);
    await assert.rejects(
      new Progress(1, terminal).step("rack", () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.ok(terminal.text.endsWith("[1/1] rack     failed\n"));
  });
});

describe("a stack's lock", () => {
  it("is broken when the process that took it is gone, and only then", () => {
    const directory = mkdtempSync(join(tmpdir(), "nvl72-lock-"));
    const locks = join(directory, "state", ".pulumi", "locks", "organization", "nvl72");
    const write = (stack: string, pid: number, host = hostname()): string => {
      const file = join(locks, stack, "1234.json");
      mkdirSync(join(locks, stack), { recursive: true });
      writeFileSync(file, JSON.stringify({ pid, hostname: host }));
      return file;
    };
    const gone = 2 ** 22 + 1; // above the largest process id of Linux
    const workspace = { project: "", directory, bin: "" };
    const files = [write("client1", gone), write("client2", process.pid), write("rack", gone, "elsewhere")];
    for (const stack of ["client1", "client2", "rack"]) breakStaleLock(workspace, stack);
    assert.deepEqual(
      files.map((file) => existsSync(file)),
      [false, true, true],
    );
    rmSync(directory, { recursive: true });
  });
});

describe("the test tiers", () => {
  it("are all, or those named, in their order", () => {
    assert.deepEqual(readTiers([]), ["check", "unit", "engine", "rack"]);
    assert.deepEqual(readTiers(["rack", "unit"]), ["unit", "rack"]);
    assert.throws(() => readTiers(["e2e"]), /there is no tier e2e; tiers are check, unit, engine, rack/);
  });

  it("end with one line for all of them", () => {
    const summary = formatSummary([
      { tier: "unit", passed: 200, failed: 1, skipped: ["a test"], seconds: 1.23 },
      skippedTier("rack", "etcd missing", false),
    ]);
    assert.deepEqual(summary.split("\n").slice(-3), [
      "skipped: a test",
      "skipped: all of rack: etcd missing",
      "200 passed, 1 failed",
    ]);
  });

  it("must all run in CI", () => {
    assert.equal(skippedTier("rack", "etcd missing", true).failed, 1);
  });
});

describe("dependencies", () => {
  it("are those of package-lock.json, whoever installed them", async () => {
    const url = pathToFileURL(join(root, "tools", "dependencies.mjs")).href;
    const { installed } = (await import(url)) as { installed: (directory: string) => boolean };
    const directory = mkdtempSync(join(tmpdir(), "nvl72-lockfile-"));
    const write = (path: string, packages: object): void => {
      mkdirSync(join(directory, "node_modules"), { recursive: true });
      writeFileSync(join(directory, path), JSON.stringify({ packages }));
    };
    const wanted = {
      "": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b": { version: "2.0.0", optional: true },
    };
    write("package-lock.json", wanted);
    assert.equal(installed(directory), false, "nothing is installed");
    write("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.0" } });
    assert.equal(installed(directory), true, "optional packages may be left out");
    write("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.1" } });
    assert.equal(installed(directory), false, "another version");
    writeFileSync(join(directory, "node_modules", ".package-lock.json"), "{ half");
    assert.equal(installed(directory), false, "an install that was cut off");
    rmSync(directory, { recursive: true });
  });
});
