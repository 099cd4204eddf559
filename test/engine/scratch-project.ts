import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { home, root } from "../../tools/engine/home";
import type { RunResult } from "../../tools/engine/run-program";
import { pulumi } from "../../tools/pulumi-cli/run";
import type { PulumiWorkspace } from "../../tools/pulumi-cli/workspace";

export interface ScratchProject {
  readonly directory: string;
  readonly workspace: PulumiWorkspace;
  /** Writes a file of the project, with the directories above it. */
  write(path: string, text: string): void;
  /** Runs pulumi on the stack `dev`, or on the one named. */
  run(args: readonly string[], stack?: string): Promise<RunResult>;
  up(): Promise<RunResult>;
  remove(): void;
}

export interface ScratchOptions {
  /** The program, index.ts, run by ts-node the way the project's own stacks are. */
  readonly program: string;
  readonly kubeconfig?: string;
  readonly commandStandIn?: boolean;
}

/** A Pulumi project in a temporary directory, with the packages of this checkout and state of its own. */
export function scratchProject({ program, kubeconfig, commandStandIn }: ScratchOptions): ScratchProject {
  const directory = mkdtempSync(join(tmpdir(), "nvl72-project-"));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  write("Pulumi.yaml", "name: scratch\nruntime: nodejs\nmain: stacks/index.ts\nstackConfigDir: stacks\n");
  write("package.json", '{ "name": "scratch", "private": true, "main": "stacks/index.ts" }\n');
  write("stacks/tsconfig.json", '{ "compilerOptions": { "module": "nodenext", "moduleResolution": "nodenext" } }\n');
  write("stacks/index.ts", program);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const workspace: PulumiWorkspace = {
    project: directory,
    directory: join(directory, ".pulumi-state"),
    bin: home().bin,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(commandStandIn === undefined ? {} : { commandStandIn }),
  };
  const run = (args: readonly string[], stack = "dev"): Promise<RunResult> => pulumi(args, { workspace, stack });
  return {
    directory,
    workspace,
    write,
    run,
    up: () => run(["up", "--yes", "--skip-preview"]),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
