// npm run preview -- [STACK] [options]: what a change in stacks/ would do, in one screen per stack. With options, such as
// --diff, it is pulumi's own preview.
import { parsePreview } from "../src/report/preview/digest";
import { renderReport } from "../src/report/preview/markdown";
import { terminalReport } from "../src/report/preview/terminal";
import { readCommand } from "./pulumi-cli/command-line";
import { runCommand, whenUsable } from "./pulumi-cli/command";
import { pulumi } from "./pulumi-cli/run";
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
  const { code, stdout, stderr } = await pulumi(["preview", "--json"], {
    workspace,
    stack,
    // The plain form does not have the new outputs, and so not the new prediction.
    environment: { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" },
  });
  const preview = parsePreview(stdout);
  const report = renderReport({
    stack,
    ...(preview === undefined ? {} : { preview }),
    failed: code !== 0,
    failedOutput: stderr,
  });
  console.log(`${terminalReport(report)}\n`);
  return code;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
