import { readFileSync, writeFileSync } from "node:fs";

/** Where a command reads from and writes to. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly readStdin: () => string;
  readonly colour: boolean;
}

/** A mistake of the caller, told without a stack trace. */
export class UsageError extends Error {}

/** @throws {UsageError} when the file cannot be read. */
export function readText(command: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`nvl72 ${command}: cannot read ${file}: ${messageOf(error)}`);
  }
}

/** @throws {UsageError} when the file cannot be written. */
export function writeText(command: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`nvl72 ${command}: cannot write ${file}: ${messageOf(error)}`);
  }
}

/** @throws {UsageError} when the text is not JSON. */
export function readJson(command: string, file: string): unknown {
  try {
    return JSON.parse(readText(command, file));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`nvl72 ${command}: ${file} is not JSON`);
  }
}

/** The folder that a command is about, the current one if none is named. @throws {UsageError} for several. */
export function onlyFolder(command: string, positionals: readonly string[]): string {
  const [folder = ".", ...others] = positionals;
  if (others.length > 0) throw new UsageError(`nvl72 ${command}: one folder, not also ${others.join(" ")}`);
  return folder;
}

/** A number given on the command line. @throws {UsageError} naming the option. */
export function numberOption(command: string, option: string, text: string, least = 0): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
  throw new UsageError(`nvl72 ${command}: --${option} ${text} is not a number of at least ${least}`);
}

/** @throws {UsageError} naming the option. */
export function wholeOption(command: string, option: string, text: string, least = 0): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`nvl72 ${command}: --${option} ${text} is not a whole number of at least ${least}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
