/** `did you mean --max-num-seqs?`: the known name that has most of the words of a wrong one; else where to look. */
export function closest(name: string, known: ReadonlySet<string>, otherwise: string): string {
  // What every name begins with (`VLLM_`) tells nothing.
  const shared = commonWords(known);
  const words = wordsOf(name).filter((word) => !shared.has(word));
  const score = (candidate: string): number => {
    const parts = wordsOf(candidate).filter((word) => !shared.has(word));
    const alike = (part: string): number =>
      words.includes(part) ? 1 : words.some((word) => part.startsWith(word) || word.startsWith(part)) ? 0.9 : 0;
    // A word too many counts a little against a name, so that the plainest of several stays.
    return parts.reduce((sum, part) => sum + (alike(part) || -0.2), 0);
  };
  const best = [...known].sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1))[0] ?? "";
  return score(best) > 0.5 ? `did you mean ${best}?` : otherwise;
}

function commonWords(names: ReadonlySet<string>): ReadonlySet<string> {
  const [first = [], ...others] = [...names].map(wordsOf);
  return new Set(first.filter((word) => others.every((words) => words.includes(word))));
}

function wordsOf(name: string): readonly string[] {
  return name
    .toLowerCase()
    .split(/[-_]+/)
    .filter((word) => word.length > 1);
}
