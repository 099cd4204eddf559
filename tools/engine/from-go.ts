import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "./find-on-path";
import { program, programNames, type ProgramName } from "./programs";
import { runProgram } from "./run-program";
import type { Source } from "./source";

const script = join(__dirname, "build.sh");

/** Built from Go modules by build.sh, in the order in which they are needed. About twenty minutes for all, once. */
export function fromGo(bin: string, logs: string): Source {
  return {
    title: "Go",
    async obtain(wanted, report) {
      const names = programNames.filter((name) => wanted.includes(name));
      const ready: ProgramName[] = [];
      const refused = new Map<ProgramName, string>();
      if (findOnPath("go") === undefined) {
        for (const name of names) refused.set(name, "`go` is not on PATH");
        return { ready, refused };
      }
      mkdirSync(logs, { recursive: true });
      const logFile = join(logs, "go-build.log");
      const log = createWriteStream(logFile);
      const total = names.reduce((sum, name) => sum + program(name).buildSeconds, 0);
      report(`building ${names.length} of ${programNames.length} programs from Go modules, about ${duration(total)}`);
      let lastError = "";
      // Not in the way of what else runs meanwhile; an unstarted build is the next run's.
      const { code } = await runProgram("nice", ["-n", "5", "bash", script, bin, ...names], {
        onLine: (line) => {
          log.write(`${line}\n`);
          const step = readBuildLine(line);
          if (step === undefined) return;
          if (step.state === "done") ready.push(step.name);
          report(describe(step, names));
        },
        onErrorLine: (line) => {
          log.write(`${line}\n`);
          if (!line.startsWith("go: downloading")) lastError = line;
        },
      });
      log.end();
      if (code !== 0) {
        for (const name of names) {
          if (!ready.includes(name)) refused.set(name, `the build ended with ${code} (${lastError}); log: ${logFile}`);
        }
      }
      return { ready, refused };
    },
  };
}

/** Which of these programs build.sh would build again. */
export async function outdatedByGo(bin: string, names: readonly ProgramName[]): Promise<ProgramName[]> {
  const { code, stdout } = await runProgram("bash", [script, "--outdated", bin, ...names]);
  if (code !== 0) return [...names];
  const lines = stdout.split("\n");
  return names.filter((name) => lines.includes(name));
}

export interface BuildStep {
  readonly name: ProgramName;
  readonly state: "building" | "done";
  readonly seconds?: number;
}

/** One line of what build.sh prints. */
export function readBuildLine(line: string): BuildStep | undefined {
  const [, name, rest] = /^(\S+)\s+(building|up to date|collected|built in .*)$/.exec(line) ?? [];
  if (name === undefined || rest === undefined || !(programNames as string[]).includes(name)) return undefined;
  if (rest === "building") return { name: name as ProgramName, state: "building" };
  const seconds = /^built in (\d+)s/.exec(rest)?.[1];
  return { name: name as ProgramName, state: "done", ...(seconds === undefined ? {} : { seconds: Number(seconds) }) };
}

function describe(step: BuildStep, names: readonly ProgramName[]): string {
  const place = `${names.indexOf(step.name) + 1}/${names.length}`;
  if (step.state === "building") {
    return `${place} ${step.name}: building, about ${duration(program(step.name).buildSeconds)}`;
  }
  return `${place} ${step.name}: ready${step.seconds === undefined ? "" : ` after ${duration(step.seconds)}`}`;
}

export function duration(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
