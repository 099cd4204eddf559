// npm run preview -- client2 [options], npm run pulumi -- <any pulumi command>
import { existsSync } from "node:fs";
import { obtain, explainMissing } from "./engine/obtain";
import { enginePrograms } from "./engine/programs";
import { ensureStack, pulumi } from "./pulumi-cli/run";
import { defaultWorkspace, isSimulated } from "./pulumi-cli/workspace";
import { readCommand } from "./pulumi-cli/command-line";

async function main(): Promise<number> {
  const { args, stacks, makes } = readCommand(process.argv.slice(2));
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
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
