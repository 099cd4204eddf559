import { textTable, type Column } from "../table";

/**
 * A report for a terminal: the same words without Markdown. Field by field it is left to `pulumi preview --diff`, and
 * what was made harmless for GitHub is plain again.
 */
export function terminalReport(markdown: string): string {
  const [shown = "", folded] = markdown.split(/\n*<details><summary>/);
  const lines = asLines(shown.trimEnd().split("\n"));
  const more = /^(.*?)<\/summary>/.exec(folded ?? "")?.[1];
  return [...lines, ...(more === undefined ? [] : ["", `${more}: add --diff`])].join("\n");
}

/** Rows of a table that follow each other become one aligned table. */
function asLines(markdown: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let table: string[][] = [];
  for (const line of [...markdown, ""]) {
    if (line.startsWith("|")) {
      if (!/^\|[-|]+\|$/.test(line)) table.push(cellsOf(line));
      continue;
    }
    if (table.length > 0) lines.push(...aligned(table));
    table = [];
    if (!line.startsWith("```")) lines.push(plain(line));
  }
  return lines.slice(0, -1);
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => plain(cell.trim()));
}

function aligned([titles = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const columns = titles.map((title): Column => ({ title, align: "left" }));
  return textTable(columns, rows).map((line) => `  ${line}`);
}

function plain(markdown: string): string {
  return markdown
    .replace(/<!--.*?-->/g, "")
    .replace(/^#+ /, "")
    .replace(/\*\*/g, "")
    .replace(/`+ ?([^`]*?) ?`+/g, "$1")
    .replace(/&#8203;/g, "")
    .replace(/&#(\d+);/g, (_, number: string) => String.fromCharCode(Number(number)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&")
    .replace(/\\\|/g, "|")
    .trimEnd();
}
