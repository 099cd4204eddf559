import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { commentMarker } from "../../src/report/preview/markdown";

const text = readFileSync(join(__dirname, "../../.github/workflows/preview.yml"), "utf8");
const workflow = parse(text) as {
  on: object;
  permissions: object;
  jobs: { preview: { strategy: { matrix: { stack: string[] } }; steps: { uses?: string; run?: string }[] } };
};

describe("the preview workflow", () => {
  it("runs with the rights of the pull request only", () => {
    assert.deepEqual(workflow.on, { pull_request: null });
    assert.deepEqual(workflow.permissions, { contents: "read", "pull-requests": "write" });
  });

  it("previews every stack and puts no expression into a script", () => {
    assert.deepEqual(workflow.jobs.preview.strategy.matrix.stack, ["rack", "client1", "client2"]);
    for (const step of workflow.jobs.preview.steps) assert.doesNotMatch(step.run ?? "", /\$\{\{/);
  });

  it("pins actions by major version and finds its comment by the report's marker", () => {
    for (const { uses } of workflow.jobs.preview.steps) assert.match(uses ?? "@v1", /@v\d+$/);
    assert.equal(commentMarker("client1"), "<!-- nvl72-report:client1 -->");
    assert.ok(text.includes("`<!-- nvl72-report:${process.env.STACK} -->`"));
  });
});
