import assert from "node:assert/strict";
import fc from "fast-check";
import { driftFloor, expertDriftRule, type DriftWatch } from "../../src/manifests/expert-drift-rule";
import { modelShapes } from "../../src/plan/model-shape";

const shape = modelShapes["deepseek-v3"];

const watch: DriftWatch = {
  namespace: "inference-1",
  client: "client1",
  name: "client1-experts",
  promised: 1,
  margin: 0.1,
  shape,
  forMinutes: 30,
  severity: "warning",
  labels: { release: "kube-prometheus" },
};

describe("the alert on drift", () => {
  it("measures the mean balance of a quarter of an hour's steps, and fires when it stays below the promise", () => {
    const steps = '{namespace="inference-1",forward_mode="decode"}';
    assert.deepEqual(expertDriftRule(watch), {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: {
        name: "client1-experts-drift",
        namespace: "inference-1",
        labels: {
          "app.kubernetes.io/name": "nvl72",
          "app.kubernetes.io/part-of": "client1",
          "app.kubernetes.io/managed-by": "pulumi",
          "nvl72/client": "client1",
          release: "kube-prometheus",
        },
      },
      spec: {
        groups: [
          {
            name: "nvl72-client1-experts",
            rules: [
              {
                record: "nvl72:expert_balance:ratio_rate15m",
                expr:
                  `sum by (namespace) (rate(sglang:eplb_balancedness_sum${steps}[15m]))` +
                  ` / sum by (namespace) (rate(sglang:eplb_balancedness_count${steps}[15m]))`,
                labels: { client: "client1" },
              },
              {
                alert: "ExpertsDrifted",
                expr: 'nvl72:expert_balance:ratio_rate15m{namespace="inference-1"} < 0.821',
                for: "30m",
                labels: { severity: "warning", client: "client1" },
                annotations: {
                  summary: "Experts of client1 no longer sit where its traffic wants them",
                  description:
                    'Mean over highest load of the GPUs is {{ $value | printf "%.2f" }} per step, below 0.821: all GPUs wait that much for the fullest one. Record the pool again and look at the next preview: it says what a new placement gains and what it rolls.',
                },
              },
            ],
          },
        ],
      },
    });
  });

  it("waits as long as it is told, and says how bad that is in the operator's word", () => {
    const [group] = expertDriftRule({ ...watch, forMinutes: 5, severity: "page" }).spec.groups;
    const alert = group?.rules[1];
    assert.deepEqual([alert?.for, alert?.labels], ["5m", { severity: "page", client: "client1" }]);
  });

  it("has the labels that a Prometheus selects rules by, beside the client's own", () => {
    const { labels } = expertDriftRule({ ...watch, labels: { team: "search" } }).metadata;
    assert.deepEqual([labels.team, labels["nvl72/client"]], ["search", "client1"]);
  });
});

describe("the floor under a measured balance", () => {
  const floor = (promised: number, margin = 0.1): number => driftFloor({ promised, margin, shape });

  it("is what a single step has of a perfect placement, less the margin, with dense layers as balanced", () => {
    // (3 + 58 x 0.9 / 1.109) / 61
    assert.equal(floor(1), 0.821);
    assert.equal(driftFloor({ promised: 1, margin: 0.1, shape: { layers: 58, denseLayers: 0 } }), 0.812);
  });

  it("is lower where less was promised", () => {
    assert.deepEqual(
      [0.95, 0.9, 0.7, 0.5].map((promised) => floor(promised)),
      [0.813, 0.79, 0.643, 0.476],
    );
  });

  it("stays below every promise, and falls with it and with the margin", () => {
    const share = fc.double({ min: 0.02, max: 1, noNaN: true });
    const margins = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, share, margins, (one, other, margin) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        assert.ok(floor(less, margin) <= floor(more, margin));
        assert.ok(floor(one, margin) < 1 && floor(one, margin) > 0);
        assert.ok(floor(one, margin) <= floor(one, margin / 2));
        assert.ok(driftFloor({ promised: one, margin, shape: { layers: 58, denseLayers: 0 } }) <= one + 0.0005);
      }),
    );
  });
});
