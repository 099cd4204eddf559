import assert from "node:assert/strict";
import fc from "fast-check";
import { freshRow } from "../../../src/plan/experts/fresh-row";
import { balancedness, fullestRank, rankLoads, slotLoads } from "../../../src/plan/experts/load";
import { placeGlobally } from "../../../src/plan/experts/packing";
import { movedExperts, trivialPlacement, type ExpertPlacement } from "../../../src/plan/experts/placement";
import { fetchesIn, holdingsOf, relabelled } from "../../../src/plan/experts/relabel";
import { balanced } from "../../../src/plan/experts/search";
import { placeExperts } from "../../../src/plan/experts/place-experts";
import { anyRequest, recorded, recordingOf } from "../../support/expert-cases";
import { drifted } from "../../support/expert-histogram";

describe("a placement that runs", () => {
  const request = { slots: 288, ranks: 48 };
  const current = placeExperts(recorded, request).placement;

  it("stays under the loads that it is for", () => {
    const again = placeExperts(recorded, { ...request, current });
    assert.deepEqual(again.placement, current);
    assert.deepEqual([again.moved, again.newToTray], [0, 0]);
    assert.equal(again.balance.before, again.balance.after);
  });

  it("stays where the search finds something better by less than a thousandth", () => {
    const hardlyLater = { ...recorded, counts: drifted(recorded.counts, 0.0003, 7) };
    const { placement, balance } = placeExperts(hardlyLater, { ...request, current });
    assert.deepEqual(placement, current);
    assert.ok(balance.before < placeExperts(hardlyLater, request).balance.after);
    const later = placeExperts({ ...recorded, counts: drifted(recorded.counts, 0.01, 7) }, { ...request, current });
    assert.equal(later.layers.filter(({ moved }) => moved === 0).length, 0);
  });

  it("does not stay where DeepSeek's heuristic is better, be it by less than that", () => {
    const recording = recordingOf([[5003, 5000, 5000, 4997]]);
    const inOrder = { ranks: 2, physicalToLogical: [[0, 2, 1, 3]] };
    const { placement, moved, balance } = placeExperts(recording, { slots: 4, ranks: 2, current: inOrder });
    assert.deepEqual(placement.physicalToLogical, [[1, 2, 0, 3]]);
    assert.equal(moved, 2);
    assert.deepEqual(balance, { before: 10000 / 10003, after: 1, bound: 1 });
  });

  it("changes a quarter of what a placement from nothing does, after a tenth of the load has gone elsewhere", () => {
    const later = { ...recorded, counts: drifted(recorded.counts, 0.1, 7) };
    const changed = placeExperts(later, { ...request, current });
    const anew = placeExperts(later, request);
    assert.equal(changed.moved, movedExperts(current, changed.placement));
    assert.ok(changed.moved < 0.27 * movedExperts(current, anew.placement), `${changed.moved}`);
    assert.ok(changed.newToTray < changed.moved);
    assert.ok(changed.balance.before < 0.91 && changed.balance.after > 0.998);
  });

  it("is what `before` is about", () => {
    const later = { ...recorded, counts: drifted(recorded.counts, 0.1, 7) };
    const { layers } = placeExperts(later, { ...request, current });
    for (const { layer, before } of layers) {
      const loads = slotLoads(current.physicalToLogical[layer] ?? [], later.counts[layer] ?? []);
      assert.equal(before, balancedness(rankLoads(loads, 48)));
    }
  });

  it("keeps its weights when slots are added", () => {
    const { moved, newToTray } = placeExperts(recorded, { slots: 336, ranks: 48, current });
    const anew = placeExperts(recorded, { slots: 336, ranks: 48 }).placement;
    assert.ok(moved < 0.1 * movedExperts(current, anew), `${moved}`);
    assert.ok(newToTray <= moved);
  });

  it("tells which rank held what when the ranks change", () => {
    const halved = placeExperts(recorded, { slots: 288, ranks: 24, current });
    const anew = placeExperts(recorded, { slots: 288, ranks: 24 });
    assert.equal(halved.balance.before, placeExperts(recorded, request).balance.after);
    assert.ok(halved.balance.after >= anew.balance.after * (2 - balanced));
    const recordedLayers = ({ ranks, physicalToLogical: rows }: ExpertPlacement) => ({
      ranks,
      physicalToLogical: rows.slice(3),
    });
    const movedFrom = (to: ExpertPlacement) => movedExperts(recordedLayers(current), recordedLayers(to));
    assert.equal(halved.moved, movedFrom(halved.placement));
    assert.ok(halved.moved < movedFrom(anew.placement));
  });

  it("stays in layers that nobody recorded", () => {
    const silent = { ...recorded, counts: recorded.counts.map((row, at) => (at < 10 ? row.map(() => 0) : row)) };
    const placed = placeExperts(silent, { ...request, current });
    assert.deepEqual(placed.placement, current);
    assert.equal(placed.layers[0]?.layer, 10);
  });
});

