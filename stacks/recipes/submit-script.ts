import { gb200Nvl72 } from "../../src/plan/rack";
import type { Problem } from "../../src/problems";
import type { Reading } from "./recipe";
import { assignments, shellCommands, type ShellCommand } from "./shell-words";
import { splitArguments } from "./submit-arguments";
import { readSubmitDisagg } from "./submit-disagg";
import { missingVariables, type Environment } from "./submit-environment";
import { contextGpus } from "./submit-rules";

/** One submission of a script, with the variables that are set when it is reached. */
export interface Submission {
  readonly line: number;
  readonly words: readonly string[];
  readonly environment: Environment;
  readonly reading: Reading;
}

export interface ScriptReading {
  readonly submissions: readonly Submission[];
  /** What the submissions are together; each has its own problems beside. */
  readonly problems: readonly Problem[];
}

/**
 * Reads every `submit_disagg.sh` line of a shell text, with the exports before it. Functions are read as if they ran in
 * the order in which they are written, which deployment scripts do.
 */
export function readSubmitScript(text: string): ScriptReading {
  const environment: Record<string, string> = {};
  const submissions: Submission[] = [];
  for (const command of shellCommands(text)) {
    for (const [name, value] of exported(command)) environment[name] = value;
    if (!isSubmission(command)) continue;
    const seen = { ...environment };
    submissions.push({ ...command, environment: seen, reading: readLine(command, seen) });
  }
  return { submissions, problems: [...checkCount(submissions), ...checkTogether(submissions)] };
}

/** Only exported variables reach the script that is called. */
function exported(command: ShellCommand): readonly (readonly [string, string])[] {
  return command.words[0] === "export" ? assignments(command) : [];
}

function isSubmission({ words }: ShellCommand): boolean {
  return words.slice(0, 2).some((word) => /(^|\/)submit_disagg\.sh$/.test(word)) && words.length > 2;
}

function readLine({ words }: ShellCommand, environment: Environment): Reading {
  const reading = readSubmitDisagg(words, environment);
  const missing = missingVariables(environment);
  if (missing.length === 0) return reading;
  const { notes, leftOut } = reading;
  return { problems: [...reading.problems, ...missing], notes, leftOut };
}

function checkCount(submissions: readonly Submission[]): readonly Problem[] {
  if (submissions.length > 0) return [];
  return [
    {
      path: "script",
      what: "no submit_disagg.sh line",
      rule: "submissions are what is read of a script",
      fix: "a script that calls ./submit_disagg.sh",
    },
  ];
}

/** Submissions of one script are meant to run side by side; Slurm would queue what the rack cannot hold. */
function checkTogether(submissions: readonly Submission[]): readonly Problem[] {
  const sizes = submissions.map(({ words }) => gpusOfLine(words));
  const wanted = sizes.reduce((sum, gpus) => sum + gpus, 0);
  const rackGpus = gb200Nvl72.trays * gb200Nvl72.gpusPerTray;
  if (submissions.length < 2 || wanted <= rackGpus) return [];
  return [
    {
      path: "script",
      what: `${sizes.join(" + ")} = ${wanted} GPUs for ${submissions.length} submissions, the rack has ${rackGpus} in ${gb200Nvl72.trays} trays`,
      rule: "every GPU belongs to one process; jobs beyond the rack wait for the others to end, and a service never ends",
      fix: `one configuration per client, together ${rackGpus} GPUs or less`,
    },
  ];
}

function gpusOfLine(words: readonly string[]): number {
  const { ctx_num = 0, gen_num = 0, gen_tp_size = 0 } = splitArguments(words).given.numbers;
  return ctx_num * contextGpus + gen_num * gen_tp_size;
}
