import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromCache } from "../../tools/engine/from-cache";
import { readBuildLine } from "../../tools/engine/from-go";
import { fromMachine, look, type Machine } from "../../tools/engine/from-machine";
import { home } from "../../tools/engine/home";
import { underLock } from "../../tools/engine/lock";
import { explainMissing } from "../../tools/engine/obtain";
import { versions, type ProgramName } from "../../tools/engine/programs";
import { obtainFrom, type Source } from "../../tools/engine/source";
import { formatStamp, parseStamp, readStamp, writeStamp } from "../../tools/engine/stamps";

/** A source that has some programs and refuses the others, and notes what it was asked for. */
function source(title: string, has: readonly ProgramName[], asked: string[] = []): Source {
  return {
    title,
    obtain: (names) => {
      asked.push(`${title}: ${names.join(" ")}`);
      const refused = names.filter((name) => !has.includes(name)).map((name) => [name, "no"] as const);
      return Promise.resolve({ ready: names.filter((name) => has.includes(name)), refused: new Map(refused) });
    },
  };
}

const silent = (): void => undefined;

describe("obtaining programs", () => {
  let bin: string;
  beforeEach(() => (bin = mkdtempSync(join(tmpdir(), "nvl72-bin-"))));
  afterEach(() => rmSync(bin, { recursive: true, force: true }));

  describe("from several sources", () => {
    it("asks each only for what the ones before did not have", async () => {
      const asked: string[] = [];
      const sources = [source("cache", ["etcd"], asked), source("release", ["kwok"], asked), source("Go", [], asked)];
      const { ready, missing } = await obtainFrom(sources, ["etcd", "kwok", "rack-agent"], silent);
      assert.deepEqual(asked, ["cache: etcd kwok rack-agent", "release: kwok rack-agent", "Go: rack-agent"]);
      assert.deepEqual(ready, ["etcd", "kwok"]);
      assert.deepEqual(missing, [{ name: "rack-agent", reasons: ["cache: no", "release: no", "Go: no"] }]);
    });

    it("asks nobody once everything is there", async () => {
      const asked: string[] = [];
      await obtainFrom([source("cache", ["etcd"], asked), source("Go", [], asked)], ["etcd"], silent);
      assert.deepEqual(asked, ["cache: etcd"]);
    });

    it("says what is missing, why, and what to do", () => {
      const go = "Go: `go` is not on PATH";
      const message = explainMissing([
        { name: "lws-manager", reasons: ["official release: none", go] },
        { name: "rack-agent", reasons: ["official release: none", go] },
        { name: "etcd", reasons: ["official release: github.com cannot be reached", go] },
      ]);
      assert.equal(
        message,
        `3 programs are missing:
  lws-manager, rack-agent
      official release: none
      ${go}
  etcd
      official release: github.com cannot be reached
      ${go}
  to get them: install Go 1.26 or newer (https://go.dev/dl) and run this again;
  with access to get.pulumi.com, dl.k8s.io and github.com most of them are downloaded instead of built`,
      );
    });
  });

  describe("from the cache", () => {
    const cached = async (names: readonly ProgramName[]): Promise<readonly ProgramName[]> =>
      (await fromCache(bin).obtain(names, silent)).ready;

    it("takes a release of the wanted version, and no other", async () => {
      for (const [name, version] of [
        ["etcd", versions.etcd],
        ["kwok", "0.7.0"],
      ] as const) {
        writeFileSync(join(bin, name), "", { mode: 0o755 });
        writeStamp(bin, name, { from: "release", version });
      }
      assert.deepEqual(await cached(["etcd", "kwok", "kubectl"]), ["etcd"]);
    });

    it("does not take a program without a stamp, nor a stamp without a program", async () => {
      writeFileSync(join(bin, "etcd"), "", { mode: 0o755 });
      writeStamp(bin, "kwok", { from: "release", version: versions.kwok });
      assert.deepEqual(await cached(["etcd", "kwok"]), []);
    });

    it("keeps three kinds of stamps", () => {
      const key = "0".repeat(64);
      for (const stamp of [
        { from: "release", version: "1.2.3" },
        { from: "machine", version: "3.259.0", file: "/opt/with space/pulumi" },
        { from: "go", key },
      ] as const) {
        assert.deepEqual(parseStamp(`${formatStamp(stamp)}\n`), stamp);
      }
      assert.equal(parseStamp("something else"), undefined);
    });
  });

  describe("from the machine", () => {
    const machine = (programs: Record<string, string>): Machine => ({
      find: (name) => Object.keys(programs).find((file) => file.endsWith(`/${name}`)),
      ask: (file) => Promise.resolve(programs[file] ?? ""),
      isProgram: (file) => file in programs,
      pulumiHome: "/home/me/.pulumi",
    });

    it("takes a pulumi that is new enough, with the language host beside it", async () => {
      const mine = machine({ "/opt/pulumi": "v3.270.0", "/opt/pulumi-language-nodejs": "" });
      const { ready } = await fromMachine(bin, mine).obtain(["pulumi", "pulumi-language-nodejs", "etcd"], silent);
      assert.deepEqual(ready, ["pulumi", "pulumi-language-nodejs"]);
      assert.equal(readFileSync(join(bin, "pulumi"), "utf8"), `#!/bin/sh\nexec '/opt/pulumi' "$@"\n`);
      assert.deepEqual(readStamp(bin, "pulumi"), { from: "machine", version: "3.270.0", file: "/opt/pulumi" });
    });

    it("says why it does not take one", async () => {
      const mine = machine({ "/usr/bin/pulumi": "v3.100.0", "/usr/bin/kubectl": "Client Version: v1.32.4-dispatcher" });
      assert.equal(await look("pulumi", mine), `/usr/bin/pulumi is 3.100.0, not ${versions.pulumi} or later`);
      assert.equal(await look("pulumi-language-nodejs", mine), await look("pulumi", mine));
      assert.equal(await look("kubectl", mine), "/usr/bin/kubectl is 1.32.4, not 1.34.0 or later");
      assert.equal(
        await look("pulumi-resource-kubernetes", mine),
        `plugin ${versions.pulumiKubernetes} is not installed`,
      );
    });

    it("takes the provider from Pulumi's plugins, in exactly the wanted version", async () => {
      const file = `/home/me/.pulumi/plugins/resource-kubernetes-v${versions.pulumiKubernetes}/pulumi-resource-kubernetes`;
      assert.deepEqual(await look("pulumi-resource-kubernetes", machine({ [file]: "" })), {
        file,
        version: versions.pulumiKubernetes,
      });
    });

    it("never takes a server of the rack", async () => {
      assert.equal(await look("etcd", machine({ "/usr/bin/etcd": "3.6.14" })), undefined);
    });
  });

  describe("from Go", () => {
    it("reads the progress of build.sh", () => {
      assert.deepEqual(readBuildLine("etcd                         building"), { name: "etcd", state: "building" });
      assert.deepEqual(readBuildLine("etcd                         built in 25s, 27 MB"), {
        name: "etcd",
        state: "done",
        seconds: 25,
      });
      assert.deepEqual(readBuildLine("assets                       collected"), { name: "assets", state: "done" });
      assert.deepEqual(readBuildLine("kwok                         up to date"), { name: "kwok", state: "done" });
      assert.equal(readBuildLine("go: downloading something"), undefined);
    });
  });

  describe("under a lock", () => {
    it("lets one at a time work", async () => {
      const order: string[] = [];
      const work = (name: string) => async (): Promise<void> => {
        order.push(`${name} begins`);
        await new Promise((done) => setTimeout(done, 20));
        order.push(`${name} ends`);
      };
      let waitedFor = 0;
      const lock = join(bin, ".lock");
      await Promise.all([
        underLock(lock, silent, work("one")),
        underLock(lock, (owner) => (waitedFor = owner), work("two")),
      ]);
      assert.deepEqual(order, ["one begins", "one ends", "two begins", "two ends"]);
      assert.equal(waitedFor, process.pid);
      assert.equal(existsSync(lock), false);
    });

    it("takes over from a process that is gone", async () => {
      const lock = join(bin, ".lock");
      const gone = Number(execFileSync(process.execPath, ["-e", "console.log(process.pid)"]).toString());
      writeFileSync(lock, String(gone));
      assert.equal(
        await underLock(
          lock,
          () => assert.fail("nothing to wait for"),
          () => Promise.resolve(1),
        ),
        1,
      );
    });

    it("is released when the work fails", async () => {
      const lock = join(bin, ".lock");
      await assert.rejects(
        underLock(lock, silent, () => Promise.reject(new Error("no"))),
        /no/,
      );
      assert.equal(existsSync(lock), false);
    });
  });

  it("is kept outside the checkout, where the user says or where caches belong", () => {
    assert.equal(home({ NVL72_HOME: "/data/nvl72" }).bin, "/data/nvl72/bin");
    assert.equal(home({ XDG_CACHE_HOME: "/caches" }).rack, "/caches/nvl72/rack");
    assert.match(home({}).directory, /\/\.cache\/nvl72$/);
  });
});
