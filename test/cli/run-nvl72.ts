import { main } from "../../cli/nvl72";

export interface Run {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a command in this process, as a terminal without colours would. */
export async function runNvl72(...args: readonly string[]): Promise<Run> {
  let out = "";
  let error = "";
  const status = await main(args, {
    out: (text) => (out += text),
    error: (text) => (error += text),
    readStdin: () => "",
    colour: false,
  });
  return { status, out, error };
}

/** What the command prints. @throws when it fails. */
export async function outputOf(...args: readonly string[]): Promise<string> {
  const { status, out, error } = await runNvl72(...args);
  if (status !== 0) throw new Error(`status ${status}: ${error}`);
  return out;
}

/** What a mistake of the caller is told. @throws when it was none. */
export async function usageErrorOf(...args: readonly string[]): Promise<string> {
  const { status, out, error } = await runNvl72(...args);
  if (status !== 2 || out !== "") throw new Error(`status ${status}: ${error}${out}`);
  return error;
}
