import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changesNothing } from "../../tools/pulumi-cli/summary";
import { stackOutputs } from "../../tools/pulumi-cli/run";
import { rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";
import { enginePods, type EnginePod } from "./engine-pods";
import { touched } from "./preview-steps";
import { stacksProject, type StacksProject } from "./stacks-project";

describe("both clients with pools and trays left to the planner, by the real pulumi", function () {
  this.timeout(240_000);
  let rack: Rack;
  let project: StacksProject;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-planned-")), ray: false });
    project = stacksProject(rack, "planned");
  });
  afterEach(() => project.restore());
  after(async () => {
    await rackDown(rack);
    project.remove();
  });

  it("come up on the trays that the rack's stack planned for them", async () => {
    for (const stack of ["rack", "client1", "client2"]) await project.up(stack);
    const [prefill, decode] = [await enginePods(rack, "prefill"), await enginePods(rack, "decode")];
    const running = (pods: readonly EnginePod[], client: string): number =>
      pods.filter(({ metadata, status }) => metadata.namespace === client && status.phase === "Running").length;
    assert.deepEqual(
      ["client1", "client2"].map((client) => [running(prefill, client), running(decode, client)]),
      [
        [1, 6],
        [7, 4],
      ],
    );
    assert.equal(new Set([...prefill, ...decode].map(({ spec }) => spec.nodeName)).size, 18);
  });

  it("change nothing the second time", async () => {
    for (const stack of ["rack", "client1", "client2"]) assert.ok(changesNothing(await project.up(stack)), stack);
  });

  it("export the split, its proof, and each client's plan and prediction", async () => {
    const outputs = await stackOutputs("rack", project.workspace);
    const { share, bound, gap } = outputs.plan as { share: number; bound: number; gap: number };
    assert.ok(share > 1 && bound > share && Math.abs(gap - (1 - share / bound)) < 0.002);
    const client = await stackOutputs("client2", project.workspace);
    const { prediction, power } = client.plan as {
      prediction: { atAskedRate: { ttftP90Seconds: number } };
      power: { kilowatts: number };
    };
    assert.ok(prediction.atAskedRate.ttftP90Seconds < 5);
    assert.equal(power.kilowatts, 92.4);
  });

  it("preview what another promise does: other pools, and nothing of the other client", async () => {
    project.change("client1", "tpotMilliseconds: 50", "tpotMilliseconds: 40");
    const preview = await project.run("client1", "preview", "--json");
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    assert.equal(touched(preview)["client1-decode-workers"], "update");
    assert.equal(touched(preview)["client1-prefill-workers"], undefined);
  });

  it("are refused at preview when no size keeps the promise", async () => {
    project.change("client1", "tpotMilliseconds: 50", "tpotMilliseconds: 5");
    const { code, stdout, stderr } = await project.run("client1", "preview");
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /slo\.tpotMilliseconds: no decode worker size of client1 meets the TPOT of 5 ms/);
  });
});
