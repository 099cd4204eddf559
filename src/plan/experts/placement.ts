import { fetchesIn, holdingsOf } from "./relabel";

/** Where the experts of one worker sit. */
export interface ExpertPlacement {
  /** Expert-parallel size; slot s sits on rank floor(s / (slots / ranks)). */
  readonly ranks: number;
  /** Logical expert of every slot, for every layer of the model: [layer][slot]. */
  readonly physicalToLogical: readonly (readonly number[])[];
}

/** What engines start with when they are told nothing. */
export function trivialPlacement(
  shape: { readonly layers: number; readonly experts: number },
  request: { readonly slots: number; readonly ranks: number },
): ExpertPlacement {
  const row = trivialRow(shape.experts, request.slots);
  return { ranks: request.ranks, physicalToLogical: Array.from({ length: shape.layers }, () => row) };
}

/** Expert weights, summed over layers, that some rank has to fetch because it did not hold them before. */
export function movedExperts(from: ExpertPlacement, to: ExpertPlacement): number {
  return to.physicalToLogical.reduce((moved, row, layer) => {
    const before = from.physicalToLogical[layer] ?? [];
    const experts = Math.max(...before, ...row) + 1;
    return moved + fetchesIn(row, to.ranks, holdingsOf(before, from.ranks, 1, experts)).moved;
  }, 0);
}

/** The experts in order, then the first ones again. */
export function trivialRow(experts: number, slots: number): readonly number[] {
  return Array.from({ length: slots }, (_, slot) => slot % experts);
}
