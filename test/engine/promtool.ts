import { join } from "node:path";
import { home } from "../../tools/engine/home";
import { obtain } from "../../tools/engine/obtain";
import { runProgram, type RunResult } from "../../tools/engine/run-program";
import { skipWithout } from "./skip-without";

/** Runs Prometheus' own tool, or skips the test on a machine that cannot have it. */
export async function promtool(test: Mocha.Context, args: readonly string[]): Promise<RunResult> {
  const { missing } = await obtain(["promtool"], () => undefined);
  const reasons = missing.flatMap((each) => each.reasons).join("; ");
  if (missing.length > 0) skipWithout("promtool", reasons, test);
  return runProgram(join(home().bin, "promtool"), args);
}
