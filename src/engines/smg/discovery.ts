import type { PoolRef } from "../../refs";

export type Selector = Readonly<Record<string, string>>;

/** smg takes one selector per role: the labels that the selectors of all pools of the role have in common. */
export function commonSelector(pools: readonly PoolRef[]): Selector {
  const [first, ...others] = pools;
  const common = Object.entries(first?.selector ?? {}).filter(([key, value]) =>
    others.every((pool) => pool.selector[key] === value),
  );
  return Object.fromEntries(common.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether no pod can match both: some label has to have one value and the other. */
export function areDisjoint(one: Selector, other: Selector): boolean {
  return Object.entries(one).some(([key, value]) => key in other && other[key] !== value);
}

/** As smg's flags want it: `key=value` words. */
export function selectorWords(selector: Selector): string[] {
  return Object.entries(selector).map(([key, value]) => `${key}=${value}`);
}
