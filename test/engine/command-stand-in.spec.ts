import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stackOutputs } from "../../tools/pulumi-cli/run";
import { readChanges } from "../../tools/pulumi-cli/summary";
import { scratchProject, type ScratchProject } from "./scratch-project";

/** A program with one command whose arguments and options are given as source text. */
function program(args: string, options = "{}"): string {
  return `
    import * as pulumi from "@pulumi/pulumi";
    import { local } from "@pulumi/command";
    const command = new local.Command("step", ${args}, ${options});
    export const stdout = command.stdout;
    export const stderr = command.stderr;`;
}

describe("the stand-in for the command provider, run by the real engine", function () {
  this.timeout(60_000);
  let project: ScratchProject;
  const journal = (): string => readFileSync(join(project.directory, "journal"), "utf8");
  /** A command that appends a line to the journal; shell variables in it are expanded when it runs. */
  const note = (line: string): string =>
    JSON.stringify(`echo "${line}" >> ${project.directory}/journal; echo "${line}"`);

  before(() => {
    project = scratchProject({ program: "", commandStandIn: true });
  });
  after(() => project.remove());

  async function up(args: string, options?: string): Promise<string> {
    project.write("stacks/index.ts", program(args, options));
    const { code, stdout, stderr } = await project.up();
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  it("runs nothing at preview", async () => {
    project.write("stacks/index.ts", program(`{ create: ${note("previewed")} }`));
    const { code, stdout } = await project.run(["preview"]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /\+ {2}command:local:Command step create/);
    assert.equal(existsSync(join(project.directory, "journal")), false);
  });

  it("creates, and keeps what was printed without its last line end", async () => {
    const args = `{ create: ${note("create $WHO")}, environment: { WHO: "me" }, delete: ${note("delete $WHO")} }`;
    await up(args);
    assert.equal(journal(), "create me\n");
    assert.deepEqual(await stackOutputs("dev", project.workspace), { stdout: "create me", stderr: "" });
    const again = await up(args);
    assert.equal(readChanges(again).unchanged, 2);
    assert.equal(journal(), "create me\n");
  });

  it("runs create again on a change when there is no update, with the previous output at hand", async () => {
    await up(
      `{ create: ${note("again $WHO after $PULUMI_COMMAND_STDOUT")}, environment: { WHO: "you" }, delete: ${note("delete $WHO")} }`,
    );
    assert.equal(journal(), "create me\nagain you after create me\n");
  });

  it("runs update on a change, reads standard input and takes another interpreter", async () => {
    await up(
      `{ create: "exit 9", update: "require('fs').writeSync(1, 'node ' + require('fs').readFileSync(0))", stdin: "input",
         interpreter: ["node", "-e"], delete: "process.exit(0)" }`,
    );
    assert.equal((await stackOutputs("dev", project.workspace)).stdout, "node input");
  });

  it("hides the previous output when told to", async () => {
    await up(
      `{ create: 'echo "before:$PULUMI_COMMAND_STDOUT"', addPreviousOutputInEnv: false, delete: ${note("gone")} }`,
    );
    assert.equal((await stackOutputs("dev", project.workspace)).stdout, "before:");
  });

  it("replaces on a change of triggers: first the new create, then the old delete", async () => {
    await up(`{ create: ${note("first")}, delete: ${note("delete first")}, triggers: [1] }`);
    const before = journal().length;
    const output = await up(`{ create: ${note("second")}, delete: ${note("delete second")}, triggers: [2] }`);
    assert.equal(readChanges(output).replaced, 1);
    assert.equal(journal().slice(before), "second\ndelete first\n");
  });

  it("fails with the exit status, the command and all it printed, whatever logging says", async () => {
    const command = "echo out; echo err >&2; exit 3";
    project.write("stacks/index.ts", program(`{ create: "${command}", logging: "none", triggers: [3] }`));
    const { code, stdout } = await project.up();
    assert.notEqual(code, 0);
    assert.ok(stdout.includes(`exit status 3: running "${command}":`), stdout);
    assert.match(stdout, /out\n\s*err/);
  });

  it("logs what the command prints, and nothing when logging is none", async () => {
    assert.match(await up(`{ create: "printf can; echo ary-1", triggers: [4] }`), /canary-1/);
    const quiet = await up(`{ create: "printf can; printf ary-2", logging: "none", triggers: [5] }`);
    assert.doesNotMatch(quiet.split("Outputs:")[0] ?? "", /canary-2/);
  });

  it("makes outputs secret when an input is", async () => {
    await up(`{ create: "cat", stdin: pulumi.secret("canary"), logging: "none", triggers: [6] }`);
    assert.equal((await stackOutputs("dev", project.workspace)).stdout, "[secret]");
    const { stdout: state } = await project.run(["stack", "export"]);
    assert.doesNotMatch(state, /canary/);
  });

  it("refuses what it does not know", async () => {
    project.write("stacks/index.ts", program(`{ create: "true", assetPaths: ["*"] }`));
    const { code, stdout } = await project.run(["preview"]);
    assert.notEqual(code, 0);
    assert.match(stdout, /stand-in for the command provider does not know it/);
  });

  it("deletes with the command of the old state", async () => {
    await up(`{ create: "true", delete: ${note("final")}, triggers: [7] }`);
    project.write("stacks/index.ts", "");
    const { code, stdout } = await project.run(["destroy", "--yes"]);
    assert.equal(code, 0, stdout);
    assert.match(journal(), /\nfinal\n$/);
  });
});
