import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stackOutputs } from "../../tools/pulumi-cli/run";
import { readChanges } from "../../tools/pulumi-cli/summary";
import { scratchProject, type ScratchProject } from "./scratch-project";

const program = `
  import * as k8s from "@pulumi/kubernetes";
  import * as pulumi from "@pulumi/pulumi";
  const size = new pulumi.Config().requireNumber("size");
  const provider = new k8s.Provider("files", { renderYamlToDirectory: "../rendered" });
  new k8s.core.v1.ConfigMap("plan", { metadata: { name: "plan", namespace: "client" }, data: { size: \`\${size}\` } }, { provider });
  export const twice = 2 * size;`;

const config = "# Comments and spacing stay as they are.\nconfig:\n  scratch:size:   4\n";

describe("the engine without a cluster", function () {
  this.timeout(60_000);
  let project: ScratchProject;
  before(() => {
    project = scratchProject({ program });
    project.write("stacks/Pulumi.dev.yaml", config);
  });
  after(() => project.remove());

  it("brings a stack up with the Kubernetes provider", async () => {
    const { code, stdout, stderr } = await project.up();
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(await stackOutputs("dev", project.workspace), { twice: 8 });
    const manifests = join(project.directory, "rendered", "1-manifest");
    const [file = ""] = readdirSync(manifests);
    assert.match(
      readFileSync(join(manifests, file), "utf8"),
      /kind: ConfigMap[^]*size: "?4"?|size: "?4"?[^]*kind: ConfigMap/,
    );
  });

  it("finds its plugins without a warning about where they were found", async () => {
    const { stdout, stderr } = await project.run(["preview"]);
    assert.doesNotMatch(stdout + stderr, /warning/i);
  });

  it("changes nothing the second time", async () => {
    const { stdout } = await project.up();
    assert.deepEqual(readChanges(stdout), { created: 0, updated: 0, replaced: 0, deleted: 0, unchanged: 3 });
  });

  it("leaves the committed configuration as it is", () => {
    assert.equal(readFileSync(join(project.directory, "stacks", "Pulumi.dev.yaml"), "utf8"), config);
    assert.deepEqual(readdirSync(join(project.directory, "stacks")).sort(), [
      "Pulumi.dev.yaml",
      "index.ts",
      "tsconfig.json",
    ]);
  });

  it("notices a change of the configuration", async () => {
    project.write("stacks/Pulumi.dev.yaml", config.replace("4", "5"));
    const { code, stdout } = await project.run(["preview"]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /1 to (update|replace)/);
    project.write("stacks/Pulumi.dev.yaml", config);
  });

  it("works on two stacks at once", async () => {
    project.write("stacks/Pulumi.one.yaml", config.replace("4", "1"));
    project.write("stacks/Pulumi.two.yaml", config.replace("4", "2"));
    const args = ["up", "--yes", "--skip-preview"];
    const results = await Promise.all([project.run(args, "one"), project.run(args, "two")]);
    for (const { code, stdout } of results) assert.equal(code, 0, stdout);
    assert.deepEqual(await stackOutputs("two", project.workspace), { twice: 4 });
  });
});
