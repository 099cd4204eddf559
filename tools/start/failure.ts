import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "../engine/home";
import { RackError } from "../rack/simulated-rack";

/** A failure whose message says everything; it is printed as it is. */
export class StartError extends Error {}

/** Prints a failure without a stack trace; where one could help somebody, it is in a log. */
export function printFailure(error: unknown): void {
  if (!(error instanceof Error)) {
    console.error(String(error));
    return;
  }
  console.error(error.message);
  if (error instanceof StartError || error instanceof RackError || error.name === "RefusedError") return;
  const { logs } = home();
  const log = join(logs, "failure.log");
  mkdirSync(logs, { recursive: true });
  writeFileSync(log, `${error.stack ?? error.message}\n`);
  console.error(`details: ${log}`);
}
