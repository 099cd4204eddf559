/** One kind of test, from the quickest to the most real. */
export const tierNames = ["check", "unit", "engine", "rack"] as const;
export type TierName = (typeof tierNames)[number];

export interface TierResult {
  readonly tier: TierName;
  readonly passed: number;
  readonly failed: number;
  /** What did not run, each with the reason where there is one. */
  readonly skipped: readonly string[];
  readonly seconds: number;
}

/** A tier that could not run at all. Where all tiers are expected to run, that is a failure. */
export function skippedTier(tier: TierName, reason: string, required: boolean): TierResult {
  return { tier, passed: 0, failed: required ? 1 : 0, skipped: [`all of ${tier}: ${reason}`], seconds: 0 };
}

/** Counts per tier, then what was skipped, then the one line that says it all. */
export function formatSummary(results: readonly TierResult[]): string {
  const sum = (key: "passed" | "failed"): number => results.reduce((total, result) => total + result[key], 0);
  const lines = results.map(({ tier, passed, failed, skipped, seconds }) => {
    const counts = [
      `${passed} passed`,
      `${failed} failed`,
      ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
    ];
    return `${tier.padEnd(8)}${counts.join(", ").padEnd(36)}${seconds.toFixed(1).padStart(7)} s`;
  });
  const skipped = results.flatMap((result) => result.skipped.map((what) => `skipped: ${what}`));
  return ["", ...lines, ...skipped, `${sum("passed")} passed, ${sum("failed")} failed`].join("\n");
}

/** Which tiers a command line asks for; none means all of them. */
export function readTiers(args: readonly string[]): TierName[] {
  const unknown = args.filter((arg) => !(tierNames as readonly string[]).includes(arg));
  if (unknown.length > 0) throw new Error(`there is no tier ${unknown.join(", ")}; tiers are ${tierNames.join(", ")}`);
  return tierNames.filter((tier) => args.length === 0 || args.includes(tier));
}
