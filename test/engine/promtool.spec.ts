import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { versions } from "../../tools/engine/programs";
import { promtool } from "./promtool";

const rules = (expr: string): string => `groups:
  - name: experts
    rules:
      - alert: ExpertsOutOfBalance
        expr: ${expr}
        for: 10m
`;

const unitTest = (value: number): string => `rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{ series: "balancedness", values: "${value}x30" }]
    alert_rule_test: [{ eval_time: 15m, alertname: ExpertsOutOfBalance, exp_alerts: [{}] }]
`;

describe("Prometheus' own tool", function () {
  // A first build takes minutes; npm test has made it by now.
  this.timeout(400_000);
  const scratch = mkdtempSync(join(tmpdir(), "nvl72-promtool-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(scratch, name), text);
    return join(scratch, name);
  };
  after(() => {
    rmSync(scratch, { recursive: true });
  });

  it("is of the third major version", async function () {
    const { stdout } = await promtool(this, ["--version"]);
    assert.match(stdout, /^promtool, version 3\./);
    assert.match(versions.prometheus, /^3\./);
  });

  it("takes rules that are right", async function () {
    const { code, stdout, stderr } = await promtool(this, [
      ...["check", "rules", file("rules.yaml", rules("balancedness < 0.7"))],
    ]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /1 rules found/);
  });

  it("refuses an expression that is none", async function () {
    const { code, stdout, stderr } = await promtool(this, ["check", "rules", file("wrong.yaml", rules("rate(x < 1"))]);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /could not parse expression/);
  });

  it("says when an alert fires, and when not", async function () {
    file("rules.yaml", rules("balancedness < 0.7"));
    assert.equal((await promtool(this, ["test", "rules", file("fires.yaml", unitTest(0.6))])).code, 0);
    assert.notEqual((await promtool(this, ["test", "rules", file("quiet.yaml", unitTest(0.8))])).code, 0);
  });
});
