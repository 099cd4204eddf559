/** `did you mean --max-num-seqs?`: the known name that has most of the words of a wrong one; else where to look. */
export function closest(name: string, known: ReadonlySet<string>, otherwise: string): string {
  const words = wordsOf(name);
  const score = (candidate: string): number => {
    const parts = wordsOf(candidate);
    const alike = (part: string): number =>
      words.includes(part) ? 1 : words.some((word) => part.startsWith(word) || word.startsWith(part)) ? 0.9 : 0;
    // A word too many counts a little against a name, so that the plainest of several stays.
    return parts.reduce((sum, part) => sum + (alike(part) || -0.2), 0);
  };
  const best = [...known].sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1))[0] ?? "";
  return score(best) > 0.5 ? `did you mean ${best}?` : otherwise;
}

function wordsOf(name: string): readonly string[] {
  return name
    .toLowerCase()
    .split(/[-_]+/)
    .filter((word) => word.length > 1);
}
