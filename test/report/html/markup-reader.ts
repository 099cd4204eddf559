/** A start tag of a document, with its attributes as they are written. */
export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text from this tag to the next one, entities and all. */
  readonly text: string;
}

const empty = new Set(["meta", "br", "link", "img", "hr", "input"]);

/** Reads tags and fails where they do not nest, so that a text that broke out of its place is noticed. */
export function readTags(document: string): readonly Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  let rest = 0;
  for (const match of document.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>([^<]*)/g)) {
    const [whole, slash, name = "", attributes = "", closed, text = ""] = match;
    const between = document.slice(rest, match.index);
    if (between.replace(/<!doctype html>/, "").includes("<")) throw new Error(`not a tag: ${between}`);
    rest = match.index + whole.length;
    if (slash === "/") {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last ?? "nothing"}>`);
      continue;
    }
    tags.push({ name, attributes: readAttributes(attributes), text });
    if (closed !== "/" && !empty.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(", ")}`);
  if (document.slice(rest).includes("<")) throw new Error(`not a tag: ${document.slice(rest)}`);
  return tags;
}

function readAttributes(attributes: string): Readonly<Record<string, string>> {
  const found = [...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, value]));
}

/** Cells of a table's body, row by row: the number behind a cell where there is one, else its text. */
export function readTable(document: string, id: string): readonly (readonly (number | string)[])[] {
  const table = new RegExp(`<table id="${id}">.*?</table>`, "s").exec(document)?.[0];
  if (table === undefined) throw new Error(`no table ${id}`);
  const body = table.slice(table.indexOf("<tbody>"));
  return [...body.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = ""]) => {
      const number = /^<data value="([^"]+)">/.exec(cell)?.[1];
      return number === undefined ? cell : Number(number);
    }),
  );
}
