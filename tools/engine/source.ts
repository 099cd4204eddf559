import type { ProgramName } from "./programs";

/** One way to get programs into the cache. */
export interface Source {
  /** Completes the sentence "tried ...". */
  readonly title: string;
  /** Gets as many of the programs as it can, and says for each of the others why not. */
  obtain(names: readonly ProgramName[], report: Report): Promise<Outcome>;
}

/** A line for whoever waits. */
export type Report = (line: string) => void;

export interface Outcome {
  /** Programs that are in the cache now. */
  readonly ready: readonly ProgramName[];
  /** Why the others are not. A program with neither is none of this source's business. */
  readonly refused: ReadonlyMap<ProgramName, string>;
}

export interface Missing {
  readonly name: ProgramName;
  /** What each source said, in the order in which they were asked. */
  readonly reasons: readonly string[];
}

export interface Obtained {
  readonly ready: readonly ProgramName[];
  readonly missing: readonly Missing[];
}

/** Asks one source after the other for what is still missing. */
export async function obtainFrom(
  sources: readonly Source[],
  names: readonly ProgramName[],
  report: Report,
): Promise<Obtained> {
  const reasons = new Map(names.map((name) => [name, [] as string[]]));
  let wanted = [...names];
  for (const source of sources) {
    if (wanted.length === 0) break;
    const { ready, refused } = await source.obtain(wanted, report);
    wanted = wanted.filter((name) => !ready.includes(name));
    for (const name of wanted) {
      const reason = refused.get(name);
      if (reason !== undefined) reasons.get(name)?.push(`${source.title}: ${reason}`);
    }
  }
  return {
    ready: names.filter((name) => !wanted.includes(name)),
    missing: wanted.map((name) => ({ name, reasons: reasons.get(name) ?? [] })),
  };
}
