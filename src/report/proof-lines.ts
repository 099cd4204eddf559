import type { Baseline } from "../plan/allocate/baselines";
import type { LendingAnswer } from "../plan/allocate/lending";
import type { RackProof } from "../plan/rack-proof";
import { brief, duration } from "./numbers";

/** How good a plan is, in a few lines for a terminal or a pull request. */
export function proofLines(proof: RackProof): readonly string[] {
  const { share, bound, best, gap } = proof;
  const lines = [
    `serves ${times(share)} what is asked, headroom kept: ${percent(1 - gap)} of what any plan could (LP bound ${times(bound.value)})`,
    `why not more: ${bound.explanation}`,
  ];
  if (share < best.share * 0.995) {
    const pools = best.clients.map(({ client, trays }) => `${client} ${trays}`).join(", ");
    lines.push(
      `the best plan would serve ${times(best.share)}, with trays ${pools}; pools: auto and trays: auto give it`,
    );
  }
  return [
    ...lines,
    ...proof.baselines.map((baseline) => baselineLine(baseline, share)),
    ...proof.alternatives
      .filter((alternative) => alternative.share > share * 1.005)
      .map(({ name, share: other, note }) => `${name}: ${times(other)}${gain(other, share)}, ${note}`),
    ...(proof.lending === undefined ? [] : [lendingLine(proof.lending)]),
    ...trayLines(proof),
  ];
}

/** The flexible buffer of the source design, valued. */
export function lendingLine({
  pays,
  lending,
  gainedRequestsPerSecond,
  breakEvenSeconds,
  ...answer
}: LendingAnswer): string {
  const without = answer.static.requestsPerSecond;
  const from =
    breakEvenSeconds === undefined ? "however long peaks last" : `unless peaks last ${duration(breakEvenSeconds)}`;
  if (!pays || lending === undefined)
    return `lending trays to whoever peaks does not pay, ${from}: ${brief(without)} req/s without it`;
  const since = breakEvenSeconds === undefined ? "" : `, from peaks of ${duration(breakEvenSeconds)} on`;
  return (
    `lending ${lending.bufferTrays} trays to whoever peaks would serve ${brief(gainedRequestsPerSecond)} req/s ` +
    `(${more(1 + gainedRequestsPerSecond / without)}) more than the best fixed split${since}`
  );
}

function trayLines({ best, shadowPrices }: RackProof): readonly string[] {
  if (shadowPrices === undefined) return [];
  const gained = more((best.share + shadowPrices.gainedShare) / best.share);
  const lost = more((best.share - shadowPrices.lostShare) / best.share);
  return [`one ${shadowPrices.unit} more would serve ${gained}, one less ${lost}`];
}

function baselineLine({ name, share, missingTrays, limitedBy }: Baseline, ours: number): string {
  if (missingTrays > 0) return `${name}: does not fit, ${missingTrays} trays are missing`;
  const limit = limitedBy.map(({ client, role }) => `${client ?? "shared"} ${role}`).join(", ");
  if (share <= 0) return `${name}: keeps no promise (${limit})`;
  const factor = ours / share;
  return `${name}: ${times(share)}${factor > 1.05 ? `, ${brief(factor)} times less` : ""} (${limit} ${limitedBy.length > 1 ? "end" : "ends"} first)`;
}

function times(share: number): string {
  return `${brief(share)} x`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(0)} %`;
}

/** Over nothing there is no percentage. */
function gain(other: number, share: number): string {
  return share > 0 ? ` (${more(other / share)})` : "";
}

function more(factor: number): string {
  const change = 100 * (factor - 1);
  return Math.abs(change) < 0.05 ? "the same" : `${change > 0 ? "+" : ""}${change.toFixed(1)} %`;
}
