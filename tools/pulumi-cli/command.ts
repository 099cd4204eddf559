import { existsSync } from "node:fs";
import { explainMissing, obtain } from "../engine/obtain";
import { enginePrograms } from "../engine/programs";
import type { Command } from "./command-line";
import { ensureStack, pulumi } from "./run";
import { defaultWorkspace, isSimulated, type PulumiWorkspace } from "./workspace";

/** Runs a pulumi command on the user's terminal. Returns the exit code. */
export function runCommand({ args, stacks, makes }: Command): Promise<number> {
  return whenUsable(async (workspace) => {
    if (makes !== undefined) {
      console.log(`${makes} ${(await ensureStack(workspace, makes)) ? "made" : "exists already"}`);
      return 0;
    }
    if (stacks.length === 0) return (await pulumi(args, { workspace, output: "inherit" })).code;
    for (const stack of stacks) {
      const { code } = await pulumi(args, { workspace, stack, output: "inherit" });
      if (code !== 0) return code;
    }
    return 0;
  });
}

/** Does what needs pulumi and a cluster, or says which of the two is missing. */
export async function whenUsable(work: (workspace: PulumiWorkspace) => Promise<number>): Promise<number> {
  const workspace = defaultWorkspace();
  const { missing } = await obtain(enginePrograms, (line) => console.error(line));
  if (missing.length > 0) {
    console.error(explainMissing(missing));
    return 1;
  }
  if (isSimulated() && !existsSync(workspace.kubeconfig ?? "")) {
    console.error("no rack is running: `npm start` brings one up with all stacks, `npm run rack -- up` an empty one");
    return 1;
  }
  return work(workspace);
}