describe("relabelled", () => {
  const before = holdingsOf([0, 1, 2, 3, 4, 5, 6, 7], 4, 2, 8);

  it("gives ranks the numbers that fetch least, and leaves experts in their slots", () => {
    assert.deepEqual(relabelled([7, 6, 2, 0, 3, 1, 4, 5], 4, before), [0, 2, 1, 3, 4, 5, 6, 7]);
    assert.deepEqual(relabelled([5, 4, 7, 6, 1, 0, 3, 2], 4, before), before.row);
  });

  it("prefers the tray that holds an expert, where as many are fetched", () => {
    // One expert of each rank stays wherever the ranks go; 1 and 3 are on the first tray, 5 and 7 on the second.
    const row = [0, 3, 2, 1, 4, 7, 6, 5];
    assert.deepEqual(fetchesIn(relabelled(row, 4, before), 4, before), { moved: 4, newToTray: 0 });
    const mixed = [0, 4, 1, 5, 2, 6, 3, 7];
    assert.deepEqual(fetchesIn(relabelled(mixed, 4, before), 4, before), { moved: 4, newToTray: 4 });
  });

  it("fetches everything where no rank was before", () => {
    assert.deepEqual(fetchesIn([0, 1, 2, 3], 2, holdingsOf([0, 1, 2, 3], 1, 1, 4)), { moved: 2, newToTray: 2 });
  });
});

/** A worker of any size, what runs on one of any other size, and loads for it. */
const anyChange = anyRequest.chain(({ ranks, slots, counts }) => {
  const experts = counts[0]?.length ?? 1;
  const row = fc.array(fc.nat({ max: 1000 }), { minLength: experts, maxLength: experts });
  return fc.record({
    ranks: fc.constant(ranks),
    slots: fc.constant(slots),
    counts: fc.constant(counts),
    former: fc.array(row, { minLength: counts.length, maxLength: counts.length }),
    formerRanks: fc.oneof(fc.constant(ranks), fc.integer({ min: 1, max: 12 })),
    formerSpare: fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 2 })),
    inOrder: fc.boolean(),
  });
});

type Change = typeof anyChange extends fc.Arbitrary<infer T> ? T : never;

function running({ former, ranks, slots, formerRanks, formerSpare, inOrder }: Change): ExpertPlacement {
  const experts = former[0]?.length ?? 1;
  const own = { ranks: formerRanks, slots: (Math.ceil(experts / formerRanks) + (formerSpare ?? 0)) * formerRanks };
  const size = formerRanks === ranks && formerSpare === undefined ? { ranks, slots } : own;
  return inOrder
    ? trivialPlacement({ layers: former.length, experts }, size)
    : placeExperts(recordingOf(former), size).placement;
}

describe("every placement after another", () => {
  it("keeps every expert, is as balanced as one from nothing up to a thousandth, never below the heuristic", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const { ranks, slots, counts } = change;
        const { placement } = placeExperts(recordingOf(counts), { ranks, slots, current: running(change) });
        counts.forEach((weights, layer) => {
          const row = placement.physicalToLogical[layer] ?? [];
          assert.equal(row.length, slots);
          assert.equal(new Set(row).size, weights.length);
          if (!weights.some((weight) => weight > 0)) return;
          const fullest = fullestRank(row, weights, ranks);
          const heuristic = fullestRank(placeGlobally(weights, slots, ranks), weights, ranks);
          const best = freshRow(weights, slots, ranks).fullest;
          assert.ok(fullest <= Math.min(heuristic, best * balanced) * (1 + 1e-8));
        });
      }),
      { numRuns: 200 },
    );
  });

  it("stays as it is when it is asked for again", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const request = { ranks: change.ranks, slots: change.slots };
        const recording = recordingOf(change.counts);
        const first = placeExperts(recording, { ...request, current: running(change) });
        const second = placeExperts(recording, { ...request, current: first.placement });
        assert.deepEqual(second.placement, first.placement);
        assert.equal(second.moved, 0);
      }),
      { numRuns: 200 },
    );
  });

  it("fetches no more than the search's own numbering of the ranks would", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const { ranks, slots, counts } = change;
        const current = running(change);
        const { layers } = placeExperts(recordingOf(counts), { ranks, slots, current });
        for (const { layer, moved } of layers) {
          const weights = counts[layer] ?? [];
          const former = { ranks: current.ranks, physicalToLogical: [current.physicalToLogical[layer] ?? []] };
          const own = { ranks, physicalToLogical: [freshRow(weights, slots, ranks).row] };
          assert.ok(moved <= movedExperts(former, own));
        }
      }),
      { numRuns: 200 },
    );
  });
});
