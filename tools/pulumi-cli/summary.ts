/** How many resources an `up` touched, read from the list at the end of what it prints. */
export interface Changes {
  readonly created: number;
  readonly updated: number;
  readonly replaced: number;
  readonly deleted: number;
  readonly unchanged: number;
}

export function readChanges(output: string): Changes {
  const end = output.slice(Math.max(0, output.lastIndexOf("\nResources:")));
  const count = (word: string): number => Number(new RegExp(`^[ +~-]*(\\d+) ${word}`, "m").exec(end)?.[1] ?? 0);
  return {
    created: count("created"),
    updated: count("updated"),
    replaced: count("replaced"),
    deleted: count("deleted"),
    unchanged: count("unchanged"),
  };
}

export function changesNothing(changes: Changes): boolean {
  return changes.created + changes.updated + changes.replaced + changes.deleted === 0;
}

export function describeChanges(changes: Changes): string {
  const { created, updated, replaced, deleted } = changes;
  const parts = Object.entries({ created, updated, replaced, deleted }).filter(([, count]) => count > 0);
  return parts.length === 0 ? "nothing changed" : parts.map(([word, count]) => `${count} ${word}`).join(", ");
}

/** What went wrong, without the table of resources above it. */
export function readDiagnostics(output: string): string {
  const from = output.indexOf("\nDiagnostics:");
  if (from < 0) return output.split("\n").slice(-20).join("\n").trim();
  const rest = output.slice(from + 1);
  const to = rest.search(/\n(Outputs|Resources):/);
  return (to < 0 ? rest : rest.slice(0, to)).replace(/^Diagnostics:\n/, "").trimEnd();
}
