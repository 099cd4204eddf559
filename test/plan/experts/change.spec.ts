import assert from "node:assert/strict";
import fc from "fast-check";
import { keptOrBetter } from "../../../src/plan/experts/change";
import { trivialPlacement, type ExpertPlacement } from "../../../src/plan/experts/placement";
import { sharedTrays } from "../../../src/plan/experts/trays";
import { placeExperts, type PlacementRequest } from "../../../src/plan/experts/place-experts";
import { anyRequest, recorded, recordingOf } from "../../support/expert-cases";
import { drifted } from "../../support/expert-histogram";

const size = { slots: 288, ranks: 48 };
const current = placeExperts(recorded, size).placement;
const request: PlacementRequest = { ...size, current };
const usualGain = 0.01;

/** What is recorded of the same pool after so large a share of every layer's load has gone elsewhere. */
const later = (share: number) => ({ ...recorded, counts: drifted(recorded.counts, share, 7) });

describe("a placement that was recorded", () => {
  it("stays, row for row, where another would gain less than a hundredth", () => {
    const recording = later(0.005);
    const best = placeExperts(recording, request);
    const gain = best.balance.after / best.balance.before - 1;
    assert.ok(gain > 0.001 && gain < usualGain, `${gain}`);
    assert.ok(best.moved > 0);

    const chosen = keptOrBetter(recording, request, usualGain);
    assert.equal(chosen.placement, current);
    assert.deepEqual([chosen.kept, chosen.moved, chosen.newToTray], [true, 0, 0]);
    assert.deepEqual(chosen.balance, { ...best.balance, after: best.balance.before });
    assert.equal(chosen.reachable, best.balance.after);
  });

  it("is told layer by layer as it is: nothing moves, and replicas stand where they stood", () => {
    const { layers, ...chosen } = keptOrBetter(later(0.005), request, usualGain);
    assert.equal(layers.length, 58);
    for (const { layer, before, after, moved, newToTray, sharedTrays: shared } of layers) {
      assert.deepEqual([after, moved, newToTray], [before, 0, 0]);
      assert.equal(shared, sharedTrays(current.physicalToLogical[layer] ?? [], 48, 4));
    }
    assert.equal(
      chosen.sharedTrays,
      layers.reduce((sum, { sharedTrays: shared }) => sum + shared, 0),
    );
  });

  it("changes where another gains more, to the best that is found", () => {
    const recording = later(0.1);
    const best = placeExperts(recording, request);
    assert.ok(best.balance.after > best.balance.before * (1 + usualGain));
    assert.deepEqual(keptOrBetter(recording, request, usualGain), {
      ...best,
      kept: false,
      reachable: best.balance.after,
    });
  });

  it("is left for a gain as large as asked for: no gain changes it at zero, every gain is too small at one", () => {
    const recording = later(0.005);
    const { balance } = placeExperts(recording, request);
    const gain = balance.after / balance.before - 1;
    assert.equal(keptOrBetter(recording, request, gain * 0.99).kept, false);
    assert.equal(keptOrBetter(recording, request, gain * 1.01).kept, true);
    assert.equal(keptOrBetter(recording, request, 0).kept, false);
    assert.equal(keptOrBetter(later(0.1), request, 1).kept, true);
    // With nothing to gain it is the same placement either way.
    assert.deepEqual(keptOrBetter(recorded, request, 0).placement, current);
  });

  it("never stays in a pool of another size, be it as good", () => {
    for (const other of [
      { slots: 336, ranks: 48 },
      { slots: 288, ranks: 32 },
      { slots: 288, ranks: 24 },
    ]) {
      const chosen = keptOrBetter(recorded, { ...other, current }, 1000);
      assert.equal(chosen.kept, false);
      assert.equal(chosen.placement.ranks, other.ranks);
      assert.ok(chosen.placement.physicalToLogical.every(({ length }) => length === other.slots));
    }
  });

  it("is not there to stay where none was recorded", () => {
    const chosen = keptOrBetter(recorded, size, 1000);
    assert.deepEqual([chosen.kept, chosen.placement], [false, current]);
  });
});

/** Any loads, and any former loads whose placement runs. */
const anyChange = anyRequest.chain(({ ranks, slots, counts }) => {
  const experts = counts[0]?.length ?? 1;
  const row = fc.array(fc.nat({ max: 1000 }), { minLength: experts, maxLength: experts });
  return fc.record({
    size: fc.constant({ ranks, slots }),
    recording: fc.constant(recordingOf(counts)),
    former: fc.array(row, { minLength: counts.length, maxLength: counts.length }).map(recordingOf),
    inOrder: fc.boolean(),
    leastGain: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
  });
});
type Change = typeof anyChange extends fc.Arbitrary<infer T> ? T : never;

function running({ former, size: sizes, inOrder }: Change): ExpertPlacement {
  return inOrder ? trivialPlacement(former, sizes) : placeExperts(former, sizes).placement;
}

describe("every choice between what runs and what is better", () => {
  it("balances no less than what runs", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const { balance } = keptOrBetter(
          change.recording,
          { ...change.size, current: running(change) },
          change.leastGain,
        );
        assert.ok(balance.after >= balance.before * (1 - 1e-9), `${balance.before} -> ${balance.after}`);
      }),
    );
  });

  it("is kept exactly where the gain is too small, and then moves nothing", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const asked = { ...change.size, current: running(change) };
        const { balance } = placeExperts(change.recording, asked);
        const chosen = keptOrBetter(change.recording, asked, change.leastGain);
        assert.equal(chosen.kept, balance.after < balance.before * (1 + change.leastGain));
        if (chosen.kept) assert.deepEqual([chosen.placement, chosen.moved], [asked.current, 0]);
      }),
    );
  });

  it("is the same choice when it is what runs", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const { recording, size: sizes, leastGain } = change;
        const first = keptOrBetter(recording, { ...sizes, current: running(change) }, leastGain);
        const second = keptOrBetter(recording, { ...sizes, current: first.placement }, leastGain);
        assert.deepEqual([second.placement, second.moved], [first.placement, 0]);
      }),
    );
  });
});
