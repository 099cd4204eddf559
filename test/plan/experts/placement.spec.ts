import assert from "node:assert/strict";
import { movedExperts, trivialPlacement } from "../../../src/plan/experts/placement";
import { recorded } from "../../support/expert-cases";

describe("movedExperts", () => {
  const place = (rows: number[][]) => ({ ranks: 2, physicalToLogical: rows });

  it("counts what a rank has to fetch, not the order of its slots", () => {
    assert.equal(movedExperts(place([[0, 1, 2, 3]]), place([[1, 0, 3, 2]])), 0);
    assert.equal(movedExperts(place([[0, 1, 2, 3]]), place([[0, 2, 1, 3]])), 2);
  });

  it("is nothing between a placement and itself", () => {
    const trivial = trivialPlacement(recorded, { slots: 288, ranks: 32 });
    assert.equal(movedExperts(trivial, trivial), 0);
  });
});
