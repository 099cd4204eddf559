import type loadHighs from "highs";
import type { Highs } from "highs";

/** A coefficient and the variable it belongs to. All variables are at least 0. */
export type Term = readonly [coefficient: number, variable: string];

export interface Row {
  readonly name: string;
  readonly terms: readonly Term[];
  readonly relation: "<=" | ">=" | "=";
  readonly limit: number;
}

export interface LinearProgram {
  readonly sense: "maximise" | "minimise";
  readonly objective: readonly Term[];
  readonly rows: readonly Row[];
  /** Variables that take whole values. */
  readonly whole?: readonly string[];
  /** No two whole solutions differ by less, unless they are equal: the search may stop that close. */
  readonly granularity?: number;
}

export interface LinearSolution {
  readonly objective: number;
  readonly valueOf: (variable: string) => number;
  /** What one unit more on the right-hand side of a row adds to the objective. 0 with whole variables. */
  readonly dualOf: (row: string) => number;
}

/** Solves one program. Undefined when it has no solution. */
export type LinearSolver = (program: LinearProgram) => LinearSolution | undefined;

let loading: Promise<LinearSolver> | undefined;

/** HiGHS, compiled to WebAssembly. Loaded on first use, because a plan that is read from a file needs no solver. */
export function loadSolver(): Promise<LinearSolver> {
  loading ??= import("highs").then(async (module) => {
    // The package's types describe its CommonJS build, and an import() gets the ES one, whose default is the loader.
    const load = module.default as unknown as typeof loadHighs;
    return solverOf(await load());
  });
  return loading;
}

/**
 * The gaps are below what rates of measured tables can mean, and above the rounding of the solver; the default, 1e-4,
 * would stop at a plan that is not the best. The feasibility tolerances stay as they are: with a tighter one for whole
 * numbers HiGHS 1.15.3 calls plans optimal that are not (three racks, 1.5 instead of 1.75; see racks.spec.ts).
 */
const options = {
  output_flag: false,
  mip_rel_gap: 1e-7,
  // Programs of some twenty columns: what helps large ones costs more here than it saves.
  mip_heuristic_effort: 0,
  mip_allow_restart: false,
  mip_detect_symmetry: false,
  mip_abs_gap: 1e-9,
  random_seed: 0,
} as const;

export function solverOf(highs: Pick<Highs, "solve">): LinearSolver {
  return (program) => {
    const mip_abs_gap = Math.max(options.mip_abs_gap, 0.999 * (program.granularity ?? 0));
    const solution = highs.solve(lpText(program), { ...options, mip_abs_gap });
    if (solution.Status === "Infeasible") return undefined;
    if (solution.Status !== "Optimal") throw new Error(`HiGHS ended with the status ${solution.Status}`);
    const columns: Readonly<Record<string, { readonly Primal: number }>> = solution.Columns;
    const duals = new Map(solution.Rows.map((row, i) => [program.rows[i]?.name, "Dual" in row ? row.Dual : 0]));
    return {
      objective: solution.ObjectiveValue,
      valueOf: (variable) => columns[variable]?.Primal ?? 0,
      dualOf: (row) => duals.get(row) ?? 0,
    };
  };
}

/** CPLEX LP format, one row a line. */
export function lpText({ sense, objective, rows, whole = [] }: LinearProgram): string {
  return [
    sense === "maximise" ? "Maximize" : "Minimize",
    ` objective: ${sumText(objective)}`,
    "Subject To",
    ...rows.map((row) => ` ${row.name}: ${sumText(row.terms)} ${row.relation} ${row.limit}`),
    ...(whole.length === 0 ? [] : ["Generals", ...whole.map((name) => ` ${name}`)]),
    "End",
  ].join("\n");
}

/** One term a line: the format limits the length of lines. */
function sumText(terms: readonly Term[]): string {
  return terms
    .filter(([coefficient]) => coefficient !== 0)
    .map(([coefficient, variable]) => `${coefficient < 0 ? "-" : "+"} ${Math.abs(coefficient)} ${variable}`)
    .join("\n  ");
}
