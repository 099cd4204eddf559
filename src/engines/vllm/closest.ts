/** `did you mean --max-num-seqs?`: the known name that has most of the words of a wrong one. */
export function closest(name: string, known: ReadonlySet<string>): string {
  const words = name
    .toLowerCase()
    .split(/[-_]+/)
    .filter((word) => word.length > 1);
  const score = (candidate: string): number => {
    const parts = candidate
      .toLowerCase()
      .split(/[-_]+/)
      .filter((word) => word.length > 1);
    const shared = parts.filter((part) => words.some((word) => part.startsWith(word) || word.startsWith(part)));
    return shared.length - Math.abs(parts.length - words.length) / 10;
  };
  const best = [...known].sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1))[0] ?? "";
  return score(best) > 0.5 ? `did you mean ${best}?` : "see `vllm serve --help=all`";
}
