import type { Preview, PreviewDiagnostic } from "./digest";
import { withoutControl } from "./escape";

/** `info#err` is what the program or its language host wrote to stderr: often the only thing that explains an error. */
const tellingSeverities = ["error", "info#err"];

/** What stopped a preview, one text per problem, without stack traces and paths of the machine it ran on. */
export function failureTexts(preview: Preview | undefined, failedOutput: string): string[] {
  const texts = tellingSeverities.flatMap((severity) =>
    (preview?.diagnostics ?? []).filter((diagnostic) => diagnostic.severity === severity).map(textOf),
  );
  const found = [...new Set(texts)].filter((text) => text !== "");
  if (found.length > 0) return found;
  const output = readable(preview === undefined ? failedOutput : preview.scrub(failedOutput));
  return [output === "" ? "pulumi said nothing; see the log of the job" : output];
}

function textOf(diagnostic: PreviewDiagnostic): string {
  const text = readable(diagnostic.message);
  return diagnostic.resource === "" || text === "" ? text : `${diagnostic.resource}: ${text}`;
}

/** What a program says when it throws: the message, not where in which file of which machine. */
export function readable(message: string): string {
  const lines = withoutControl(message)
    .split("\n")
    .filter((line) => !/^\s+at .*(:\d+:\d+\)?|<anonymous>\))$/.test(line))
    .filter((line) => !/^(error: )?Running program '.*' failed with an unhandled exception:$/.test(line))
    .map((line) => line.replace(/^error: /, ""));
  const text = lines.join("\n").trim();
  // Node writes an error without frames in brackets.
  const bare = /^\[\w*Error\b[^]*\]$/.test(text) ? text.slice(1, -1) : text;
  return bare.replace(/^\w*Error \[(\w+)\]: /, "$1: ").replace(/^(RefusedError|RunError): /, "");
}
