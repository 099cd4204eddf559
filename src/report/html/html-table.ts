import { markup, type Content, type Markup } from "./markup";

/** A cell: text, or a number with the way it is written. */
export type Cell = string | NumberCell | undefined;

export interface NumberCell {
  readonly value: number;
  readonly text: string;
}

export interface HtmlTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Row that is set apart. */
  readonly chosenRow?: number;
}

/** The number as it is behind the number as it is read. */
export function numberCell(value: number | undefined, write: (value: number) => string): Cell {
  return value === undefined ? undefined : { value, text: write(value) };
}

/** A table with its first column as row headings; numbers stand to the right. */
export function htmlTable({ id, title, columns, rows, chosenRow }: HtmlTable): Markup {
  const numeric = columns.map((_, i) => rows.some((row) => typeof row[i] === "object"));
  const heads = columns.map((name, i) => markup`<th scope="col"${numberClass(numeric[i])}>${name}</th>`);
  const lines = rows.map((row, i) => {
    const cells = columns.map((_, column) => drawCell(row[column], column === 0, numeric[column] === true));
    return markup`<tr${i === chosenRow ? markup` class="chosen"` : undefined}>${cells}</tr>
`;
  });
  return markup`<div class="card table" tabindex="0" role="region" aria-labelledby="${id}-caption">
<table id="${id}"><caption id="${id}-caption">${title}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${lines}</tbody></table></div>
`;
}

function drawCell(cell: Cell, isHead: boolean, isNumeric: boolean): Markup {
  const content: Content =
    typeof cell === "object" ? markup`<data value="${cell.value}">${cell.text}</data>` : (cell ?? "–");
  return isHead
    ? markup`<th scope="row"${numberClass(isNumeric)}>${content}</th>`
    : markup`<td${numberClass(isNumeric)}>${content}</td>`;
}

function numberClass(isNumeric: boolean | undefined): Content {
  return isNumeric === true ? markup` class="number"` : undefined;
}
