import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { usualRecording } from "../../src/components/recorder-design";
import { driftFloor } from "../../src/manifests/expert-drift-rule";
import { parseStackConfig } from "../../stacks/config";
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

describe("what the documents say of recordings and drift", () => {
  const readme = readFileSync(join(__dirname, "../../README.md"), "utf8");
  const stack = parse(readFileSync(join(__dirname, "../../stacks/Pulumi.client1.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  const client1 = Object.fromEntries(
    Object.entries(stack.config).map(([key, value]) => [key.replace("nvl72:", ""), value]),
  );

  for (const [file, content] of [
    ["README.md", readme],
    ["docs/experts.md", text],
  ] as const) {
    it(`is what a stack takes: ${file}`, () => {
      const snippet = /```yaml\n( {2}nvl72:experts:[^]*?)```/.exec(content)?.[1] ?? "";
      const experts = (parse(snippet) as Record<string, unknown>)["nvl72:experts"];
      const config = parseStackConfig({ ...client1, experts }, { stack: "client1", file: "Pulumi.client1.yaml" });
      assert.ok("experts" in config);
      assert.equal(config.experts.record?.claim, "recordings");
    });
  }

  it("has the numbers that a recording starts with", () => {
    const { windowSeconds, leastWindows, errorPercent, limitSeconds, margin } = usualRecording;
    for (const said of [
      `\`windowSeconds\` (${windowSeconds})`,
      `\`errorPercent\`\n   (${errorPercent})`,
      `\`leastWindows\` (${leastWindows})`,
      `\`limitSeconds\` (${limitSeconds})`,
      `\`margin\`, ${100 * margin} %`,
    ]) {
      assert.ok(text.includes(said), said);
    }
  });

  it("has the floor of a promise", () => {
    const floor = driftFloor({ promised: 0.999, margin: 0.1, shape: { layers: 61, denseLayers: 3 } });
    assert.ok(text.includes(`A promise of 0.999 on DeepSeek-R1 is a floor of ${floor}.`));
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
