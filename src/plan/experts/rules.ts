import type { Problem } from "../../problems";
import { replicasNeeded } from "./budget";
import type { ExpertPlacement } from "./placement";
import type { LayerBalance, PlacementRequest, PlannedPlacement } from "./place-experts";
import { placementRowProblems } from "./placement-rows";

/**
 * What a placement cannot be computed from, all at once.
 *
 * @param experts logical experts of a layer
 * @param layers of the model; not given, a current placement of any number of them is accepted
 */
export function checkPlacementRequest(request: PlacementRequest, experts: number, layers?: number): readonly Problem[] {
  const { slots, ranks, current } = request;
  return [
    ...checkRanks(slots, ranks, experts),
    ...checkHolds(slots, experts),
    ...(current === undefined ? [] : checkCurrent(current, experts, layers)),
  ];
}

function checkRanks(slots: number, ranks: number, experts: number): readonly Problem[] {
  const countable = Number.isInteger(ranks) && ranks >= 1;
  if (countable && slots % ranks === 0) return [];
  return [
    {
      path: "expertParallelSize",
      what: `${slots} expert slots over ${ranks} ranks`,
      rule: "every rank holds the same number of experts: (routed + redundant) % expert parallel size = 0",
      fix: countable
        ? `${nearestRedundant(slots, ranks, experts)} redundant experts, or ranks that divide ${slots}`
        : "the pool's gpusPerWorker, and redundantExperts that divide by it",
    },
  ];
}

function nearestRedundant(slots: number, ranks: number, experts: number): string {
  const below = Math.floor(slots / ranks) * ranks - experts;
  const above = Math.ceil(Math.max(slots, experts) / ranks) * ranks - experts;
  return below >= 0 && below !== above ? `${below} or ${above}` : String(above);
}

function checkHolds(slots: number, experts: number): readonly Problem[] {
  if (slots >= experts) return [];
  return [
    {
      path: "redundantExperts",
      what: `${slots} slots for ${experts} experts`,
      rule: "every expert has a slot at least once in every layer",
      fix: "0 redundant experts or more",
    },
  ];
}

/** A placement of another number of slots or ranks says where weights are; one of other experts says nothing. */
function checkCurrent(current: ExpertPlacement, experts: number, layers: number | undefined): readonly Problem[] {
  const { ranks, physicalToLogical: rows } = current;
  return placementRowProblems(
    rows,
    { layers: layers ?? rows.length, experts, ranks },
    {
      path: "current",
      rule: `a layer holds each of the model's ${experts} experts, as many on every rank`,
      fix: "the placement of a pool of this model, or none",
    },
  );
}

/** Below this a placement is not worth its name: more than a twentieth of the time for experts is waiting. */
const wantedBalancedness = 0.95;

/** Layers that no placement with so many slots can balance, and what would. */
export function placementWarnings(planned: PlannedPlacement, request: PlacementRequest): readonly Problem[] {
  const beyond = planned.layers.filter(({ bound }) => bound < wantedBalancedness);
  const [first] = beyond;
  if (first === undefined) return [];
  const worst = beyond.reduce((least: LayerBalance, layer) => (layer.bound < least.bound ? layer : least), first);
  const { slots, ranks } = request;
  return [
    {
      path: "redundantExperts",
      what:
        `no placement of ${slots} slots on ${ranks} ranks balances ${beyond.length} of ${planned.layers.length} layers ` +
        `to ${wantedBalancedness}: layer ${worst.layer} at most to ${worst.bound.toFixed(3)}, ` +
        `the mean of all at most to ${planned.balance.bound.toFixed(3)}`,
      rule: "the rank with the hottest replica carries all of it, and the others wait for it",
      fix: balancingFix(planned, request),
    },
  ];
}

function balancingFix({ recording }: PlannedPlacement, { slots, ranks }: PlacementRequest): string {
  const most = Math.max(recording.experts, slots - recording.experts);
  const { uniform } = replicasNeeded(recording, { ranks, balancedness: wantedBalancedness, most });
  if (uniform !== undefined) return `${uniform} redundant experts: every layer then reaches ${wantedBalancedness}`;
  return `fewer ranks: even ${most} redundant experts do not bring every layer to ${wantedBalancedness}`;
}
