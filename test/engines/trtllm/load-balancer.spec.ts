import assert from "node:assert/strict";
import { parse } from "yaml";
import { loadBalancer, loadBalancerYaml, placementFile } from "../../../src/engines/trtllm/load-balancer";
import { modelShapes } from "../../../src/plan/model-shape";
import { planned } from "../../support/intents";
import { decode, tep } from "./pools";

const placed = { balancing: "static", redundantExperts: 32, configMap: "recorded", key: "placement.yaml" } as const;

describe("TensorRT-LLM's load balancer", () => {
  it("moves experts at run time, a layer a step", () => {
    assert.deepEqual(loadBalancer(planned(decode())), { num_slots: 288, layer_updates_per_iter: 1 });
  });

  it("replicates without moving where balancing is off", () => {
    const experts = { balancing: "off", redundantExperts: 32 } as const;
    assert.deepEqual(loadBalancer(planned(decode({ experts }))), { num_slots: 288, layer_updates_per_iter: 0 });
  });

  it("is not mentioned where every rank holds its share in the model's order", () => {
    assert.equal(loadBalancer(planned(decode({ experts: { balancing: "off", redundantExperts: 0 } }))), undefined);
    assert.equal(loadBalancer({ ...tep(), parallel: { ...tep().parallel, expert: 1 } }), undefined);
  });

  it("reads a static placement from where it is mounted", () => {
    const plan = planned(decode({ experts: placed }));
    assert.equal(loadBalancer(plan), "/etc/nvl72/experts/placement.yaml");
    assert.deepEqual(placementFile(plan), [
      { configMap: "recorded", key: "placement.yaml", mountPath: "/etc/nvl72/experts/placement.yaml" },
    ]);
  });

  it("writes a static placement by layers with experts, and one for the drafts", () => {
    const shape = { denseLayers: 1, predictionLayers: 1, routedExperts: 3 };
    const rows = [
      [0, 1, 2, 0],
      [2, 2, 1, 0],
      [1, 0, 2, 1],
    ];
    assert.equal(
      loadBalancerYaml(rows, 4, shape),
      `initial_global_assignments:
  1: [2, 2, 1, 0]
  2: [1, 0, 2, 1]
  3: [0, 1, 2, 0]
num_slots: 4
layer_updates_per_iter: 0
`,
    );
  });

  it("writes what the engine's own rules accept: a row per expert layer, of one length, with every expert in it", () => {
    const shape = modelShapes["deepseek-v3"];
    const row = Array.from({ length: 288 }, (_, slot) => (slot * 5) % 256);
    const rows = Array.from({ length: shape.layers }, () => row);
    const text = loadBalancerYaml(rows, 288, shape);
    const read = parse(text) as { num_slots: number; initial_global_assignments: Record<string, number[]> };
    const layers = Object.keys(read.initial_global_assignments).map(Number);
    assert.deepEqual(
      layers,
      Array.from({ length: 59 }, (_, i) => i + 3),
    );
    for (const assigned of Object.values(read.initial_global_assignments)) {
      assert.equal(assigned.length, read.num_slots);
      assert.equal(new Set(assigned).size, 256);
    }
    assert.ok(text.length < 1024 * 1024, "fits into a ConfigMap");
  });
});
