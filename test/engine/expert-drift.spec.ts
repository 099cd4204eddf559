import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { driftFloor, expertDriftRule, type DriftWatch } from "../../src/manifests/expert-drift-rule";
import { modelShapes } from "../../src/plan/model-shape";
import { promtool } from "./promtool";

const watch: DriftWatch = {
  namespace: "client1",
  client: "client1",
  name: "client1-experts",
  promised: 0.99,
  margin: 0.1,
  shape: modelShapes["deepseek-v3"],
  forMinutes: 30,
  severity: "warning",
  labels: {},
};
const floor = driftFloor(watch);

/** Steps per minute of a decode pool: forty a second. */
const stepsPerMinute = 2400;

/** Balance of a pod's steps, minute by minute: the same for so many minutes, then another. */
type Course = readonly (readonly [minutes: number, balance: number])[];

interface Series {
  readonly series: string;
  readonly values: string;
}

/** The summary that SGLang exports, a counter of balances and one of steps, as a Prometheus finds it in a namespace. */
function exported(course: Course, { namespace = "client1", pod = "client1-decode-0", mode = "decode" } = {}): Series[] {
  const labels = `{namespace="${namespace}",pod="${pod}",forward_mode="${mode}",model_name="DeepSeek-R1"}`;
  const parts = (growth: (balance: number) => number): string => {
    let total = 0;
    const values = course.flatMap(([minutes, balance]) =>
      Array.from({ length: minutes }, () => {
        total += growth(balance);
        return total.toFixed(3);
      }),
    );
    return ["0", ...values].join(" ");
  };
  return [
    { series: `sglang:eplb_balancedness_sum${labels}`, values: parts((balance) => balance * stepsPerMinute) },
    { series: `sglang:eplb_balancedness_count${labels}`, values: parts(() => stepsPerMinute) },
  ];
}

/** The alert as it fires at a floor, with the balance that it tells. */
const fired = (balance: number): object => {
  const alert = expertDriftRule(watch).spec.groups[0]?.rules[1];
  return {
    exp_labels: { namespace: "client1", client: "client1", severity: "warning" },
    exp_annotations: {
      ...alert?.annotations,
      description: alert?.annotations?.description?.replace(/\{\{.*?\}\}/, balance.toFixed(2)),
    },
  };
};

const silent = { exp_alerts: [] };
const firing = (balance: number): object => ({ exp_alerts: [fired(balance)] });

describe("the alert on drift, by Prometheus' own rules", function () {
  // A first build of its tool takes minutes; npm test has made it by now.
  this.timeout(400_000);
  const scratch = mkdtempSync(join(tmpdir(), "nvl72-drift-"));
  const file = (name: string, content: object): string => {
    // Prometheus reads YAML, and JSON is that.
    writeFileSync(join(scratch, name), JSON.stringify(content));
    return join(scratch, name);
  };
  before(() => {
    file("rules.yaml", { groups: expertDriftRule(watch).spec.groups });
  });
  after(() => {
    rmSync(scratch, { recursive: true });
  });

  /** Expects of the alert, at each of these minutes, that it fires or is silent. */
  async function expects(test: Mocha.Context, series: readonly Series[], at: Readonly<Record<number, object>>) {
    const { code, stdout, stderr } = await promtool(test, [
      ...["test", "rules"],
      file("test.yaml", {
        rule_files: ["rules.yaml"],
        evaluation_interval: "1m",
        tests: [
          {
            interval: "1m",
            input_series: series,
            alert_rule_test: Object.entries(at).map(([minute, expected]) => ({
              eval_time: `${minute}m`,
              alertname: "ExpertsDrifted",
              ...expected,
            })),
          },
        ],
      }),
    ]);
    assert.equal(code, 0, stdout + stderr);
  }

  it("is two rules that Prometheus takes", async function () {
    const { code, stdout, stderr } = await promtool(this, ["check", "rules", join(scratch, "rules.yaml")]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /2 rules found/);
  });

  it("fires when the mean has been below the floor for half an hour, and not before", async function () {
    // The rate needs two samples, so the first balance is known after a minute.
    await expects(this, exported([[60, 0.7]]), { 30: silent, 31: firing(0.7), 60: firing(0.7) });
  });

  it("is silent just above the floor, and fires just below", async function () {
    await expects(this, exported([[120, floor + 0.002]]), { 60: silent, 120: silent });
    await expects(this, exported([[120, floor - 0.002]]), { 60: firing(floor - 0.002) });
  });

  it("is silent at what a perfect placement's steps have", async function () {
    const { layers, denseLayers } = watch.shape;
    const usual = (denseLayers + (layers - denseLayers) / 1.109) / layers;
    await expects(this, exported([[120, usual]]), { 60: silent, 120: silent });
  });

  it("is silent through a dip that is over before the half hour is", async function () {
    await expects(
      this,
      exported([
        [60, 0.9],
        [20, 0.6],
        [100, 0.9],
      ]),
      { 70: silent, 80: silent, 95: silent, 120: silent, 180: silent },
    );
  });

  it("ends when the balance is back, as when a new placement is loaded", async function () {
    await expects(
      this,
      exported([
        [60, 0.6],
        [60, 0.9],
      ]),
      { 60: firing(0.6), 90: silent },
    );
  });

  it("is silent without the metric, and while nothing is decoded", async function () {
    await expects(this, [], { 60: silent, 120: silent });
    const idle = exported([[10, 0.9]]).map(({ series, values }) => ({
      series,
      values: `${values} ${Array.from({ length: 110 }, () => values.split(" ").at(-1)).join(" ")}`,
    }));
    await expects(this, idle, { 60: silent, 120: silent });
  });

  it("weighs the pods of a pool by their steps", async function () {
    const pods = (one: number, other: number): Series[] => [
      ...exported([[60, one]]),
      ...exported([[60, other]], { pod: "client1-decode-1" }),
    ];
    await expects(this, pods(0.9, 0.6), { 60: firing(0.75) });
    await expects(this, pods(0.9, 0.8), { 60: silent });
  });

  it("is not about another client's namespace, nor about prefill", async function () {
    const others = [
      ...exported([[60, 0.5]], { namespace: "client2", pod: "client2-decode-0" }),
      ...exported([[60, 0.5]], { pod: "client1-prefill-0", mode: "extend" }),
    ];
    await expects(this, others, { 60: silent });
    await expects(this, [...exported([[60, 0.9]]), ...others], { 60: silent });
    await expects(this, [...exported([[60, 0.7]]), ...others], { 60: firing(0.7) });
  });
});
