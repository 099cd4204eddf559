import type { ExpertBalance } from "../plan/experts/balance";
import type { PlacedFacts } from "./expert-text";
import { rounded } from "./numbers";

/** What `placedText` tells, for programs. */
export function placedJson(facts: PlacedFacts): string {
  const { recording, slots, before, heuristic, placed, bounds } = facts;
  const balances = { before: before.balance, heuristic, placed };
  const content = {
    model: recording.model,
    layers: recording.layers,
    experts: recording.experts,
    ranks: slots.ranks,
    slots: slots.slots,
    balancedness: {
      ...Object.fromEntries(Object.entries(balances).map(([name, balance]) => [name, digits(balance.mean)])),
      bound: digits(bounds.reduce((sum, bound) => sum + bound, 0) / bounds.length),
    },
    worstLayer: Object.fromEntries(Object.entries(balances).map(([name, balance]) => [name, worstOf(balance)])),
    expertTime: Object.fromEntries(
      Object.entries(balances).map(([name, { expertTime }]) => [name, digits(expertTime)]),
    ),
    movedExperts: facts.moved,
    newToTray: facts.newToTray,
    heldExperts: facts.held,
    recordedLayers: placed.layers.map(({ layer, balancedness }, i) => ({
      layer,
      hottestToMean: digits(recording.skew[i]?.skew ?? 1),
      before: digits(before.balance.layers[i]?.balancedness ?? 1),
      heuristic: digits(heuristic.layers[i]?.balancedness ?? 1),
      placed: digits(balancedness),
      bound: digits(bounds[i] ?? 1),
    })),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function worstOf({ worst }: ExpertBalance): { readonly layer: number; readonly balancedness: number } {
  return { layer: worst.layer, balancedness: digits(worst.balancedness) };
}

/** As many as do not hang on the order of additions. */
function digits(value: number): number {
  return rounded(value, 6);
}
