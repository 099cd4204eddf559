import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importCommand } from "../../cli/import";
import { changesNothing } from "../../tools/pulumi-cli/summary";
import { rackDown, rackUp, type Rack } from "../../tools/rack/simulated-rack";
import { enginePods } from "./engine-pods";
import { stacksProject, type StacksProject } from "./stacks-project";

const chat = ["--env", "ISL=1024", "--env", "OSL=8192"];
const documents = ["--env", "ISL=8192", "--env", "OSL=1024"];

/** Command lines of source 003 that fit the rack, each with its trays of prefill and decode. */
const lines = [
  { line: '1 4 8 64 256 "0.75" 2 0 "512 1024"', lengths: chat, trays: [1, 8] },
  { line: '5 1 32 8 32 "0.7" 3 0 "128 269"', lengths: documents, trays: [5, 8] },
  { line: '8 1 32 16 64 "0.7" 3 0 "538 1075"', lengths: documents, trays: [8, 8] },
  { line: '8 1 16 64 256 "0.75" 2 0 "1075"', lengths: documents, trays: [8, 4] },
] as const;

describe("published command lines, imported and deployed", function () {
  this.timeout(300_000);
  let rack: Rack;
  let project: StacksProject;

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")) });
    project = stacksProject(rack, "planned");
  });
  after(async () => {
    await rackDown(rack);
    project.remove();
  });

  for (const { line, lengths, trays } of lines) {
    it(`submit_disagg.sh mtp=on dep ${line}`, async () => {
      const submitted = `./submit_disagg.sh "mtp=on" "dep" ${line}`;
      const text = await importCommand(["--submit", submitted, ...lengths, "--client", "client1"]);
      writeFileSync(join(project.workspace.project, "stacks", "Pulumi.client1.yaml"), text);
      await project.up("client1");
      const pods = [await enginePods(rack, "prefill"), await enginePods(rack, "decode")];
      assert.deepEqual(
        pods.map((role) => role.filter(({ status }) => status.phase === "Running").length),
        trays,
      );
      assert.ok(changesNothing(await project.up("client1")));
      const { code, stdout, stderr } = await project.run("client1", "destroy", "--yes", "--skip-preview");
      assert.equal(code, 0, stdout + stderr);
    });
  }
});
