import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCommand } from "../../tools/pulumi-cli/command-line";
import {
  configFile,
  hasSecretsOfItsOwn,
  readSalt,
  settingsDirectory,
  withSalt,
} from "../../tools/pulumi-cli/stack-settings";
import { changesNothing, describeChanges, readChanges, readDiagnostics } from "../../tools/pulumi-cli/summary";
import {
  defaultWorkspace,
  isSimulated,
  prepareWorkspace,
  pulumiEnvironment,
  type PulumiWorkspace,
} from "../../tools/pulumi-cli/workspace";

describe("running pulumi", () => {
  let directory: string;
  let workspace: PulumiWorkspace;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "nvl72-workspace-"));
    workspace = { project: join(directory, "project"), directory: join(directory, "state"), bin: "/programs" };
    mkdirSync(join(workspace.project, "stacks"), { recursive: true });
    writeFileSync(join(workspace.project, "Pulumi.yaml"), "name: nvl72\nruntime: nodejs\nstackConfigDir: stacks\n");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  describe("in an environment", () => {
    it("that points at the simulated rack, and keeps state with it", () => {
      const environment = { NVL72_HOME: "/cache", PATH: "/usr/bin" };
      assert.equal(isSimulated(environment), true);
      const result = pulumiEnvironment(defaultWorkspace(environment), environment);
      assert.equal(result.KUBECONFIG, "/cache/rack/kubeconfig");
      assert.equal(result.PULUMI_BACKEND_URL, "file:///cache/rack/pulumi/state");
      assert.equal(result.PULUMI_HOME, "/cache/rack/pulumi/home");
      assert.equal(result.PATH, "/cache/bin:/usr/bin");
      assert.equal(result.PULUMI_CONFIG_PASSPHRASE, "");
      assert.equal(result.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, "true");
    });

    it("that points at the user's cluster, and at the user's backend if there is one", () => {
      const environment = { NVL72_HOME: "/cache", NVL72_KUBECONFIG: "/my/kubeconfig", KUBECONFIG: "/other" };
      assert.equal(isSimulated(environment), false);
      const result = pulumiEnvironment(defaultWorkspace(environment), environment);
      assert.equal(result.KUBECONFIG, "/my/kubeconfig");
      assert.equal(result.PULUMI_BACKEND_URL, "file:///cache/pulumi/state");
      const mine = { ...environment, PULUMI_BACKEND_URL: "s3://states" };
      assert.equal(pulumiEnvironment(defaultWorkspace(mine), mine).PULUMI_BACKEND_URL, "s3://states");
    });

    it("that keeps the user's passphrase, and no stack but the named one", () => {
      const given = { PULUMI_CONFIG_PASSPHRASE: "mine", PULUMI_STACK: "other" };
      const result = pulumiEnvironment(workspace, given);
      assert.equal(result.PULUMI_CONFIG_PASSPHRASE, "mine");
      assert.equal(result.PULUMI_STACK, undefined);
      const file = pulumiEnvironment(workspace, { PULUMI_CONFIG_PASSPHRASE_FILE: "/secret" });
      assert.equal(file.PULUMI_CONFIG_PASSPHRASE, undefined);
    });

    it("whose plugins are links to the programs in the cache", () => {
      prepareWorkspace({ ...workspace, commandStandIn: true });
      const plugins = join(workspace.directory, "home", "plugins");
      const kubernetes = join(plugins, "resource-kubernetes-v4.25.0", "pulumi-resource-kubernetes");
      assert.equal(readlinkSync(kubernetes), "/programs/pulumi-resource-kubernetes");
      const command = readlinkSync(join(plugins, "resource-command-v1.2.1", "pulumi-resource-command"));
      assert.match(command, /tools\/command-stand-in\/pulumi-resource-command$/);
      assert.ok(existsSync(command));
    });
  });

  describe("with settings of a stack", () => {
    const salt = "v1:gsJgCo8edKM=:v1:OUoVWyF2VAqP6Mm4:dit3PKnPZwkHlfOYG1Wqg+77E40I9A==";
    const config = "config:\n  nvl72:client:   client1 # kept\n";

    it("adds the salt to a copy and keeps every other character", () => {
      assert.equal(withSalt(config, salt), `${config}encryptionsalt: ${salt}\n`);
      assert.equal(withSalt("config: {}", salt), `config: {}\nencryptionsalt: ${salt}\n`);
      assert.equal(withSalt("", salt), `encryptionsalt: ${salt}\n`);
      assert.equal(readSalt(withSalt(config, salt)), salt);
    });

    it("leaves the committed file alone", () => {
      const committed = join(workspace.project, "stacks", "Pulumi.client1.yaml");
      writeFileSync(committed, config);
      writeFileSync(join(settingsDirectory(workspace), "Pulumi.client1.yaml"), `encryptionsalt: ${salt}\n`);
      const copy = configFile(workspace, "client1");
      assert.equal(copy, join(workspace.directory, "config", "Pulumi.client1.yaml"));
      assert.equal(readFileSync(copy, "utf8"), withSalt(config, salt));
      assert.equal(readFileSync(committed, "utf8"), config);
    });

    it("uses the committed file where it has secrets, and with a backend of the user's own", () => {
      const committed = join(workspace.project, "stacks", "Pulumi.client1.yaml");
      writeFileSync(join(settingsDirectory(workspace), "Pulumi.client1.yaml"), `encryptionsalt: ${salt}\n`);
      writeFileSync(committed, withSalt(config, salt));
      assert.equal(hasSecretsOfItsOwn(readFileSync(committed, "utf8")), true);
      assert.equal(configFile(workspace, "client1"), undefined);
      writeFileSync(committed, config);
      assert.equal(configFile({ ...workspace, backend: "s3://states" }, "client1"), undefined);
    });
  });

  describe("from a command line", () => {
    it("reads the stack in every form", () => {
      for (const form of [
        ["-s", "client1"],
        ["-sclient1"],
        ["--stack", "client1"],
        ["--stack=client1"],
        ["-s=client1"],
      ]) {
        assert.deepEqual(readCommand(["up", ...form, "--yes"]), { args: ["up", "--yes"], stacks: ["client1"] });
      }
    });

    it("previews one stack, or all of them", () => {
      assert.deepEqual(readCommand(["preview", "client2", "--diff"]), {
        args: ["preview", "--diff"],
        stacks: ["client2"],
      });
      assert.deepEqual(readCommand(["preview", "--diff"]), {
        args: ["preview", "--diff"],
        stacks: ["rack", "client1", "client2"],
      });
    });

    it("passes on what is not about a stack", () => {
      assert.deepEqual(readCommand(["stack", "ls"]), { args: ["stack", "ls"], stacks: [] });
    });

    it("makes stacks the way that leaves their files alone", () => {
      assert.equal(readCommand(["stack", "init", "staging"]).makes, "staging");
      assert.equal(readCommand(["stack", "init", "-s", "staging"]).makes, "staging");
    });
  });

  describe("and what it says", () => {
    const output = `Updating (client1):
 +  pulumi:pulumi:Stack nvl72-client1 created (3s)
Diagnostics:
  kubernetes:core/v1:Pod (engine):
    error: it timed out

Outputs:
    deleted: "3 created"

Resources:
    + 2 created
    ~ 1 updated
    +-1 replaced
    6 unchanged

Duration: 3s
`;
    it("is counted from its last list", () => {
      const changes = readChanges(output);
      assert.deepEqual(changes, { created: 2, updated: 1, replaced: 1, deleted: 0, unchanged: 6 });
      assert.equal(describeChanges(changes), "2 created, 1 updated, 1 replaced");
      assert.equal(changesNothing(changes), false);
    });

    it("is nothing when nothing changed", () => {
      const changes = readChanges("Resources:\n    7 unchanged\n");
      assert.equal(changesNothing(changes), true);
      assert.equal(describeChanges(changes), "nothing changed");
    });

    it("is cut down to the diagnostics when it fails", () => {
      assert.equal(readDiagnostics(output), "  kubernetes:core/v1:Pod (engine):\n    error: it timed out");
      assert.equal(readDiagnostics("error: no such stack\n"), "error: no such stack");
    });
  });
});
