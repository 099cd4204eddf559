/** A simple command of a shell text: its words without quotes, and the line that it begins on. */
export interface ShellCommand {
  readonly line: number;
  readonly words: readonly string[];
}

/**
 * The simple commands of a shell text, one per line or joined by backslashes. Expansions stay as they are written:
 * nothing is run.
 */
export function shellCommands(text: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let joined = "";
  let first = 0;
  text.split("\n").forEach((line, i) => {
    if (joined === "") first = i + 1;
    const rest = line.trimEnd();
    if (rest.endsWith("\\")) {
      joined += `${rest.slice(0, -1)} `;
      return;
    }
    const words = shellWords(joined + rest);
    joined = "";
    if (words.length > 0) commands.push({ line: first, words });
  });
  return commands;
}

/** Words of one line; a comment and what follows `;`, `&` or `|` is not part of the command. */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  const pattern = /\s*(?:(#.*|[;&|].*)|((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"';&|#]|(?<=\S)#)+))/y;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    const word = match.at(2);
    if (word === undefined) break;
    words.push(withoutQuotes(word));
  }
  return words;
}

/** `NAME=value` of an `export`, or of a line that is only an assignment. */
export function assignments({ words }: ShellCommand): readonly (readonly [string, string])[] {
  const [first = "", ...rest] = words;
  const candidates = first === "export" ? rest : words;
  const pairs = candidates.flatMap((word) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(word);
    return match === null ? [] : [[match.at(1) ?? "", match.at(2) ?? ""] as const];
  });
  return pairs.length === candidates.length ? pairs : [];
}

function withoutQuotes(word: string): string {
  return word.replace(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(["\\$`])/g, "$1"),
  );
}
