import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { home, root } from "../../tools/engine/home";
import { pulumi, stackOutputs } from "../../tools/pulumi-cli/run";
import { changesNothing, readChanges, type Changes } from "../../tools/pulumi-cli/summary";
import type { PulumiWorkspace } from "../../tools/pulumi-cli/workspace";
import { kubectlGet, rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";

interface Recording {
  readonly counts: number[][];
}

describe("the example, a program of its own with a static expert placement", function () {
  this.timeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), "nvl72-example-"));
  const project = join(directory, "examples/two-pools");
  const recordingFile = join(project, "synthetic.experts.json");
  let rack: Rack;
  let workspace: PulumiWorkspace;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")), trays: 9, ray: false });
    for (const part of ["src", "examples", "package.json"]) {
      cpSync(join(root, part), join(directory, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
    workspace = { project, directory: join(directory, ".state"), bin: home().bin, kubeconfig: rack.kubeconfig };
  });
  after(async () => {
    await rackDown(rack);
    rmSync(directory, { recursive: true });
  });

  async function up(): Promise<Changes> {
    const { code, stdout, stderr } = await pulumi(["up", "--yes", "--skip-preview"], { workspace, stack: "dev" });
    assert.equal(code, 0, stdout + stderr);
    return readChanges(stdout);
  }

  /** Names of the placement's ConfigMap as the cluster has it and as the running decode pods mount it. */
  async function placements(): Promise<{ readonly published: string[]; readonly mounted: string[] }> {
    const maps = await kubectlGet<{ items: { metadata: { name: string } }[] }>(rack, ["configmaps", "-n", "client1"]);
    const pods = await kubectlGet<{ items: { spec: { volumes: { configMap?: { name: string } }[] } }[] }>(rack, [
      "pods",
      "-n",
      "client1",
      "-l",
      "nvl72/role=decode",
    ]);
    const names = maps.items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("client1-experts-"));
    const mounts = pods.items.flatMap(({ spec }) => spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []));
    return { published: names, mounted: [...new Set(mounts)] };
  }

  it("comes up, its transform on every object, and changes nothing the second time", async () => {
    assert.equal((await up()).created, 29);
    assert.ok(changesNothing(await up()));
    const { items } = await kubectlGet<{ items: { metadata: { labels: Record<string, string> } }[] }>(rack, [
      "leaderworkersets",
      "-n",
      "client1",
    ]);
    assert.deepEqual(
      items.map(({ metadata }) => metadata.labels["example.com/cost-center"]),
      ["inference", "inference"],
    );
  });

  it("says what its placement is worth", async () => {
    const [before, after] = (await stackOutputs("dev", workspace)).balancedness as [number, number];
    assert.ok(before < 0.7 && after > 0.99, `${before} ${after}`);
  });

  it("rolls decode onto a new placement when the recording changes, and only then deletes the old one", async () => {
    const old = await placements();
    assert.deepEqual(old.mounted, old.published);
    const recording = JSON.parse(readFileSync(recordingFile, "utf8")) as Recording;
    const counts = recording.counts.map((row) => [...row].reverse());
    writeFileSync(recordingFile, JSON.stringify({ ...recording, counts }));
    const { replaced, created, deleted } = await up();
    assert.deepEqual({ replaced, created, deleted }, { replaced: 1, created: 0, deleted: 0 });
    const now = await placements();
    assert.deepEqual(now.mounted, now.published);
    assert.notDeepEqual(now.published, old.published);
  });
});
