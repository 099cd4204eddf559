import { textTable } from "../../src/report/table";
import { cold, type Made } from "./fresh-process";
import { growthObjectives, growthPrefills, type Programs } from "./programs";
import { spreadOf, threeDigits } from "./samples";

const rackCounts = [1, 2, 5, 10, 20, 50, 100] as const;

/** One size of the problem, with a measurement for each way of asking. */
export interface GrowthRow {
  readonly racks: number;
  readonly cells: readonly Made[];
}

/** How the time and memory of the allocation grow with the racks. */
export async function measureGrowth(programs: Programs, runs: number): Promise<readonly GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const racks of rackCounts) {
    const cells: Made[] = [];
    for (const { objective, prefill } of ways) {
      cells.push(await cold(`${objective}, ${prefill}`, programs.allocation(racks, objective, prefill), { runs }));
    }
    rows.push({ racks, cells });
  }
  return rows;
}

const ways = growthObjectives.flatMap((objective) => growthPrefills.map((prefill) => ({ objective, prefill })));

/** Median milliseconds (fastest to slowest) and peak MiB. */
export function growthTable(rows: readonly GrowthRow[]): string[] {
  const titles = ways.map(({ objective, prefill }) => `${objective}, ${prefill}`);
  return textTable(
    [{ title: "racks", align: "right" }, ...titles.map((title) => ({ title, align: "right" as const }))],
    rows.map(({ racks, cells }) => [racks.toString(), ...cells.map(cellText)]),
  );
}

function cellText({ values, peakMib = [] }: Made): string {
  const { median, min, max } = spreadOf(values);
  const peak = threeDigits(spreadOf(peakMib).median);
  return `${threeDigits(median)} (${threeDigits(min)}-${threeDigits(max)}), ${peak}`;
}
