import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderDirectory } from "../../cli/render";
import { changesNothing } from "../../tools/pulumi-cli/summary";
import { stackOutputs } from "../../tools/pulumi-cli/run";
import { kubectl, kubectlGet, rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";
import { engineCases, type EngineCase } from "../support/engine-cases";
import { enginePods, type EnginePod } from "./engine-pods";
import { eventually } from "./eventually";
import { stacksProject, type StacksProject } from "./stacks-project";

const stacks = ["rack", "client1", "client2"] as const;
const clients = ["client1", "client2"] as const;
const sglang = '{ name: sglang, version: 0.5.8, image: "lmsysorg/sglang:v0.5.8-cu130" }';

describe("every engine, for both clients, on one rack after the other's", function () {
  this.timeout(300_000);
  let rack: Rack;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")) });
  });
  after(() => rackDown(rack));

  for (const run of engineCases) {
    describe(run.title, () => {
      let project: StacksProject;
      before(() => {
        project = stacksProject(rack, "planned");
        for (const client of clients) project.change(client, sglang, stackLines(run));
      });
      after(() => project.remove());

      it("is rendered as the API server takes it, with no field that it does not know", async () => {
        for (const client of clients) await succeeds(rack, ["create", "namespace", client]);
        // What is inside the namespaces cannot be tried without them.
        const documents = renderDirectory(join(project.workspace.project, "stacks"))
          .split(/^---$/m)
          .filter((document) => !/^kind: Namespace$/m.test(document));
        const dryRun = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
        const said = await succeeds(rack, dryRun, documents.join("---"));
        assert.equal(said.trim().split("\n").length, documents.length);
        for (const client of clients) await succeeds(rack, ["delete", "namespace", client, "--wait"]);
      });

      it("comes up: the workload's controller makes every pod, one to a tray", async () => {
        for (const stack of stacks) await project.up(stack);
        const planned = await plannedTrays(project);
        const pods = [...(await enginePods(rack, "prefill")), ...(await enginePods(rack, "decode"))];
        assert.deepEqual(new Set(pods.map(({ status }) => status.phase)), new Set(["Running"]));
        assert.deepEqual(countByClient(pods), planned);
        assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, pods.length);
        assert.ok(pods.every(({ spec }) => spec.nodeName?.startsWith("tray-") === true));
      });

      it(`is one ${run.workload} or two to a client, and nobody else's pods`, async () => {
        for (const client of clients) {
          const { items } = await kubectlGet<{ items: readonly unknown[] }>(rack, [
            plurals[run.workload] ?? "",
            "-n",
            client,
          ]);
          assert.equal(items.length, run.workload === "LeaderWorkerSet" ? 2 : 1);
        }
      });

      it("changes nothing the second time", async () => {
        for (const stack of stacks) assert.ok(changesNothing(await project.up(stack)), stack);
      });

      it("says where requests go, and that service exists", async () => {
        for (const client of clients) {
          const outputs = await stackOutputs(client, project.workspace);
          const [, service = ""] = /^http:\/\/([^.]+)\./.exec(String(outputs.endpoint)) ?? [];
          const found = await kubectlGet<{ metadata: { name: string } }>(rack, ["service", service, "-n", client]);
          assert.equal(found.metadata.name, service);
          assert.equal(outputs.ready, true);
        }
      });

      it("goes without a trace", async () => {
        for (const stack of [...stacks].reverse()) {
          const { code, stdout, stderr } = await project.run(stack, "destroy", "--yes", "--skip-preview");
          assert.equal(code, 0, stdout + stderr);
        }
        await eventually(60, async () => {
          const { items } = await kubectlGet<{ items: readonly EnginePod[] }>(rack, ["pods", "--all-namespaces"]);
          assert.deepEqual(
            items.filter(({ metadata }) => clients.some((client) => metadata.namespace === client)),
            [],
          );
        });
      });
    });
  }
});

async function succeeds(rack: Rack, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(rack, args, input === undefined ? {} : { input });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Names that kubectl knows the workloads by. */
const plurals: Readonly<Record<string, string>> = {
  LeaderWorkerSet: "leaderworkersets.leaderworkerset.x-k8s.io",
  RayService: "rayservices.ray.io",
  DynamoGraphDeployment: "dynamographdeployments.nvidia.com",
};

/** What a stack file says of an engine: one line, and one more where the router needs telling. */
function stackLines({ engine, routerImage, graphVersion }: EngineCase): string {
  const { name, version, image, orchestrator } = engine;
  const run = orchestrator === undefined ? "" : `, orchestrator: ${orchestrator}`;
  const router = {
    ...(routerImage === undefined ? {} : { image: routerImage }),
    ...(graphVersion === undefined ? {} : { graphVersion }),
  };
  const lines = [`{ name: ${name}, version: ${version}, image: "${image}"${run} }`];
  if (Object.keys(router).length > 0) lines.push(`  nvl72:router: ${JSON.stringify(router)}`);
  return lines.join("\n");
}

async function plannedTrays(project: StacksProject): Promise<Readonly<Record<string, number>>> {
  const planned = clients.map(async (client) => {
    const outputs = await stackOutputs(client, project.workspace);
    return [client, (outputs.plan as { readonly trays: number }).trays] as const;
  });
  return Object.fromEntries(await Promise.all(planned));
}

function countByClient(pods: readonly EnginePod[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { metadata } of pods) counts[metadata.namespace] = (counts[metadata.namespace] ?? 0) + 1;
  return counts;
}
