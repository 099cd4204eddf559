import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../engine/home";
import { runProgram } from "../engine/run-program";
import type { TierName, TierResult } from "./tier";

/** Files of each tier, as arguments of mocha. */
const files: Readonly<Record<Exclude<TierName, "check">, readonly string[]>> = {
  unit: ["test/**/*.spec.ts", "--ignore", "test/engine/**", "--ignore", "test/rack/**"],
  engine: ["test/engine/**/*.spec.ts"],
  rack: ["test/rack/**/*.spec.ts"],
};

export async function runMocha(tier: Exclude<TierName, "check">): Promise<TierResult> {
  const scratch = mkdtempSync(join(tmpdir(), "nvl72-test-"));
  const result = join(scratch, "result.json");
  const colour = process.stdout.isTTY ? [] : ["--no-color"];
  const { code, seconds } = await runProgram(
    process.execPath,
    ["node_modules/mocha/bin/mocha.js", "--reporter", "tools/testing/reporter.cjs", ...colour, ...files[tier]],
    {
      cwd: root,
      output: "inherit",
      environment: { ...process.env, NVL72_TEST_RESULT: result, NVL72_TEST_STYLE: tier === "unit" ? "dot" : "spec" },
    },
  );
  try {
    const counts = JSON.parse(readFileSync(result, "utf8")) as Pick<TierResult, "passed" | "failed" | "skipped">;
    // Mocha can fail without a failed test, for example in what runs after the last one.
    const failed = Math.max(counts.failed, code === 0 ? 0 : 1);
    return { tier, passed: counts.passed, failed, skipped: counts.skipped, seconds };
  } catch {
    return { tier, passed: 0, failed: 1, skipped: [], seconds }; // it ended before it could count
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
