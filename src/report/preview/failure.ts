import type { Preview } from "./digest";
import { withoutControl } from "./escape";

/** What stopped a preview, one text per problem, without stack traces and paths of the machine it ran on. */
export function failureTexts(preview: Preview | undefined, failedOutput: string): string[] {
  const errors = (preview?.diagnostics ?? []).filter((diagnostic) => diagnostic.severity === "error");
  const texts = errors.map((error) => {
    const text = readable(error.message);
    return error.resource === "" || text === "" ? text : `${error.resource}: ${text}`;
  });
  const scrubbed = preview === undefined ? failedOutput : preview.scrub(failedOutput);
  const found = [...new Set(texts)].filter((text) => text !== "");
  if (found.length > 0) return found;
  const output = readable(scrubbed);
  return [output === "" ? "pulumi said nothing; see the log of the job" : output];
}

/** What a program says when it throws: the message, not where in which file of which machine. */
export function readable(message: string): string {
  return withoutControl(message)
    .split("\n")
    .filter((line) => !/^\s+at .*(\(.*:\d+:\d+\)|:\d+:\d+|<anonymous>\))$/.test(line))
    .filter((line) => !/^(error: )?Running program '.*' failed with an unhandled exception:$/.test(line))
    .map((line) => line.replace(/^error: /, "").replace(/^(?:\w*Error) \[(\w+)\]: /, "$1: "))
    .map((line) => line.replace(/^RefusedError: /, ""))
    .join("\n")
    .trim();
}
