// npm test [-- tier...]: every tier, or those named; the last line counts all of them together.
import { explainMissing, obtain } from "./engine/obtain";
import { alertPrograms, enginePrograms, rackPrograms, type ProgramName } from "./engine/programs";
import type { Missing } from "./engine/source";
import { printFailure } from "./start/failure";
import { runChecks } from "./testing/check-tier";
import { runMocha } from "./testing/mocha-tier";
import { formatSummary, readTiers, skippedTier, type TierName, type TierResult } from "./testing/tier";

/** Programs without which a tier cannot run. */
const needs: Readonly<Record<TierName, readonly ProgramName[]>> = {
  check: [],
  unit: [],
  engine: enginePrograms,
  rack: [...enginePrograms, ...rackPrograms],
};

/** Programs that a tier can do without: the tests that want them say what they lack. */
const helps: Partial<Record<TierName, readonly ProgramName[]>> = { engine: alertPrograms };

async function main(): Promise<number> {
  const tiers = readTiers(process.argv.slice(2));
  const inCi = (process.env.CI ?? "") !== "" && process.env.CI !== "false";
  const programs = obtainMeanwhile([...new Set(tiers.flatMap((tier) => [...needs[tier], ...(helps[tier] ?? [])]))]);
  const results: TierResult[] = [];
  for (const tier of tiers) {
    console.log(`\n== ${tier}`);
    results.push(await runTier(tier, programs, inCi));
  }
  console.log(formatSummary(results));
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

async function runTier(tier: TierName, programs: Programs, inCi: boolean): Promise<TierResult> {
  if (tier === "check") return runChecks();
  if (needs[tier].length > 0) {
    const missing = (await programs.whenObtained()).filter(({ name }) => needs[tier].includes(name));
    if (missing.length > 0) {
      console.log(explainMissing(missing));
      const reason = `${missing.map(({ name }) => name).join(", ")} missing`;
      return skippedTier(tier, inCi ? `${reason}, which is a failure in CI` : reason, inCi);
    }
    if (tier === "rack" && process.platform !== "linux") {
      return skippedTier(tier, "the simulated rack runs on Linux only", inCi);
    }
  }
  return runMocha(tier);
}

interface Programs {
  /** Resolves to what could not be had; shows what there is to wait for from now on. */
  whenObtained(): Promise<readonly Missing[]>;
}

/** Starts obtaining at once, because a first build takes longer than all tests; quietly while other tiers run. */
function obtainMeanwhile(names: readonly ProgramName[]): Programs {
  let say: ((line: string) => void) | undefined;
  let latest = "";
  const obtained = obtain(names, (line) => {
    latest = line;
    say?.(line);
  });
  obtained.catch(() => undefined); // seen by whoever waits for it
  return {
    async whenObtained() {
      if (say === undefined && latest !== "") console.log(`  ${latest}`);
      say = (line) => console.log(`  ${line}`);
      return (await obtained).missing;
    },
  };
}

process.on("SIGINT", () => process.exit(130));
main().then(
  (code) => process.exit(code), // tests that ran in other processes are over; nothing is left to wait for
  (error: unknown) => {
    printFailure(error);
    process.exit(1);
  },
);
