// npm run pulumi -- <any pulumi command>
import { runCommand } from "./pulumi-cli/command";
import { readCommand } from "./pulumi-cli/command-line";

runCommand(readCommand(process.argv.slice(2))).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
