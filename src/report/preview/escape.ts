/** Text that came from a stack, made harmless in GitHub's Markdown. */

/** In running text: no markup, no HTML, no table cell, no mention of a person or an issue. */
export function prose(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/^>/, "&gt;")
    .replace(/[\\`*_[\]|~]/g, (mark) => `&#${mark.charCodeAt(0)};`)
    .replace(/[@#](?=\w)/g, (mark) => `${mark}&#8203;`);
}

/** A code span on one line, usable in a table cell as well. Fenced by more backticks than any run inside. */
export function code(text: string): string {
  const line = text.replace(/\r?\n/g, "\\n").replace(/\|/g, "\\|");
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line === "" || line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Lines of a code block. */
export function codeBlock(text: string): string[] {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}text`, ...text.split("\n"), fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}

/** Terminal colours and cursor movements, as tools write them to a log. */
export function withoutControl(text: string): string {
  return text.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}
