import { newestKnown } from "../versions";
import flagTable from "./flag-table.json";

/** Versions whose flags were read from the published package. A patch or post release speaks its base's dialect. */
export const sglangVersions = ["0.5.5", "0.5.8", "0.5.23"] as const;
export type SglangVersion = (typeof sglangVersions)[number];

/** What one version of the launcher accepts, and how it wants to be told the same things. */
export interface Dialect {
  readonly version: SglangVersion;
  readonly flags: ReadonlySet<string>;
  readonly environment: ReadonlySet<string>;
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

interface TableEntry {
  readonly flags: readonly string[];
  readonly choices: Readonly<Record<string, readonly string[]>>;
  readonly environment: readonly string[];
}

const table: Readonly<Record<SglangVersion, TableEntry>> = flagTable.versions;

/** The dialect of `0.5.8`, `0.5.8.post1` or `0.5.9` (the newest known that is not newer); undefined before the first. */
export function dialectOf(version: string): Dialect | undefined {
  const known = newestKnown(version, sglangVersions);
  if (known === undefined) return undefined;
  const entry = table[known];
  return {
    version: known,
    flags: new Set(entry.flags),
    environment: new Set(entry.environment),
    choices: entry.choices,
  };
}

export const balanceReportFlag = "--expert-balancedness-report-mode";
/** With it older versions report the balance of steps as a metric, and not in the log alone; newer ones end at it. */
export const balanceMetricVariable = "SGLANG_ENABLE_EPLB_BALANCEDNESS_METRIC";

/** Can this version report the balance of its steps as a metric? */
export function reportsBalance({ flags, environment }: Pick<Dialect, "flags" | "environment">): boolean {
  return flags.has(balanceReportFlag) || environment.has(balanceMetricVariable);
}
