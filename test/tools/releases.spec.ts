import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnreachableError, type Downloads } from "../../tools/engine/download";
import { fromCache } from "../../tools/engine/from-cache";
import { fromRelease } from "../../tools/engine/from-release";
import type { ProgramName } from "../../tools/engine/programs";
import { releaseOf, sumFor, thisPlatform } from "../../tools/engine/releases";

const silent = (): void => undefined;

describe("official releases", () => {
  let bin: string;
  beforeEach(() => (bin = mkdtempSync(join(tmpdir(), "nvl72-bin-"))));
  afterEach(() => rmSync(bin, { recursive: true, force: true }));

  const linux = { os: "linux", cpu: "amd64" } as const;

  it("knows where publishers offer what", () => {
    const url = (name: ProgramName): string | undefined => releaseOf(name, linux)?.url;
    assert.equal(url("pulumi"), "https://get.pulumi.com/releases/sdk/pulumi-v3.259.0-linux-x64.tar.gz");
    assert.equal(releaseOf("pulumi", linux)?.sums, "https://get.pulumi.com/releases/sdk/pulumi-3.259.0-checksums.txt");
    assert.equal(url("pulumi-language-nodejs"), url("pulumi"));
    assert.equal(
      url("pulumi-resource-kubernetes"),
      "https://get.pulumi.com/releases/plugins/pulumi-resource-kubernetes-v4.25.0-linux-amd64.tar.gz",
    );
    assert.equal(url("kube-apiserver"), "https://dl.k8s.io/release/v1.35.3/bin/linux/amd64/kube-apiserver");
    assert.equal(
      url("etcd"),
      "https://github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz",
    );
    assert.equal(
      url("kwokctl"),
      "https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwokctl-linux-amd64",
    );
    assert.equal(
      url("promtool"),
      "https://github.com/prometheus/prometheus/releases/download/v3.13.5/prometheus-3.13.5.linux-amd64.tar.gz",
    );
    for (const name of ["assets", "lws-manager", "compute-domain-controller", "ray-operator", "rack-agent"] as const) {
      assert.equal(url(name), undefined, name);
    }
  });

  it("asks for each platform in the publisher's words", () => {
    const mac = thisPlatform("darwin", "arm64");
    assert.ok(mac !== undefined);
    assert.match(releaseOf("pulumi", mac)?.url ?? "", /darwin-arm64\.tar\.gz$/);
    assert.match(releaseOf("pulumi-resource-kubernetes", mac)?.url ?? "", /darwin-arm64\.tar\.gz$/);
    assert.equal(releaseOf("kube-apiserver", mac), undefined);
    assert.equal(thisPlatform("win32", "x64"), undefined);
    assert.equal(thisPlatform("linux", "riscv64"), undefined);
  });

  it("reads sums of both forms", () => {
    const [a, b] = ["a".repeat(64), "B".repeat(64)];
    assert.equal(sumFor("two", `${a}  one\n${b} *two\n`), "b".repeat(64));
    assert.equal(sumFor("any", `${a}\n`), a);
    assert.equal(sumFor("three", `${a}  one\n${b}  two\n`), undefined);
    assert.equal(sumFor("page", "<html>\n"), undefined);
  });

  /** Serves files from memory and notes what was asked for. */
  const serving = (files: Record<string, Buffer | string>, asked: string[] = []): Downloads => {
    const get = (url: string): Buffer | string => {
      asked.push(url);
      const content = files[url];
      if (content === undefined) throw new UnreachableError(`${new URL(url).host} cannot be reached`);
      return content;
    };
    return {
      text: async (url) => Promise.resolve(get(url).toString()),
      file: async (url, path) => Promise.resolve(writeFileSync(path, get(url))),
    };
  };
  const kubectlUrl = "https://dl.k8s.io/release/v1.35.3/bin/linux/amd64/kubectl";
  const sum = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");

  it("installs what matches its sum", async () => {
    const downloads = serving({ [kubectlUrl]: "program", [`${kubectlUrl}.sha256`]: sum("program") });
    const { ready } = await fromRelease(bin, downloads, linux).obtain(["kubectl"], silent);
    assert.deepEqual(ready, ["kubectl"]);
    assert.equal(readFileSync(join(bin, "kubectl"), "utf8"), "program");
    assert.deepEqual((await fromCache(bin).obtain(["kubectl"], silent)).ready, ["kubectl"]);
  });

  it("refuses what does not", async () => {
    const downloads = serving({ [kubectlUrl]: "tampered", [`${kubectlUrl}.sha256`]: sum("program") });
    const { ready, refused } = await fromRelease(bin, downloads, linux).obtain(["kubectl"], silent);
    assert.deepEqual(ready, []);
    assert.equal(refused.get("kubectl"), `${kubectlUrl} does not match its published SHA-256 sum`);
    assert.equal(existsSync(join(bin, "kubectl")), false);
  });

  it("fetches an archive once for all programs in it", async () => {
    mkdirSync(join(bin, "pulumi"));
    for (const name of ["pulumi", "pulumi-language-nodejs"]) writeFileSync(join(bin, "pulumi", name), name);
    execFileSync("tar", ["-czf", "archive", "pulumi"], { cwd: bin });
    const archive = readFileSync(join(bin, "archive"));
    rmSync(join(bin, "pulumi"), { recursive: true });
    const { url = "", sums = "" } = releaseOf("pulumi", linux) ?? {};
    const asked: string[] = [];
    const downloads = serving({ [url]: archive, [sums]: `${sum(archive)}  pulumi-v3.259.0-linux-x64.tar.gz\n` }, asked);
    const names = ["pulumi", "pulumi-language-nodejs"] as const;
    assert.deepEqual((await fromRelease(bin, downloads, linux).obtain(names, silent)).ready, names);
    assert.deepEqual(asked, [url, sums]);
    assert.equal(readFileSync(join(bin, "pulumi-language-nodejs"), "utf8"), "pulumi-language-nodejs");
  });

  it("asks a server that does not answer only once", async () => {
    const asked: string[] = [];
    const names = ["kube-apiserver", "kubectl", "kwok"] as const;
    const { refused } = await fromRelease(bin, serving({}, asked), linux).obtain(names, silent);
    assert.deepEqual(
      asked.map((url) => new URL(url).host),
      ["dl.k8s.io", "github.com"],
    );
    assert.deepEqual(
      [...refused.values()],
      [...["dl.k8s.io cannot be reached", "dl.k8s.io cannot be reached", "github.com cannot be reached"]],
    );
  });
});
