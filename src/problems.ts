/** One reason why a request cannot be served, in the words of the person who wrote it. */
export interface Problem {
  /** Property path as the user wrote it, for example `decode.dispatchTokensPerRank`. */
  readonly path: string;
  /** What is wrong, with the numbers. */
  readonly what: string;
  /** The rule that is broken, with its source where it is not plain arithmetic. */
  readonly rule: string;
  /** What to write instead. */
  readonly fix: string;
}

/** Collects problems, so that a user sees all of them at once and nothing is half-created. */
export class Problems {
  private readonly found: Problem[] = [];

  add(problem: Problem): void {
    this.found.push(problem);
  }

  /** Adds problems found by a part that does not know where it stands in the user's configuration. */
  addBelow(path: string, problems: readonly Problem[]): void {
    this.found.push(...below(path, problems));
  }

  get all(): readonly Problem[] {
    return this.found;
  }

  /** @throws {RefusedError} when anything was added. */
  throwIfAny(subject: string): void {
    if (this.found.length > 0) throw new RefusedError(subject, this.found);
  }
}

/** A request that was refused before anything was created. Its message is complete and fit to print. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(
    readonly subject: string,
    readonly problems: readonly Problem[],
  ) {
    super(formatRefusal(subject, problems));
  }
}

export function formatRefusal(
  subject: string,
  problems: readonly Problem[],
  consequence = "nothing was changed",
): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.flatMap((p) => [`  ${p.path}: ${p.what}`, `      rule: ${p.rule}`, `      fix:  ${p.fix}`]);
  return [`nvl72: ${subject} cannot run as configured (${count}), ${consequence}`, ...lines].join("\n");
}

/** A warning is worth a line in the preview, and stops nothing. */
export function formatWarning(warning: Problem): string {
  return `${warning.path}: ${warning.what} (${warning.rule}); ${warning.fix}`;
}

/** Problems of a part, as the whole sees them: their paths begin where the part stands. */
export function below(path: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: joinPath(path, problem.path) }));
}

function joinPath(parent: string, child: string): string {
  if (parent === "") return child;
  if (child === "") return parent;
  return child.startsWith("[") ? `${parent}${child}` : `${parent}.${child}`;
}
