import { balanceBound } from "./bound";
import { freshRow } from "./fresh-row";
import type { ExpertRecording } from "./recording";

export interface ReplicaGoal {
  readonly ranks: number;
  /** Mean load / highest load per rank that a layer shall reach. */
  readonly balancedness: number;
  /** Redundant experts beyond which a layer counts as unreachable. Default: as many as there are experts. */
  readonly most?: number;
}

export interface ReplicasNeeded {
  /** Least redundant experts of every layer of the model; of one that is unreachable, the most that were tried. */
  readonly budget: readonly number[];
  /** Layers that do not reach the goal with the most. */
  readonly unreachable: readonly number[];
  /** Least redundant experts, in every layer the same number, with which all layers reach the goal. */
  readonly uniform: number | undefined;
}

/** A layer that reaches the goal exactly may miss it by the last bit of a division: 0.6 / 0.75 is below 0.8. */
const rounding = 1e-9;

/**
 * Redundant experts that each layer needs to be as balanced as wanted, in steps of one more slot per rank. The search
 * decides, not the bound: what is said here, `placeExperts` reaches.
 */
export function replicasNeeded(recording: ExpertRecording, goal: ReplicaGoal): ReplicasNeeded {
  const { experts, counts } = recording;
  const steps = slotSteps(experts, goal);
  const needed = counts.map((weights) => {
    if (!weights.some((weight) => weight > 0)) return steps[0];
    const first = steps.findIndex((slots) => balanceBound(weights, slots, goal.ranks) >= goal.balancedness - rounding);
    const at = first < 0 ? undefined : firstReached(first, steps.length, (step) => reaches(weights, steps[step], goal));
    return at === undefined ? undefined : steps[at];
  });
  const unreachable = needed.flatMap((slots, layer) => (slots === undefined ? [layer] : []));
  const budget = needed.map((slots) => (slots ?? steps.at(-1) ?? experts) - experts);
  return { budget, unreachable, uniform: unreachable.length > 0 ? undefined : Math.max(...budget) };
}

/** Slots that divide by the ranks, from one per expert on. */
function slotSteps(experts: number, { ranks, most = experts }: ReplicaGoal): readonly number[] {
  const least = Math.ceil(experts / ranks);
  const end = Math.max(least, Math.floor((experts + most) / ranks));
  return Array.from({ length: end - least + 1 }, (_, step) => (least + step) * ranks);
}

function reaches(weights: readonly number[], slots: number | undefined, { ranks, balancedness }: ReplicaGoal): boolean {
  if (slots === undefined) return false;
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / ranks;
  return mean / freshRow(weights, slots, ranks).fullest >= balancedness - rounding;
}

/** The first step that reaches it, where each after one that does so too: steps of double length, then bisection. */
function firstReached(first: number, end: number, reached: (step: number) => boolean): number | undefined {
  let [below, above] = [first - 1, first];
  for (let stride = 1; !reached(above); stride *= 2) {
    if (above === end - 1) return undefined;
    below = above;
    above = Math.min(end - 1, above + stride);
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (reached(middle)) above = middle;
    else below = middle;
  }
  return above;
}
