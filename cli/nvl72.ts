#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readPlanSummary, type PlanSummary } from "../src/report/plan-summary";
import { parsePreview } from "../src/report/preview/digest";
import { renderReport } from "../src/report/preview/markdown";

/** Where a command reads from and writes to. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly readStdin: () => string;
  readonly colour: boolean;
}

const usage = `usage: nvl72 <command>

  plan [DIRECTORY] [--no-colour]
      Draws what the stacks in DIRECTORY (default: the current one) plan for the rack. Needs no cluster.

  render [DIRECTORY]
      Prints every object that the stacks in DIRECTORY would create, as YAML. Needs no cluster and no pulumi.

  report --stack NAME [--preview FILE|-] [--failed-output FILE] [--exit-code N]
         [--before FILE] [--after FILE] [--max-chars N]
      Turns the output of \`pulumi preview --json\` into one screen of Markdown for a pull request.
      --preview        the JSON; - or nothing reads stdin. Run the preview with
                       PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, or the new prediction is not in it.
      --failed-output  what a failed preview wrote to stderr, shown when the JSON has no error
      --exit-code      that of the preview: another one than 0 makes it a failed preview, whatever the JSON says
      --before/--after plan summaries to compare, where the stack has no \`plan\` output
      --max-chars      longest report, default 60000

  help
`;

/** A mistake of the caller, told without a stack trace. */
class UsageError extends Error {}

export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [command = "help", ...rest] = args;
  try {
    switch (command) {
      case "plan":
        terminal.out(await plan(rest, terminal));
        return 0;
      case "render":
        terminal.out(await render(rest));
        return 0;
      case "report":
        terminal.out(report(rest, terminal));
        return 0;
      case "help":
      case "--help":
      case "-h":
        terminal.out(usage);
        return 0;
      default:
        throw new UsageError(`nvl72: there is no command '${command}'; commands are plan, render, report, help`);
    }
  } catch (error) {
    terminal.error(`${messageOf(error)}\n`);
    return error instanceof UsageError || isArgumentError(error) ? 2 : 1;
  }
}

async function plan(args: readonly string[], terminal: Terminal): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { "no-colour": { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return usage;
  // Reading stack files takes a parser and a schema, which a report does not need.
  const { planScreen } = await import("./plan.js");
  return `${planScreen(positionals[0] ?? ".", { colour: terminal.colour && !values["no-colour"] })}\n`;
}

async function render(args: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return usage;
  const { renderDirectory } = await import("./render.js");
  return renderDirectory(positionals[0] ?? ".");
}

function report(args: readonly string[], terminal: Terminal): string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: "string" },
      preview: { type: "string", default: "-" },
      "failed-output": { type: "string" },
      "exit-code": { type: "string", default: "0" },
      before: { type: "string" },
      after: { type: "string" },
      "max-chars": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return usage;
  if (values.stack === undefined) throw new UsageError("nvl72 report: --stack NAME is missing");
  const text = values.preview === "-" ? terminal.readStdin() : readFile(values.preview);
  const failedOutput = values["failed-output"] === undefined ? "" : readFile(values["failed-output"]);
  const preview = parsePreview(text);
  if (preview === undefined && failedOutput.trim() === "" && text.trim() === "") {
    throw new UsageError("nvl72 report: the preview is empty, and so is --failed-output: there is nothing to report");
  }
  const before = planSummary(values.before);
  const after = planSummary(values.after);
  const maxCharacters = positive(values["max-chars"]);
  return renderReport({
    stack: values.stack,
    ...(preview === undefined ? {} : { preview }),
    failed: values["exit-code"] !== "0",
    failedOutput: failedOutput.trim() === "" && preview === undefined ? plainText(text) : failedOutput,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(maxCharacters === undefined ? {} : { maxCharacters }),
  });
}

/** A preview that died before it wrote JSON has said why in plain text. Half a JSON is nothing to show. */
function plainText(text: string): string {
  return /^\s*[{[]/m.test(text) ? "pulumi stopped before its JSON was complete; see the log of the job" : text;
}

function planSummary(file: string | undefined): PlanSummary | undefined {
  if (file === undefined) return undefined;
  const summary = readPlanSummary(parseJson(readFile(file), file));
  if (summary === undefined) throw new UsageError(`nvl72 report: ${file} is not a plan summary of this version`);
  return summary;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`nvl72 report: ${file} is not JSON`);
  }
}

function readFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`nvl72 report: cannot read ${file}: ${messageOf(error)}`);
  }
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  // Below, not even the heading and a problem would fit.
  if (!Number.isInteger(value) || value < 500) {
    throw new UsageError(`nvl72 report: --max-chars ${text} is not a whole number of at least 500`);
  }
  return value;
}

function isArgumentError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (require.main === module) {
  const terminal: Terminal = {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    readStdin: () => readFileSync(0, "utf8"),
    colour: process.stdout.isTTY && process.env.NO_COLOR === undefined,
  };
  void main(process.argv.slice(2), terminal).then((status) => {
    process.exitCode = status;
  });
}
