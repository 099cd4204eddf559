import assert from "node:assert/strict";
import { loadSolver, lpText, solverOf, type LinearProgram } from "../../../src/plan/allocate/linear-program";

/** Chairs and tables: the example of the solver's own documentation. */
const workshop: LinearProgram = {
  sense: "maximise",
  objective: [
    [30, "chairs"],
    [50, "tables"],
  ],
  rows: [
    {
      name: "carpentry",
      terms: [
        [1, "chairs"],
        [2, "tables"],
      ],
      relation: "<=",
      limit: 40,
    },
    {
      name: "finishing",
      terms: [
        [2, "chairs"],
        [1, "tables"],
      ],
      relation: "<=",
      limit: 50,
    },
  ],
};

describe("the linear solver", () => {
  it("solves a program and prices its rows", async () => {
    const solution = (await loadSolver())(workshop);
    assert.deepEqual(
      [solution?.objective, solution?.valueOf("chairs"), solution?.valueOf("tables")].map((value) => value?.toFixed(6)),
      ["1100.000000", "20.000000", "10.000000"],
    );
    assert.equal(solution?.dualOf("carpentry").toFixed(4), (70 / 3).toFixed(4));
    assert.equal(solution.dualOf("finishing").toFixed(4), (10 / 3).toFixed(4));
  });

  it("keeps variables whole that are asked to be", async () => {
    const [carpentry, finishing] = workshop.rows;
    assert.ok(carpentry && finishing);
    const odd = { ...workshop, rows: [{ ...carpentry, limit: 39.5 }, finishing] };
    const solve = await loadSolver();
    assert.equal(solve({ ...odd, whole: ["chairs", "tables"] })?.objective.toFixed(6), "1070.000000");
  });

  it("is loaded once", () => {
    assert.equal(loadSolver(), loadSolver());
  });

  it("has no solution for a program without one", async () => {
    const never = { name: "never", terms: [[1, "chairs"]] as const, relation: ">=" as const, limit: 99 };
    assert.equal((await loadSolver())({ ...workshop, rows: [...workshop.rows, never] }), undefined);
  });

  it("throws the name of any other end", async () => {
    const solve = await loadSolver();
    assert.throws(() => solve({ ...workshop, rows: workshop.rows.slice(0, 0) }), /HiGHS ended with the status/);
    const limited = solverOf({
      solve: () => ({ Status: "Time limit reached", ObjectiveValue: 0, Columns: {}, Rows: [] }),
    });
    assert.throws(() => limited(workshop), { message: "HiGHS ended with the status Time limit reached" });
  });

  it("writes one term a line", () => {
    assert.equal(
      lpText({ ...workshop, rows: workshop.rows.slice(0, 1), whole: ["chairs"] }),
      "Maximize\n objective: + 30 chairs\n  + 50 tables\nSubject To\n" +
        " carpentry: + 1 chairs\n  + 2 tables <= 40\nGenerals\n chairs\nEnd",
    );
  });
});
