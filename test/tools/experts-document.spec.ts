import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { documentRow, histograms, placementRow, sizes, type PlacementRow } from "../../tools/calibrate/placement-rows";

const text = readFileSync(join(__dirname, "../../docs/experts.md"), "utf8");

/** Ranks whose slots without redundant experts are too few for the hottest one: the bound is below. */
const unbalanceable = new Set(["EP16", "EP32", "EP64"]);

describe("the experts' document", () => {
  for (const histogram of Object.keys(histograms)) {
    for (const [ranks, redundantExperts] of sizes) {
      it(`has the balance of ${redundantExperts} redundant experts on ${ranks} ranks, ${histogram}, as it is`, () => {
        const row = placementRow(histogram, ranks, redundantExperts, 200);
        const line = documentRow(histogram, ranks, redundantExperts, row);
        assert.ok(text.includes(line), line);
        checkBalance(row, redundantExperts === 0 && unbalanceable.has(`EP${ranks}`));
        const slower = Math.max(row.milliseconds, row.millisecondsWithCurrent);
        assert.ok(slower < 200, `${slower} ms`);
      });
    }
  }

  it("has a row for every size that divides, and for the nearest ones of the others", () => {
    assert.deepEqual(
      sizes.map(([ranks, redundant]) => `${ranks}: ${redundant}`),
      [
        ...["8: 0", "8: 32", "8: 64", "16: 0", "16: 32", "16: 64", "32: 0", "32: 32", "32: 64"],
        ...["48: 32", "48: 80", "64: 0", "64: 64", "72: 32", "72: 104"],
      ],
    );
    assert.equal(text.split("\n").filter((line) => /^\| (log-normal|power law) /.test(line)).length, 30);
  });
});

/** What the document says of all rows. */
function checkBalance({ heuristic, ours, bound, gap, moved, movedAnew, after }: PlacementRow, beyond: boolean): void {
  assert.ok(ours.mean >= heuristic.mean && ours.worst >= heuristic.worst * (1 - 1e-9));
  assert.ok(ours.mean <= bound.mean + 1e-12 && gap < (beyond ? 0.002 : 0.001));
  assert.equal(bound.mean < 0.9999, beyond);
  if (!beyond) assert.ok(ours.mean >= 0.999 && ours.worst >= 0.999 && after.worst >= 0.9975);
  assert.ok(moved * 2.5 < movedAnew);
}
