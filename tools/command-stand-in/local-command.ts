import { spawn } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { hasSecret, secret, unwrap } from "./secrets";

/*
 * What local.Command of @pulumi/command 1.2.1 does, re-made for tests without the real plugin:
 * - nothing runs at preview; `create` runs at creation, `update` (or else `create`) when any input changes;
 * - a change of `triggers` replaces: the new one is created, then the old one's `delete` runs;
 * - `delete` is taken from the old state, with the old environment;
 * - a command that fails fails the step, with command and output in the message whatever `logging` says;
 * - outputs are secret as soon as one input is.
 * Left out, and refused instead of ignored: assetPaths, archivePaths, and every other resource and function.
 */

export interface CommandInputs {
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  readonly triggers?: readonly unknown[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly dir?: string;
  readonly interpreter?: readonly string[];
  readonly logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
  readonly addPreviousOutputInEnv?: boolean;
}

export interface CommandOutputs {
  readonly stdout: string;
  readonly stderr: string;
}

export const inputNames = [
  "create",
  "update",
  "delete",
  "triggers",
  "environment",
  "stdin",
  "dir",
  "interpreter",
  "logging",
  "addPreviousOutputInEnv",
] as const;

/** Properties as the engine sends them: secrets are wrapped, and stay so in what goes back. */
export type Properties = Readonly<Record<string, unknown>>;

/** Called with each line that `logging` lets through. */
export type Log = (line: string) => void;

export function refusals(news: Properties): { property: string; reason: string }[] {
  return ["assetPaths", "archivePaths"]
    .filter((property) => news[property] !== undefined)
    .map((property) => ({ property, reason: "the stand-in for the command provider does not know it" }));
}

export function changedInputs(olds: Properties, news: Properties): string[] {
  return inputNames.filter((name) => !isDeepStrictEqual(unwrap(olds[name]), unwrap(news[name])));
}

export async function create(news: Properties, log: Log): Promise<Properties> {
  const inputs = unwrap(news) as CommandInputs;
  const nothing = { stdout: "", stderr: "" };
  return outputs(news, inputs.create === undefined ? nothing : await run(inputs.create, inputs, nothing, log));
}

export async function update(olds: Properties, news: Properties, log: Log): Promise<Properties> {
  const inputs = unwrap(news) as CommandInputs;
  const command = inputs.update ?? inputs.create;
  const previous = previousOutputs(olds);
  return outputs(news, command === undefined ? previous : await run(command, inputs, previous, log));
}

export async function remove(state: Properties, log: Log): Promise<void> {
  const inputs = unwrap(state) as CommandInputs;
  if (inputs.delete !== undefined) await run(inputs.delete, inputs, previousOutputs(state), log);
}

function previousOutputs(state: Properties): CommandOutputs {
  const { stdout = "", stderr = "" } = unwrap(state) as Partial<CommandOutputs>;
  return { stdout, stderr };
}

function outputs(news: Properties, { stdout, stderr }: CommandOutputs): Properties {
  const mark = hasSecret(news) ? secret : (value: unknown): unknown => value;
  return { ...news, stdout: mark(stdout), stderr: mark(stderr) };
}

async function run(
  command: string,
  inputs: CommandInputs,
  previous: CommandOutputs,
  log: Log,
): Promise<CommandOutputs> {
  const [program = "/bin/sh", ...args] = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
  const addPrevious = inputs.addPreviousOutputInEnv ?? true;
  const child = spawn(program, [...args, command], {
    cwd: inputs.dir ?? process.cwd(),
    env: {
      ...process.env,
      ...inputs.environment,
      ...(addPrevious && previous.stdout !== "" ? { PULUMI_COMMAND_STDOUT: previous.stdout } : {}),
      ...(addPrevious && previous.stderr !== "" ? { PULUMI_COMMAND_STDERR: previous.stderr } : {}),
    },
  });
  child.stdin.on("error", () => undefined); // a command may end without reading it
  child.stdin.end(inputs.stdin ?? "");
  const collected = { stdout: "", stderr: "", both: "" };
  const logging = inputs.logging ?? "stdoutAndStderr";
  for (const stream of ["stdout", "stderr"] as const) {
    const logged = logging === "stdoutAndStderr" || logging === stream;
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      collected[stream] += text;
      collected.both += text;
      if (logged) for (const line of text.trimEnd().split("\n")) log(line);
    });
  }
  const failure = await new Promise<string | undefined>((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (code, signal) => {
      if (signal !== null) done(`signal: ${signal}`);
      else done(code === 0 ? undefined : `exit status ${code ?? 0}`);
    });
  });
  if (failure !== undefined) throw new Error(`${failure}: running ${JSON.stringify(command)}:\n${collected.both}`);
  return { stdout: collected.stdout.replace(/\n$/, ""), stderr: collected.stderr.replace(/\n$/, "") };
}
