import assert from "node:assert/strict";
import { parse } from "yaml";
import { loadBalancerYaml, parseLoadBalancer, startingRow } from "../../../src/engines/trtllm/load-balancer-file";
import { modelShapes } from "../../../src/plan/model-shape";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { expertHistogram } from "../../support/expert-histogram";

describe("TensorRT-LLM's load balancer file", () => {
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

  it("is read back as it was written, dense layers in order", () => {
    const counts = expertHistogram({ layers: 5, denseLayers: 1, experts: 16, tokens: 1e4, seed: 7 });
    const recording = { model: "m", layers: 5, experts: 16, counts };
    const { placement } = placeExperts(recording, { slots: 16, ranks: 4 });
    const text = loadBalancerYaml(placement.physicalToLogical, 16, {
      denseLayers: 1,
      predictionLayers: 1,
      routedExperts: 16,
    });
    const model = { layers: 5, denseLayers: 1, experts: 16, ranks: 4 };
    assert.deepEqual(parseLoadBalancer(text, model), { placement, layerUpdatesPerStep: 0 });
  });

  it("places nothing without assignments: the engine starts in its own order", () => {
    const model = { layers: 2, denseLayers: 0, experts: 4, ranks: 2 };
    const row = [0, 1, 2, 2, 3, 0];
    assert.deepEqual(startingRow(4, 6, 2), row);
    assert.deepEqual(startingRow(4, 4, 2), [0, 1, 2, 3]);
    assert.deepEqual(parseLoadBalancer("num_slots: 6\nlayer_updates_per_iter: 1\n", model), {
      placement: { ranks: 2, physicalToLogical: [row, row] },
      layerUpdatesPerStep: 1,
    });
  });
});

describe("TensorRT-LLM's load balancer file is refused", () => {
  const model = { layers: 3, denseLayers: 1, experts: 2, ranks: 2 };
  const rows = "initial_global_assignments";
  const told = (...lines: readonly string[]): readonly (readonly [string, string])[] => {
    const parsed = parseLoadBalancer(lines.join("\n"), model);
    return "problems" in parsed ? parsed.problems.map(({ path, what }) => [path, what]) : [];
  };

  it("with all that is wrong about its fields", () => {
    assert.deepEqual(told("num_slots: 3", "ep_size: 2", "layer_updates_per_iter: -1"), [
      ["ep_size", "not a field of the load balancer"],
      ["layer_updates_per_iter", "-1 is not a whole number"],
      ["num_slots", "3 slots do not divide by 2 ranks"],
    ]);
    assert.deepEqual(told("layer_updates_per_iter: 0"), [["num_slots", "not a whole number"]]);
    assert.deepEqual(told("num_slots: 1"), [["num_slots", "1 slots for 2 experts"]]);
  });

  it("without a row for a layer with experts", () => {
    assert.deepEqual(told("num_slots: 2", `${rows}: { 0: [0, 1] }`), [[rows, "no row for layer 1, 2"]]);
    assert.deepEqual(told("num_slots: 2", `${rows}: [[0, 1]]`), [[rows, "no rows by layer"]]);
  });

  it("with rows that have not num_slots entries, or not all experts", () => {
    assert.deepEqual(told("num_slots: 2", `${rows}: { 1: [0, 1, 1], 2: [0, 0], 3: [0, 2], 4: x, 5: [1] }`), [
      [`${rows}[1]`, "3 slots, where other rows have 2"],
      [`${rows}[2]`, "expert 1 has no slot"],
      [`${rows}[3]`, "slot 1 holds 2, which is none of 2 experts"],
      [rows, "2 more rows are damaged"],
    ]);
  });

  it("if it is no YAML mapping", () => {
    for (const text of ["", "7", "- 1", "a: [", "a: 1\na: 2"]) {
      assert.deepEqual(told(text), [["", "no YAML mapping"]], text);
    }
  });
});
