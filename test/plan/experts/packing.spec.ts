import assert from "node:assert/strict";
import { fullestRank } from "../../../src/plan/experts/load";
import { packBalanced, placeGlobally, placeHierarchically, replicate } from "../../../src/plan/experts/packing";
import { flashExample, publishedPlacement, publishedWeights } from "../../support/expert-cases";

const publishedReplicas = [
  [1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1],
  [1, 2, 1, 1, 1, 2, 2, 1, 2, 1, 1, 1],
];

describe("DeepSeek's expert placement", () => {
  it("places the published example as published", () => {
    const placed = publishedWeights.map((weights) => placeHierarchically(weights, 16, 8, { groups: 4, nodes: 2 }));
    assert.deepEqual(placed, publishedPlacement);
  });

  it("gives the published number of replicas", () => {
    const counts = publishedPlacement.map((row) =>
      Array.from({ length: 12 }, (_, expert) => row.filter((e) => e === expert).length),
    );
    assert.deepEqual(counts, publishedReplicas);
  });

  it("loads the fullest device of the FlashLB example with 232, as published", () => {
    assert.equal(fullestRank(placeGlobally(flashExample, 16, 8), flashExample, 8), 232);
  });

  it("falls back to the global policy when groups do not divide by nodes", () => {
    const weights = publishedWeights[0] ?? [];
    assert.deepEqual(placeHierarchically(weights, 16, 8, { groups: 3, nodes: 2 }), placeGlobally(weights, 16, 8));
  });

  it("replicates the most loaded expert first, the lowest index on ties", () => {
    assert.deepEqual(replicate([1, 6, 6, 2], 7), { logical: [0, 1, 2, 3, 1, 2, 1], replicas: [1, 3, 2, 1] });
  });

  it("packs heaviest first onto the lightest pack with room, the lowest index on ties", () => {
    assert.deepEqual(packBalanced([5, 9, 5, 1], 2), { pack: [1, 0, 1, 0], place: [0, 0, 1, 1] });
    assert.deepEqual(packBalanced([1, 2, 3], 3), { pack: [0, 1, 2], place: [0, 0, 0] });
  });
});
