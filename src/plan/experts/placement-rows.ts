import type { Problem } from "../../problems";

/** What the rows of a placement must fit: [layer][slot], the logical expert in each slot. */
export interface PlacementShape {
  readonly layers: number;
  readonly experts: number;
  readonly ranks: number;
}

/** How a file format talks about its placement. */
export interface PlacementWords {
  /** Where the rows stand in the file. */
  readonly path: string;
  readonly rule: string;
  readonly fix: string;
}

/** A damaged file breaks the same rule in every row: a few examples say as much as all of them. */
const examples = 3;

/** Everything that keeps parsed rows from being a placement: no row for a layer, unequal rows, an expert without slot. */
export function placementRowProblems(rows: unknown, shape: PlacementShape, words: PlacementWords): readonly Problem[] {
  const problem = (path: string, what: string): Problem => ({ path, what, rule: words.rule, fix: words.fix });
  if (!Array.isArray(rows)) return [problem(words.path, "no list of rows")];
  const problems: Problem[] = [];
  if (rows.length !== shape.layers) {
    problems.push(problem(words.path, `${rows.length} rows for ${shape.layers} layers`));
  }
  const slots = Array.isArray(rows[0]) ? rows[0].length : 0;
  if (slots % shape.ranks !== 0) {
    problems.push(problem(words.path, `${slots} slots do not divide by ${shape.ranks} ranks`));
  }
  const damaged = rows.flatMap((row, layer) =>
    slotProblems(row, slots, shape.experts).map((what) => problem(`${words.path}[${layer}]`, what)),
  );
  problems.push(...damaged.slice(0, examples));
  if (damaged.length > examples) problems.push(problem(words.path, moreOf(damaged.length - examples)));
  return problems;
}

/** What is wrong with one row, if anything: the first thing found. */
export function slotProblems(row: unknown, slots: number, experts: number): readonly string[] {
  if (!Array.isArray(row)) return ["not a list of slots"];
  if (row.length !== slots) return [`${row.length} slots, where other rows have ${slots}`];
  const wrong = row.findIndex((expert) => !Number.isInteger(expert) || expert < 0 || expert >= experts);
  if (wrong >= 0) return [`slot ${wrong} holds ${JSON.stringify(row[wrong])}, which is none of ${experts} experts`];
  const held = new Set(row as readonly number[]);
  const absent = Array.from({ length: experts }, (_, expert) => expert).filter((expert) => !held.has(expert));
  if (absent.length === 0) return [];
  return [absent.length === 1 ? `expert ${absent[0]} has no slot` : `${absent.length} experts have no slot`];
}

function moreOf(rows: number): string {
  return rows === 1 ? "1 more row is damaged" : `${rows} more rows are damaged`;
}
