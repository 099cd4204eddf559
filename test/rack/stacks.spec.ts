import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderDirectory } from "../../cli/render";
import { root } from "../../tools/engine/home";
import { changesNothing } from "../../tools/pulumi-cli/summary";
import { stackOutputs } from "../../tools/pulumi-cli/run";
import { kubectl, kubectlGet, rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";
import { rackStatus } from "../../tools/rack/status";
import { enginePods, type EnginePod } from "./engine-pods";
import { eventually } from "./eventually";
import { touched } from "./preview-steps";
import { stacksProject, type StacksProject } from "./stacks-project";

const stacks = ["rack", "client1", "client2"] as const;

describe("both clients on a rack of 18 trays, by the real pulumi", function () {
  this.timeout(240_000);
  let rack: Rack;
  let project: StacksProject;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")), ray: false });
    project = stacksProject(rack);
  });
  afterEach(() => project.restore());
  after(async () => {
    await rackDown(rack);
    project.remove();
  });

  async function previewOf(stack: string): Promise<Readonly<Record<string, string>>> {
    const preview = await project.run(stack, "preview", "--json");
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    return touched(preview);
  }

  const uids = (pods: readonly EnginePod[], client: string): readonly string[] =>
    pods
      .filter(({ metadata }) => metadata.namespace === client)
      .map(({ metadata }) => metadata.uid)
      .sort();

  it("come up, rack first", async () => {
    assert.deepEqual(
      [
        (await project.up("rack")).created,
        (await project.up("client1")).created,
        (await project.up("client2")).created,
      ],
      [4, 29, 29],
    );
  });

  it("run every engine pod on a tray of its own, 18 of 18, and share no tray", async () => {
    const pods = [...(await enginePods(rack, "prefill")), ...(await enginePods(rack, "decode"))];
    assert.deepEqual(new Set(pods.map(({ status }) => status.phase)), new Set(["Running"]));
    const trays = pods.map(({ spec }) => spec.nodeName ?? "");
    assert.equal(pods.length, 18);
    assert.equal(new Set(trays).size, 18);
    assert.ok(trays.every((tray) => tray.startsWith("tray-")));
    const clients = new Map<string, number>();
    for (const { metadata } of pods) clients.set(metadata.namespace, (clients.get(metadata.namespace) ?? 0) + 1);
    assert.deepEqual(Object.fromEntries(clients), { client1: 9, client2: 9 });
  });

  it("give each client one NVLink domain over its nine trays", async () => {
    await eventually(20, async () => {
      const { domains } = await rackStatus(rack);
      assert.deepEqual(domains.map(({ name, status, trays }) => [name.split("/")[0], status, trays]).sort(), [
        ["client1", "Ready", 9],
        ["client2", "Ready", 9],
      ]);
    });
  });

  it("change nothing the second time, all three", async () => {
    for (const stack of stacks) assert.ok(changesNothing(await project.up(stack)), stack);
  });

  it("export where requests go, the plan and its prediction", async () => {
    const outputs = await stackOutputs("client1", project.workspace);
    assert.equal(outputs.endpoint, "http://client1-router.client1.svc:30000");
    assert.equal(outputs.ready, true);
    const { trays, prediction } = outputs.plan as { trays: number; prediction: { saturatedPool: string } };
    assert.deepEqual([trays, prediction.saturatedPool], [9, "decode"]);
  });

  describe("a preview", () => {
    it("of another batch rolls that pool and nothing else", async () => {
      project.change("client1", "batchPerRank: 256", "batchPerRank: 192");
      assert.deepEqual(await previewOf("client1"), {
        "client1-decode": "update",
        "client1-decode-workers": "update",
        "client1-router": "update",
      });
    });

    it("of another engine image rolls both pools of that client, in place", async () => {
      project.change("client2", "v0.5.8-cu130", "v0.5.8.post1-cu130");
      assert.deepEqual(await previewOf("client2"), {
        "client2-prefill": "update",
        "client2-prefill-workers": "update",
        "client2-decode": "update",
        "client2-decode-workers": "update",
        // It holds the images of its pools against each other; nothing of its own changes.
        "client2-router": "update",
      });
    });

    it("of one field of the pod template replaces nothing", async () => {
      project.change("client1", "batchPerRank: 256 }", "batchPerRank: 256, drainSeconds: 300 }");
      const ops = await previewOf("client1");
      assert.equal(ops["client1-decode-workers"], "update");
      assert.deepEqual(
        Object.values(ops).filter((op) => op !== "update"),
        [],
      );
    });

    it("of another number of workers changes it in place", async () => {
      project.change("client2", "prefill: { workers: 5", "prefill: { workers: 4");
      assert.equal((await previewOf("client2"))["client2-prefill-workers"], "update");
    });

    it("of other channels makes the new domain, rolls the pools onto it and then deletes the old one", async () => {
      project.change("client1", "  nvl72:experts:", "  nvl72:network: { channels: All }\n  nvl72:experts:");
      const ops = await previewOf("client1");
      assert.match(ops["client1-domain"] ?? "", /replace/);
      assert.equal(ops["client1-prefill-workers"], "update");
      assert.equal(ops["client1-decode-workers"], "update");
    });

    it("asks the API server, which knows more than types do", async () => {
      project.change(
        "client1",
        "  nvl72:experts:",
        '  nvl72:router: { nodeSelector: { "not a label": "x" } }\n  nvl72:experts:',
      );
      const { code, stdout, stderr } = await project.run("client1", "preview");
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /nodeSelector: Invalid value: "not a label"/);
    });

    it("refuses encrypted settings, which plans and outputs would show, and does not show them either", async () => {
      await project.run("client1", "config", "set", "--secret", "--path", "nvl72:router.image", "canary-55");
      const { code, stdout, stderr } = await project.run("client1", "preview");
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /router: is encrypted/);
      assert.doesNotMatch(stdout + stderr, /canary-55/);
    });

    it("refuses what cannot work, and says all of it", async () => {
      project.change("client1", "gpusPerWorker: 32, batchPerRank: 256", "gpusPerWorker: 48, batchPerRank: 1408");
      const { code, stdout, stderr } = await project.run("client1", "preview");
      assert.notEqual(code, 0);
      const said = stdout + stderr;
      assert.match(said, /nvl72: client1 cannot run as configured \(3 problems\), nothing was changed/);
      assert.match(said, /pools\.decode\.batchPerRank: 1408 tokens per rank and dispatch are above 1024/);
      assert.match(said, /pools: 1 \(prefill\) \+ 12 \(decode\) = 13 trays, client1 has 9/);
      assert.doesNotMatch(said, /node_modules|\.ts:\d+/);
    });
  });

  describe("an update", () => {
    it("of a batch rolls decode one group at a time and leaves prefill and the other client alone", async () => {
      const [prefill, decode] = [await enginePods(rack, "prefill"), await enginePods(rack, "decode")];
      project.change("client1", "batchPerRank: 256", "batchPerRank: 192");
      const { updated, replaced, deleted, created } = await project.up("client1");
      assert.deepEqual({ updated, replaced, deleted, created }, { updated: 3, replaced: 0, deleted: 0, created: 0 });
      const [prefillAfter, decodeAfter] = [await enginePods(rack, "prefill"), await enginePods(rack, "decode")];
      assert.deepEqual(uids(prefillAfter, "client1"), uids(prefill, "client1"));
      assert.deepEqual(uids(decodeAfter, "client2"), uids(decode, "client2"));
      const kept = uids(decodeAfter, "client1").filter((uid) => uids(decode, "client1").includes(uid));
      assert.deepEqual(kept, []);
    });

    it("of the channels moves the pools to the new domain", async () => {
      project.change("client1", "  nvl72:experts:", "  nvl72:network: { channels: All }\n  nvl72:experts:");
      await project.up("client1");
      const { items } = await kubectlGet<{ items: { spec: { channel: { allocationMode: string } } }[] }>(rack, [
        "computedomains",
        "-n",
        "client1",
      ]);
      assert.deepEqual(
        items.map(({ spec }) => spec.channel.allocationMode),
        ["All"],
      );
      const claims = await kubectlGet<{ items: { metadata: { annotations?: Record<string, string> } }[] }>(rack, [
        "resourceclaims",
        "-n",
        "client1",
      ]);
      assert.equal(claims.items.length, 9);
    });
  });

  describe("in the end", () => {
    it("leave nothing behind when they are destroyed", async () => {
      for (const stack of [...stacks].reverse()) {
        const { code, stdout, stderr } = await project.run(stack, "destroy", "--yes", "--skip-preview");
        assert.equal(code, 0, stdout + stderr);
      }
      await eventually(30, async () => {
        const names = async (...what: readonly string[]): Promise<readonly string[]> =>
          (await kubectlGet<{ items: { metadata: { name: string } }[] }>(rack, what)).items.map(
            ({ metadata }) => metadata.name,
          );
        assert.deepEqual(
          (await names("namespaces")).filter((name) => name.startsWith("client")),
          [],
        );
        assert.deepEqual(await names("computedomains", "--all-namespaces"), []);
        assert.deepEqual(await names("resourceclaims", "--all-namespaces"), []);
        assert.deepEqual(
          (await names("priorityclasses")).filter((name) => name.startsWith("nvl72")),
          [],
        );
        const { nodes } = await rackStatus(rack);
        assert.deepEqual(
          nodes.flatMap(({ pods }) => pods),
          [],
        );
      });
    });

    it("can come up again from rendered manifests alone, without pulumi", async () => {
      const { code, stderr } = await kubectl(rack, ["apply", "--server-side", "-f", "-"], {
        input: renderDirectory(join(root, "stacks")),
      });
      assert.equal(code, 0, stderr);
      await eventually(60, async () => {
        const pods = [...(await enginePods(rack, "prefill")), ...(await enginePods(rack, "decode"))];
        assert.equal(pods.filter(({ status }) => status.phase === "Running").length, 18);
        assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, 18);
      });
    });
  });
});
