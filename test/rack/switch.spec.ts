import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changesNothing } from "../../tools/pulumi-cli/summary";
import { kubectlGet, rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";
import { enginePods } from "./engine-pods";
import { stacksProject, type StacksProject } from "./stacks-project";

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly ownerReferences?: readonly object[] };
}

/** One line of client1's stack file each (vllm-router has no image of its own, so it takes another), and the kinds of object that its engine pods then belong to. */
const engines = [
  {
    line: '{ name: sglang, version: 0.5.8, image: "lmsysorg/sglang:v0.5.8-cu130" }',
    kinds: ["LeaderWorkerSet", "LeaderWorkerSet"],
  },
  {
    line:
      '{ name: vllm, version: 0.33.0, image: "vllm/vllm-openai:v0.33.0", orchestrator: leader-worker-set }\n' +
      '  nvl72:router: { image: "registry.example/vllm-router:0.1.17" }',
    kinds: ["LeaderWorkerSet", "LeaderWorkerSet"],
  },
  {
    line: '{ name: vllm, version: 0.29.0, image: "rayproject/ray-llm:2.60.0-py312-cu130" }',
    kinds: ["RayService"],
  },
  {
    line: '{ name: trtllm, version: 1.6.1, image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1" }',
    kinds: ["DynamoGraphDeployment"],
  },
];
const [sglang] = engines;

const workloads =
  "leaderworkersets.leaderworkerset.x-k8s.io,rayservices.ray.io,dynamographdeployments.nvidia.com,deployments.apps";

describe("another engine for a client that runs", function () {
  this.timeout(300_000);
  let rack: Rack;
  let project: StacksProject;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")) });
    project = stacksProject(rack, "planned");
    for (const stack of ["rack", "client1", "client2"] as const) await project.up(stack);
  });
  after(async () => {
    await rackDown(rack);
    project.remove();
  });

  const podsOfClient1 = async (): Promise<readonly string[]> => {
    const pods = [...(await enginePods(rack, "prefill")), ...(await enginePods(rack, "decode"))];
    return pods.filter(({ metadata }) => metadata.namespace === "client1").map(({ metadata }) => metadata.uid);
  };
  const hops = engines.map((from, index) => ({ from, to: engines[index + 1] ?? sglang }));
  const nameOf = ({ line, kinds }: (typeof engines)[number]): string =>
    `${/name: (\w+)/.exec(line)?.[1]} (${kinds[0]})`;
  for (const { from, to } of hops) {
    if (to === undefined) continue;
    it(`is one line and one \`up\` on a full rack: ${nameOf(from)} to ${nameOf(to)}`, async () => {
      const before = await podsOfClient1();
      const neighbours = (await enginePods(rack, "decode")).filter(({ metadata }) => metadata.namespace === "client2");
      project.change("client1", from.line, to.line);
      await project.up("client1");

      const { items } = await kubectlGet<{ items: readonly Workload[] }>(rack, [workloads, "-n", "client1"]);
      const proxies = to.kinds.length === 2 ? ["Deployment"] : [];
      // What the controllers of graphs make of them has an owner.
      const made = items.filter(({ metadata }) => metadata.ownerReferences === undefined);
      assert.deepEqual(made.map(({ kind }) => kind).sort(), [...proxies, ...to.kinds]);
      for (const role of ["prefill", "decode"] as const) {
        const pods = (await enginePods(rack, role)).filter(({ metadata }) => metadata.namespace === "client1");
        assert.ok(pods.length > 0 && pods.every(({ status }) => status.phase === "Running"), role);
      }
      const after = await podsOfClient1();
      assert.deepEqual(
        after.filter((uid) => before.includes(uid)),
        [],
        "no pod of the former engine is left",
      );
      const same = (await enginePods(rack, "decode")).filter(({ metadata }) => metadata.namespace === "client2");
      assert.deepEqual(
        same.map(({ metadata }) => metadata.name).sort(),
        neighbours.map(({ metadata }) => metadata.name).sort(),
      );
      assert.ok(changesNothing(await project.up("client1")));
    });
  }
});
