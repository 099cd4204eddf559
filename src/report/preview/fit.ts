import { plural } from "../numbers";

export interface Fitted {
  readonly lines: readonly string[];
  readonly details: readonly (readonly string[])[];
}

const cutLine = "... cut: the report is longer than a comment may be";
/** Room for the lines that close a fold or a fence, and for the line that says what was cut. */
const closingRoom = 120;

/** Joins a report so that it never exceeds `maxCharacters`. Details go first, then lines from the end. */
export function fit(report: Fitted, maxCharacters: number): string {
  const visible = cutLines(report.lines, maxCharacters);
  const kept = visible.join("\n");
  if (visible.length < report.lines.length || report.details.length === 0) return `${kept}\n`.slice(0, maxCharacters);
  return `${kept}${foldedDetails(report.details, maxCharacters - kept.length - 1)}\n`;
}

function foldedDetails(details: readonly (readonly string[])[], room: number): string {
  const opening = `\n\n<details><summary>${plural(details.length, "resource")}, field by field</summary>\n\n`;
  const closing = "</details>";
  let left = room - opening.length - closing.length;
  const taken: string[] = [];
  for (const [index, block] of details.entries()) {
    const text = `${block.join("\n")}\n`;
    const last = index === details.length - 1;
    if (text.length > left - (last ? 0 : closingRoom)) break;
    taken.push(text);
    left -= text.length;
  }
  const missing = details.length - taken.length;
  const note =
    missing === 0 ? "" : `${plural(missing, "resource")} not shown: the report is as long as a comment may be\n\n`;
  const folded = `${opening}${taken.join("")}${note}${closing}`;
  return folded.length <= room ? folded : "";
}

/** Keeps lines from the start; a code block that is cut is closed again. */
function cutLines(lines: readonly string[], maxCharacters: number): readonly string[] {
  const total = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (total <= maxCharacters) return lines;
  const kept: string[] = [];
  let left = maxCharacters - closingRoom;
  let fence = "";
  for (const line of lines) {
    if (line.length + 1 > left) break;
    const [, marks = ""] = /^(`{3,})/.exec(line) ?? [];
    // A fence is only opened when its closing line has room as well.
    if (marks !== "" && fence === "" && line.length + 1 + marks.length + 1 > left) break;
    if (marks !== "") fence = fence === "" ? marks : line === fence ? "" : fence;
    kept.push(line);
    left -= line.length + 1;
  }
  return [...kept, ...(fence === "" ? [] : [fence]), cutLine];
}
