import assert from "node:assert/strict";
import { presets } from "../../stacks/recipes/presets";
import { gpusOf } from "../../stacks/recipes/recipe";
import { planStackConfig } from "../../stacks/recipes/stack-config";

const options = { client: "client", purpose: "production" } as const;

describe("presets", () => {
  it("are both clients on every engine in both precisions, and the sources' own", () => {
    const names = presets.map(({ name }) => name);
    for (const workload of ["1k8k", "8k1k"]) {
      for (const engine of ["sglang", "vllm", "trtllm"]) {
        for (const precision of ["nvfp4", "fp8"]) assert.ok(names.includes(`${workload}-${engine}-${precision}`));
      }
    }
    assert.deepEqual(names.slice(12), [
      "source-000-16k",
      "source-000-32k",
      "source-001",
      "source-002-gb200",
      "source-002-h200",
    ]);
    assert.equal(new Set(names).size, names.length);
  });

  for (const { name, recipe, changed } of presets) {
    it(`${name} plans and renders without a problem`, () => {
      assert.ok(gpusOf(recipe) <= 72);
      const planned = planStackConfig(recipe, options, { changed });
      assert.ok(!("problems" in planned), JSON.stringify(planned));
      for (const change of changed) assert.ok(planned.text.replace(/\n# {3}/g, " ").includes(`# changed: ${change}`));
    });
  }

  it("carry published numbers: of decode pools up to EP48, and of source 000's bursts", () => {
    const published = presets.flatMap(({ name, published: number }) =>
      number === undefined ? [] : [[name, number.value] as const],
    );
    assert.deepEqual(published, [
      ["8k1k-sglang-nvfp4", 1908],
      ["1k8k-trtllm-nvfp4", 5270],
      ["8k1k-trtllm-nvfp4", 4629],
      ["source-000-16k", 15312],
      ["source-000-32k", 15716],
      ["source-001", 13150],
    ]);
  });

  it("of source 002 have 48 GPUs: six nodes of eight, or twelve trays", () => {
    const shapes = presets
      .filter(({ name }) => name.startsWith("source-002"))
      .map(({ recipe }) => [recipe.hardware, gpusOf(recipe)]);
    assert.deepEqual(shapes, [
      ["gb200-nvl72", 48],
      ["hgx-h200", 48],
    ]);
  });
});
