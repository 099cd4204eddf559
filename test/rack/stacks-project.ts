import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { home, root } from "../../tools/engine/home";
import type { RunResult } from "../../tools/engine/run-program";
import { previewReport } from "../../tools/pulumi-cli/preview-report";
import { pulumi } from "../../tools/pulumi-cli/run";
import { readChanges, type Changes } from "../../tools/pulumi-cli/summary";
import type { PulumiWorkspace } from "../../tools/pulumi-cli/workspace";
import type { Rack } from "../../tools/rack/simulated-rack";

/** A copy of this project's program and stacks that a test may change, deployed to a rack of its own. */
export interface StacksProject {
  readonly workspace: PulumiWorkspace;
  /** Folder of the stack files, and of what stands beside them. */
  readonly stacks: string;
  run(stack: string, ...args: readonly string[]): Promise<RunResult>;
  /** Deploys a stack and says what changed; fails with what `pulumi up` printed. */
  up(stack: string): Promise<Changes>;
  /** What a reviewer is told that the stack's `up` would do. */
  report(stack: string): Promise<string>;
  /** Replaces text in a stack's file; the text must be there. */
  change(stack: string, from: string, to: string): void;
  /** Takes back all changes to the stack files. */
  restore(): void;
  remove(): void;
}

/** @param sizes `fixed` for tests that change one at a time, `planned` as the repository's own stacks have them. */
export function stacksProject(rack: Rack, sizes: "fixed" | "planned" = "fixed"): StacksProject {
  const directory = mkdtempSync(join(tmpdir(), "nvl72-stacks-"));
  for (const part of ["src", "stacks", "Pulumi.yaml", "package.json"]) {
    cpSync(join(root, part), join(directory, part), { recursive: true });
  }
  if (sizes === "fixed") fixSizes(directory);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const workspace: PulumiWorkspace = {
    project: directory,
    directory: join(directory, ".pulumi-state"),
    bin: home().bin,
    kubeconfig: rack.kubeconfig,
    commandStandIn: true,
  };
  const run = (stack: string, ...args: readonly string[]): Promise<RunResult> => pulumi(args, { workspace, stack });
  const fileOf = (stack: string): string => join(directory, "stacks", `Pulumi.${stack}.yaml`);
  return {
    workspace,
    stacks: join(directory, "stacks"),
    run,
    async up(stack) {
      const { code, stdout, stderr } = await run(stack, "up", "--yes", "--skip-preview");
      assert.equal(code, 0, stdout + stderr);
      return readChanges(stdout);
    },
    report: async (stack) => (await previewReport(stack, workspace)).text,
    change(stack, from, to) {
      const text = readFileSync(fileOf(stack), "utf8");
      if (!text.includes(from)) throw new Error(`${fileOf(stack)} has no ${from}`);
      writeFileSync(fileOf(stack), text.replace(from, to));
    },
    restore() {
      cpSync(join(root, "stacks"), join(directory, "stacks"), { recursive: true });
      if (sizes === "fixed") fixSizes(directory);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const fixedSizes: Readonly<Record<string, string>> = {
  client1: `
    prefill: { workers: 1, gpusPerWorker: 4 }
    decode: { workers: 1, gpusPerWorker: 32, batchPerRank: 256 }`,
  client2: `
    prefill: { workers: 5, gpusPerWorker: 4 }
    decode: { workers: 1, gpusPerWorker: 16, batchPerRank: 128 }`,
};

function fixSizes(directory: string): void {
  const edit = (stack: string, from: string, to: string): void => {
    const file = join(directory, "stacks", `Pulumi.${stack}.yaml`);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
  };
  for (const [client, pools] of Object.entries(fixedSizes)) edit(client, "nvl72:pools: auto", `nvl72:pools:${pools}`);
  edit("rack", "trays: auto", "trays: 9");
}
