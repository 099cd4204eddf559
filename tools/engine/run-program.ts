import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

export interface RunOptions {
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Text for standard input; without it the program reads nothing. */
  readonly input?: string;
  /** `capture` (default) collects both streams; `inherit` hands the terminal over. */
  readonly output?: "capture" | "inherit";
  /** Called with every line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
  /** Called with every line of standard error as it comes. */
  readonly onErrorLine?: (line: string) => void;
  /** Both streams are also written to this file, from its beginning. */
  readonly logFile?: string;
  /** Milliseconds after which the program is stopped. */
  readonly timeout?: number;
  /** Stops the program when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Exit code; 127 when the program could not be started, 128 and more when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs a program to its end. A failure is a result, not an exception. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const begun = performance.now();
  const inherit = options.output === "inherit";
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.environment ?? process.env,
    stdio: inherit ? "inherit" : [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: options.timeout,
  });
  if (options.logFile !== undefined) mkdirSync(dirname(options.logFile), { recursive: true });
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile);
  const streams = [
    { stream: child.stdout, lines: [] as string[], onLine: options.onLine },
    { stream: child.stderr, lines: [] as string[], onLine: options.onErrorLine },
  ];
  for (const { stream, lines, onLine } of streams) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      log?.write(`${line}\n`);
      onLine?.(line);
    });
  }
  // Unlike the option of spawn of the same name, this ends when the program has.
  options.signal?.addEventListener("abort", () => child.kill());
  child.stdin?.on("error", () => undefined); // a program may end without reading its input
  child.stdin?.end(options.input);
  const code = await new Promise<number>((done) => {
    child.on("error", (error) => {
      streams[1]?.lines.push(error.message);
      done(127);
    });
    child.on("close", (exit, signal) => done(exit ?? (signal === "SIGINT" ? 130 : 143)));
  });
  log?.end();
  const text = (index: number): string => streams[index]?.lines.join("\n") ?? "";
  return { code, stdout: text(0), stderr: text(1), seconds: (performance.now() - begun) / 1000 };
}
