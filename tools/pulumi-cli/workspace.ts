import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { home, root } from "../engine/home";
import { versions } from "../engine/programs";

/** Where Pulumi runs: which program, against which cluster, and where it keeps what. */
export interface PulumiWorkspace {
  /** Directory with Pulumi.yaml. */
  readonly project: string;
  /** Pulumi's home, state and stack settings. Removing it forgets all stacks, and nothing else. */
  readonly directory: string;
  readonly bin: string;
  readonly kubeconfig?: string;
  /** Backend that belongs to the user, who then also looks after its stacks and secrets. */
  readonly backend?: string;
  /** Lets Pulumi download plugins that it misses; off by default, because a test must not depend on a network. */
  readonly downloadsPlugins?: boolean;
  /** Puts the stand-in in the place of the `command` provider. */
  readonly commandStandIn?: boolean;
}

/** State of a rack's stacks is kept with the rack: when it goes, what they describe is gone. */
export function rackWorkspace(
  rack: { readonly state: string; readonly kubeconfig: string; readonly bin?: string },
  options: { readonly project?: string; readonly commandStandIn?: boolean } = {},
): PulumiWorkspace {
  return {
    project: options.project ?? root,
    directory: join(rack.state, "pulumi"),
    bin: rack.bin ?? home().bin,
    kubeconfig: rack.kubeconfig,
    commandStandIn: options.commandStandIn ?? false,
  };
}

/** The workspace of `npm start` and `npm run pulumi`: the simulated rack, or the cluster of NVL72_KUBECONFIG. */
export function defaultWorkspace(environment: NodeJS.ProcessEnv = process.env): PulumiWorkspace {
  const { rack, bin, directory } = home(environment);
  const own = environment.NVL72_KUBECONFIG;
  if (own === undefined || own === "") return rackWorkspace({ state: rack, kubeconfig: join(rack, "kubeconfig"), bin });
  const backend = environment.PULUMI_BACKEND_URL;
  return {
    project: root,
    directory: join(directory, "pulumi"),
    bin,
    kubeconfig: resolve(own),
    downloadsPlugins: true,
    ...(backend === undefined ? {} : { backend }),
  };
}

export function isSimulated(environment: NodeJS.ProcessEnv = process.env): boolean {
  return (environment.NVL72_KUBECONFIG ?? "") === "";
}

/** The environment in which pulumi finds its plugins, its state and the cluster. */
export function pulumiEnvironment(
  workspace: PulumiWorkspace = defaultWorkspace(),
  base: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return {
    ...(base.PULUMI_CONFIG_PASSPHRASE_FILE === undefined ? { PULUMI_CONFIG_PASSPHRASE: "" } : {}),
    ...base,
    PULUMI_STACK: undefined, // the stack is always named on the command line
    // Commands that a program runs find kubectl here.
    PATH: [workspace.bin, base.PATH ?? ""].join(delimiter),
    ...(workspace.kubeconfig === undefined ? {} : { KUBECONFIG: workspace.kubeconfig }),
    PULUMI_HOME: pulumiHome(workspace),
    PULUMI_BACKEND_URL: workspace.backend ?? `file://${join(workspace.directory, "state")}`,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Plugins are those of PULUMI_HOME: found without a search, and without a warning about where they were found.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: workspace.downloadsPlugins ? undefined : "true",
    // The Kubernetes provider leaves a copy of the kubeconfig behind at every run; here it goes with the workspace.
    TMPDIR: temporary(workspace),
    TS_NODE_CACHE_DIRECTORY: join(dirname(workspace.bin), "ts-node"),
    // Types are checked by `npm run check`; checking them again at every preview would take five seconds.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}

/** Makes the directories Pulumi wants, and links the plugins into its home. */
export function prepareWorkspace(workspace: PulumiWorkspace): void {
  mkdirSync(join(workspace.directory, "state"), { recursive: true });
  mkdirSync(temporary(workspace), { recursive: true });
  linkPlugin(workspace, "kubernetes", versions.pulumiKubernetes, join(workspace.bin, "pulumi-resource-kubernetes"));
  const command = commandPlugin(workspace);
  if (command !== undefined) linkPlugin(workspace, "command", versions.pulumiCommand, command);
}

/** The real `command` provider if the user has it, else the stand-in where that was asked for. */
function commandPlugin(workspace: PulumiWorkspace): string | undefined {
  if (workspace.commandStandIn) return join(root, "tools", "command-stand-in", "pulumi-resource-command");
  const plugins = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
  const real = join(plugins, `resource-command-v${versions.pulumiCommand}`, "pulumi-resource-command");
  return existsSync(real) ? real : undefined;
}

function linkPlugin(workspace: PulumiWorkspace, name: string, version: string, file: string): void {
  const directory = join(pulumiHome(workspace), "plugins", `resource-${name}-v${version}`);
  const link = join(directory, `pulumi-resource-${name}`);
  mkdirSync(directory, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(file, link);
}

function temporary(workspace: PulumiWorkspace): string {
  return join(workspace.directory, "tmp");
}

function pulumiHome(workspace: PulumiWorkspace): string {
  return join(workspace.directory, "home");
}
