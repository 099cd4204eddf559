// npm run preview -- [STACK] [options]: what a change in stacks/ would do, in one screen per stack. With options, such as
// --diff, it is pulumi's own preview.
import { readCommand } from "./pulumi-cli/command-line";
import { runCommand, whenUsable } from "./pulumi-cli/command";
import { previewReport } from "./pulumi-cli/preview-report";
import type { PulumiWorkspace } from "./pulumi-cli/workspace";

async function main(): Promise<number> {
  const { args, stacks } = readCommand(["preview", ...process.argv.slice(2)]);
  if (args.length > 1) return runCommand({ args, stacks });
  return whenUsable(async (workspace) => {
    const codes: number[] = [];
    for (const stack of stacks) codes.push(await show(stack, workspace));
    return Math.max(...codes);
  });
}

async function show(stack: string, workspace: PulumiWorkspace): Promise<number> {
  const { code, text } = await previewReport(stack, workspace);
  console.log(`${text}\n`);
  return code;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
