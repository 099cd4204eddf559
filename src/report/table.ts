import { visibleLength } from "./ink";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Lines of a table without rules: a title row, then the rows; columns are two spaces apart. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => {
        const cell = cells[i] ?? "";
        const width = widths[i] ?? 0;
        return column.align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

/** Breaks a text into lines of at most `width` characters, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    let rest = word;
    if (line !== "" && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = "";
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === "" ? rest : `${line} ${rest}`;
  }
  return line === "" ? lines : [...lines, line];
}

/** Puts phrases side by side, three spaces apart, and starts a new line, indented, where the next would not fit. */
export function flow(phrases: readonly string[], width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const phrase of phrases) {
    const longer = line === "" ? phrase : `${line}   ${phrase}`;
    if (line !== "" && visibleLength(longer) > width) {
      lines.push(line);
      line = `${indent}${phrase}`;
    } else {
      line = longer;
    }
  }
  return line === "" ? lines : [...lines, line];
}

/** Cuts the end off what is too long for its column. */
export function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 3)}...` : text;
}
