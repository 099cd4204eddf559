import { join } from "node:path";
import { runProgram, type RunOptions, type RunResult } from "../engine/run-program";
import { configFile, settingsDirectory } from "./stack-settings";
import { defaultWorkspace, prepareWorkspace, pulumiEnvironment, type PulumiWorkspace } from "./workspace";

export interface PulumiOptions extends Pick<RunOptions, "output" | "onLine" | "logFile" | "timeout" | "signal"> {
  readonly workspace?: PulumiWorkspace;
  /** Stack to work on; made when it does not exist yet. */
  readonly stack?: string;
  /** Added to the environment of pulumi, its plugins and the program. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Commands that read a stack's configuration, and so are given the copy of stack-settings.ts. */
const configured = new Set(["preview", "pre", "up", "update", "refresh", "destroy", "down", "dn", "import", "watch"]);

/** Runs pulumi in a workspace. A failure is a result, not an exception. */
export async function pulumi(args: readonly string[], options: PulumiOptions = {}): Promise<RunResult> {
  const workspace = options.workspace ?? defaultWorkspace();
  const { stack, output } = options;
  prepareWorkspace(workspace);
  if (stack !== undefined) await ensureStack(workspace, stack);
  const file = stack === undefined || !configured.has(args[0] ?? "") ? undefined : configFile(workspace, stack);
  return run(workspace, workspace.project, options, [
    ...args,
    ...(stack === undefined ? [] : ["--stack", stack]),
    ...(file === undefined ? [] : ["--config-file", file]),
    ...(output === "inherit" ? [] : ["--non-interactive", "--color", "never"]),
  ]);
}

/** Makes the stack unless the backend has it. Returns whether it did. */
export async function ensureStack(workspace: PulumiWorkspace, stack: string): Promise<boolean> {
  prepareWorkspace(workspace);
  // A user's own backend gets its stacks the way Pulumi makes them, settings and all.
  const directory = workspace.backend === undefined ? settingsDirectory(workspace) : workspace.project;
  const { stdout } = await run(workspace, directory, {}, ["stack", "ls", "--json"]);
  if (stackNames(stdout).includes(stack)) return false;
  const { code, stderr } = await run(workspace, directory, {}, ["stack", "init", stack, "--no-select"]);
  if (code !== 0) throw new Error(`the stack ${stack} cannot be made: ${stderr}`);
  return true;
}

/** Outputs of a stack, secrets left out. */
export async function stackOutputs(stack: string, workspace?: PulumiWorkspace): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await pulumi(["stack", "output", "--json"], {
    stack,
    ...(workspace === undefined ? {} : { workspace }),
  });
  if (code !== 0) throw new Error(`outputs of ${stack}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function stackNames(json: string): string[] {
  try {
    return (JSON.parse(json) as { name: string }[]).map(({ name }) => name);
  } catch {
    return [];
  }
}

function run(workspace: PulumiWorkspace, cwd: string, options: PulumiOptions, args: string[]): Promise<RunResult> {
  const { output, onLine, logFile, timeout, signal } = options;
  return runProgram(join(workspace.bin, "pulumi"), args, {
    cwd,
    environment: { ...pulumiEnvironment(workspace), ...options.environment },
    ...(output === undefined ? {} : { output }),
    ...(onLine === undefined ? {} : { onLine }),
    ...(logFile === undefined ? {} : { logFile }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(signal === undefined ? {} : { signal }),
  });
}
