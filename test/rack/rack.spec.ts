import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crashPod, deleteNode, killPod, loseTray, mend } from "../../tools/rack/faults";
import {
  findRack,
  kubectl,
  kubectlGet,
  rackDown,
  rackProcesses,
  rackUp,
  type Rack,
} from "../../tools/rack/simulated-rack";
import { rackStatus } from "../../tools/rack/status";
import { computeDomain, engineGroup, groupPods, whenAvailable } from "./engine-group";
import { eventually } from "./eventually";
import { listening, processesOf } from "./listening";

describe("the simulated rack", function () {
  this.timeout(120_000);
  const namespace = "smoke";
  let rack: Rack;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")), trays: 4, ray: false });
  });
  after(() => rackDown(rack));

  async function create(manifest: string): Promise<void> {
    const { code, stderr } = await kubectl(rack, ["create", "-f", "-"], { input: manifest });
    assert.equal(code, 0, stderr);
  }

  it("has the trays it was asked for, all ready and each with a channel", async () => {
    const { nodes } = await rackStatus(rack);
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ["host-0", "host-1", "tray-00", "tray-01", "tray-02", "tray-03"],
    );
    const { items } = await kubectlGet<{ items: { spec: { nodeName: string; devices: { name: string }[] } }[] }>(rack, [
      "resourceslices",
    ]);
    assert.deepEqual(items.map(({ spec }) => spec.nodeName).sort(), ["tray-00", "tray-01", "tray-02", "tray-03"]);
    for (const { spec } of items) assert.ok(spec.devices.some(({ name }) => name === "channel-0"));
  });

  it("listens on 127.0.0.1 only", () => {
    const addresses = listening(rackProcesses(rack.state).map(({ pid }) => pid));
    assert.ok(addresses.length >= 5, addresses.join(" "));
    for (const address of addresses) assert.match(address, /^127\.0\.0\.1:/);
  });

  it("is left alone by a second up, and not mistaken for another rack", async () => {
    const again = await rackUp({ state: rack.state });
    assert.equal(again.started, false);
    await assert.rejects(rackUp({ state: rack.state, trays: 5 }), /running already \(4 trays, 2 hosts, without Ray\)/);
  });

  it("gives a compute domain its claim template", async () => {
    await create(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }));
    await create(computeDomain(namespace));
    await eventually(10, () => kubectlGet(rack, ["resourceclaimtemplate", "dom-channel", "-n", namespace]));
  });

  it("refuses what the LeaderWorkerSet webhook refuses", async () => {
    const { code, stderr } = await kubectl(rack, ["create", "-f", "-"], { input: engineGroup(namespace, 0) });
    assert.notEqual(code, 0);
    assert.match(stderr, /size must be equal or greater than 1/);
  });

  it("knows what Prometheus' operator knows of rules and monitors, and refuses what it refuses", async () => {
    const object = (kind: string, spec: object): string =>
      JSON.stringify({ apiVersion: "monitoring.coreos.com/v1", kind, metadata: { name: "experts", namespace }, spec });
    const rule = { alert: "ExpertsOutOfBalance", expr: "balancedness < 0.7" };
    const selector = { matchLabels: { app: "engine" } };
    await create(object("PrometheusRule", { groups: [{ name: "experts", rules: [rule] }] }));
    await create(object("PodMonitor", { selector, podMetricsEndpoints: [{ port: "http", interval: "30s" }] }));
    const refused = async (manifest: string): Promise<string> => {
      const { code, stderr } = await kubectl(rack, ["create", "-f", "-"], { input: manifest });
      assert.notEqual(code, 0);
      return stderr;
    };
    assert.match(
      await refused(object("PrometheusRule", { groups: [{ name: "experts", rules: [{ alert: "NoExpression" }] }] })),
      /spec\.groups\[0\]\.rules\[0\]\.expr: Required value/,
    );
    assert.match(
      await refused(object("PodMonitor", { selector, podMetricsEndpoints: [{ port: "http", interval: "often" }] })),
      /interval: Invalid value: "often"/,
    );
  });

  it("places a group on trays of its own, and lists them in the domain", async () => {
    await create(engineGroup(namespace, 2));
    await whenAvailable(rack, namespace);
    const trays = (await groupPods(rack, namespace)).map(({ spec }) => spec.nodeName);
    assert.equal(new Set(trays).size, 2);
    for (const tray of trays) assert.match(tray ?? "", /^tray-/);
    await eventually(15, async () => {
      const [domain] = (await rackStatus(rack)).domains;
      assert.deepEqual(domain, { name: `${namespace}/dom`, status: "Ready", trays: 2 });
    });
  });

  /** Does something to the group's second pod, and waits until the whole group is another one and available. */
  async function recreated(fault: (pod: string, tray: string) => Promise<void>): Promise<void> {
    const before = await groupPods(rack, namespace);
    const victim = before[1];
    assert.ok(victim !== undefined);
    await fault(`${namespace}/${victim.metadata.name}`, victim.spec.nodeName ?? "");
    await eventually(30, async () => {
      const now = await groupPods(rack, namespace);
      assert.equal(now.length, before.length);
      for (const pod of now) assert.ok(before.every(({ metadata }) => metadata.uid !== pod.metadata.uid));
      assert.ok(now.every(({ spec }) => spec.nodeName !== undefined));
    });
    await whenAvailable(rack, namespace);
  }

  it("recreates a group elsewhere when it loses a tray", async () => {
    let lost = "";
    await recreated(async (_pod, tray) => loseTray(rack, (lost = tray)));
    assert.ok((await groupPods(rack, namespace)).every(({ spec }) => spec.nodeName !== lost));
    assert.equal((await rackStatus(rack)).nodes.find(({ name }) => name === lost)?.lost, true);
    await mend(rack);
    assert.ok((await rackStatus(rack)).nodes.every((node) => !node.lost));
  });

  it("recreates a group when a pod is killed", () => recreated((pod) => killPod(rack, pod)));

  it("recreates a group when an engine crashes", () => recreated((pod) => crashPod(rack, pod)));

  it("brings a deleted node back with its channel", async () => {
    const free = (await rackStatus(rack)).nodes.find(({ tray, pods }) => tray && pods.length === 0);
    assert.ok(free !== undefined);
    await deleteNode(rack, free.name);
    await eventually(10, async () => assert.equal((await rackStatus(rack)).nodes.length, 5));
    await eventually(10, async () => {
      const { items } = await kubectlGet<{ items: unknown[] }>(rack, ["resourceslices"]);
      assert.equal(items.length, 3);
    });
    await mend(rack);
    await eventually(10, async () => {
      const { items } = await kubectlGet<{ items: { spec: { nodeName: string } }[] }>(rack, ["resourceslices"]);
      assert.ok(items.some(({ spec }) => spec.nodeName === free.name));
    });
  });

  it("clears what a killed rack left behind, and starts again", async () => {
    const apiserver = rackProcesses(rack.state).find(({ name }) => name === "kube-apiserver");
    assert.ok(apiserver !== undefined);
    process.kill(apiserver.pid, "SIGKILL");
    await eventually(5, async () => assert.equal(await findRack(rack), undefined));
    rack = await rackUp({ state: rack.state, trays: 2, bare: true });
    assert.equal(rack.started, true);
    assert.equal((await rackStatus(rack)).nodes.filter(({ tray }) => tray).length, 2);
    assert.equal((await kubectl(rack, ["get", "namespace", namespace])).code, 1);
  });

  it("is gone after down, with every process, port and file", async () => {
    const pids = rackProcesses(rack.state).map(({ pid }) => pid);
    const server = /server: https:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(rack.kubeconfig, "utf8"))?.[1];
    assert.ok(pids.length > 0 && server !== undefined);
    await rackDown(rack);
    assert.deepEqual(listening(pids), []);
    assert.deepEqual(processesOf(rack.bin, rack.state), []);
    assert.equal(existsSync(rack.state), false);
    await assert.rejects(fetch(`http://127.0.0.1:${server}/`));
  });
});
