import type { ExpertPlacement } from "./placement";
import type { ExpertRecording } from "./recording";
import { sharedTrays, usualRanksPerTray } from "./trays";
import { placeExperts, type PlacementRequest, type PlannedPlacement } from "./place-experts";

/** A placement, and whether it is the one that was recorded. */
export interface ChosenPlacement extends PlannedPlacement {
  readonly kept: boolean;
  /** Balance that the best placement found would have, where the recorded one was kept all the same. */
  readonly reachable: number;
}

/**
 * The best placement found, or the one that was in force while it was recorded, where that is nearly as good: another
 * placement rolls the pool.
 *
 * @param leastGain gain of balance, as a share, below which nothing changes
 */
export function keptOrBetter(
  recording: ExpertRecording,
  request: PlacementRequest,
  leastGain: number,
): ChosenPlacement {
  const best = placeExperts(recording, request);
  const { before, after } = best.balance;
  const { current } = request;
  if (current === undefined || !fits(current, request) || after >= before * (1 + leastGain)) {
    return { ...best, kept: false, reachable: after };
  }
  return { ...unchanged(best, current), kept: true, reachable: after };
}

/** What is said of a placement that stays. */
function unchanged(best: PlannedPlacement, current: ExpertPlacement): PlannedPlacement {
  const { ranks, physicalToLogical } = current;
  const layers = best.layers.map((layer) => {
    const shared = sharedTrays(physicalToLogical[layer.layer] ?? [], ranks, usualRanksPerTray(ranks));
    return { ...layer, after: layer.before, moved: 0, newToTray: 0, sharedTrays: shared };
  });
  return {
    ...best,
    placement: current,
    balance: { ...best.balance, after: best.balance.before },
    layers,
    moved: 0,
    newToTray: 0,
    sharedTrays: layers.reduce((sum, { sharedTrays: shared }) => sum + shared, 0),
  };
}

function fits({ ranks, physicalToLogical }: ExpertPlacement, request: PlacementRequest): boolean {
  return ranks === request.ranks && physicalToLogical.every((row) => row.length === request.slots);
}
