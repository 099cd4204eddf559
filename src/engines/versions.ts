/**
 * The newest known version that is not newer than the one asked for: it speaks its dialect. Undefined before the first,
 * beyond the newest major, and for what is no release.
 */
export function newestKnown<Version extends string>(version: string, known: readonly Version[]): Version | undefined {
  const wanted = releaseOf(version);
  if (wanted === undefined) return undefined;
  const releases = known.map((candidate) => ({ candidate, release: releaseOf(candidate) ?? 0 }));
  const newest = Math.max(...releases.map(({ release }) => release));
  if (majorOf(wanted) > majorOf(newest)) return undefined;
  return releases.filter(({ release }) => release <= wanted).at(-1)?.candidate;
}

/** `1.6.1.post2` -> 1006001: releases in order. */
function releaseOf(version: string): number | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:\.post\d+)?$/.exec(version);
  if (match === null) return undefined;
  return (Number(match[1]) * 1000 + Number(match[2])) * 1000 + Number(match[3]);
}

function majorOf(release: number): number {
  return Math.floor(release / 1e6);
}
