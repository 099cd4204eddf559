import { join } from "node:path";
import { root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import type { TierResult } from "./tier";

const checks = [
  { title: "types", command: ["typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json"] },
  { title: "lint", command: ["eslint/bin/eslint.js", "."] },
  { title: "format", command: ["prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."] },
] as const;

/** What a compiler can say about the code. Each check counts as one test. */
export async function runChecks(): Promise<TierResult> {
  let passed = 0;
  let seconds = 0;
  for (const { title, command } of checks) {
    const [script, ...args] = command;
    const result = await runProgram(process.execPath, [join("node_modules", script), ...args], { cwd: root });
    seconds += result.seconds;
    if (result.code === 0) passed += 1;
    else console.log(`${result.stdout}\n${result.stderr}`.trim());
    console.log(`  ${result.code === 0 ? "ok" : "FAILED"}  ${title}  ${result.seconds.toFixed(1)} s`);
  }
  return { tier: "check", passed, failed: checks.length - passed, skipped: [], seconds };
}
