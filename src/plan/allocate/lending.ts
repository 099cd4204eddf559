import { rateAt } from "./capacity-curve";
import { clientPools, type ClientPools } from "./client-pools";
import type { AllocationRequest, LendingRequest, Scenario } from "./request";

/** Trays of a client's two pools. */
export interface PoolTrays {
  readonly client: string;
  readonly prefillTrays: number;
  readonly decodeTrays: number;
}

/** A base that stays and a buffer that follows the demand. */
export interface LendingPlan {
  readonly bufferTrays: number;
  readonly base: readonly PoolTrays[];
  /** Trays of the buffer that each client borrows, per scenario. */
  readonly borrowed: readonly { readonly scenario: string; readonly clients: readonly PoolTrays[] }[];
  /** Expected requests per second served, of those asked for. */
  readonly requestsPerSecond: number;
  /** The same if a tray changed hands at once. */
  readonly withoutSwitching: number;
}

export interface LendingAnswer {
  /** Best split without any lending. */
  readonly static: { readonly base: readonly PoolTrays[]; readonly requestsPerSecond: number };
  /** The best plan that lends. Undefined when no buffer leaves every client a base. */
  readonly lending?: LendingPlan;
  readonly pays: boolean;
  /** Expected requests per second more than without. Negative where lending does not pay. */
  readonly gainedRequestsPerSecond: number;
  /**
   * Lending pays where visits last more than this many times the durations of the request. Undefined when it does not
   * pay however long they last.
   */
  readonly breakEvenFactor?: number;
  /** The mean visit, weighted by time, at that point. */
  readonly breakEvenSeconds?: number;
}

/**
 * Lending in two stages on one rack: the base and the size of the buffer now, who borrows it later, in every scenario.
 * Every visit of a scenario begins with a switch, during which the borrowed trays serve nobody and the base serves
 * alone. Borrowed trays run workers of their own beside those of the base. Exact, by enumeration.
 */
export function planLending(request: AllocationRequest, lending: LendingRequest): LendingAnswer {
  const clients = request.clients.map((demand) => clientPools(request, demand));
  const tables = clients.map((client) => burstTable(client, request.trays, Math.max(0, ...lending.bufferTrays)));
  const fixed = bestStatic(request, clients, tables, lending);
  const plans = lendingPlans(request, tables, lending);
  const best = largest(plans, (plan) => valueAt(plan, lending, 1));
  const breakEvenFactor = breakEven(plans, lending, fixed.requestsPerSecond);
  const gained = best === undefined ? 0 : valueAt(best, lending, 1) - fixed.requestsPerSecond;
  return {
    static: fixed,
    ...(best === undefined ? {} : { lending: described(best, request, lending) }),
    pays: gained > 1e-9 * fixed.requestsPerSecond,
    gainedRequestsPerSecond: gained,
    ...(breakEvenFactor === undefined
      ? {}
      : { breakEvenFactor, breakEvenSeconds: breakEvenFactor * meanDurationSeconds(lending) }),
  };
}

function bestStatic(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  tables: readonly BurstTable[],
  lending: LendingRequest,
): LendingAnswer["static"] {
  const rates = clients.map((client, k) => lastingRates(client, tables[k] ?? []));
  const bases = compositions(clients.length, request.trays).map((trays) => ({
    trays,
    requestsPerSecond: expected(lending, (scenario) =>
      clients.reduce((sum, { demand }, k) => {
        const wanted = scenario.requestsPerSecond[demand.client] ?? 0;
        return sum + Math.min(wanted, rates[k]?.[trays[k] ?? 0] ?? 0);
      }, 0),
    ),
  }));
  const best = largest(bases, (base) => base.requestsPerSecond);
  return {
    base: clients.map((client, k) => splitOf(client, best?.trays[k] ?? 0)),
    requestsPerSecond: best?.requestsPerSecond ?? 0,
  };
}

/**
 * Requests per second by trays that a client keeps for good. It may keep what it could borrow: workers of another size
 * beside its base are no gain of lending.
 */
function lastingRates(client: ClientPools, table: BurstTable): readonly number[] {
  return client.rates.map((rate, trays) =>
    table.slice(0, trays + 1).reduce((best, bursts, base) => {
      const kept = bursts.map((one) => one.rates[trays - base] ?? 0);
      return Math.max(best, ...kept);
    }, rate),
  );
}

/** A client's base and what any number of borrowed trays makes of it. */
interface Burst {
  readonly client: string;
  readonly prefillTrays: number;
  readonly decodeTrays: number;
  /** By borrowed trays: requests per second, and how many of the trays prefill. */
  readonly rates: readonly number[];
  readonly borrowedPrefill: readonly number[];
}

/** Every base of a client, by its trays. */
type BurstTable = readonly (readonly Burst[])[];

function burstTable(client: ClientPools, trays: number, buffer: number): BurstTable {
  return Array.from({ length: trays + 1 }, (_, total) =>
    Array.from({ length: total + 1 }, (_, prefillTrays) => burst(client, prefillTrays, total - prefillTrays, buffer)),
  );
}

function burst(
  { demand, prefill, decode }: ClientPools,
  prefillTrays: number,
  decodeTrays: number,
  buffer: number,
): Burst {
  const best = Array.from({ length: buffer + 1 }, (_, borrowed) => {
    const ways = Array.from({ length: borrowed + 1 }, (_, toPrefill) => ({
      toPrefill,
      rate: Math.min(
        rateAt(prefill, prefillTrays) + rateAt(prefill, toPrefill),
        rateAt(decode, decodeTrays) + rateAt(decode, borrowed - toPrefill),
      ),
    }));
    return largest(ways, (way) => way.rate) ?? { toPrefill: 0, rate: 0 };
  });
  return {
    client: demand.client,
    prefillTrays,
    decodeTrays,
    rates: best.map((way) => way.rate),
    borrowedPrefill: best.map((way) => way.toPrefill),
  };
}

interface Candidate {
  readonly bufferTrays: number;
  readonly bases: readonly Burst[];
  /** Per scenario: who borrows how many trays, and requests per second with and without them. */
  readonly scenarios: readonly {
    readonly borrowed: readonly number[];
    readonly lent: number;
    readonly alone: number;
  }[];
}

function lendingPlans(
  request: AllocationRequest,
  tables: readonly BurstTable[],
  lending: LendingRequest,
): readonly Candidate[] {
  return lending.bufferTrays.flatMap((bufferTrays) => {
    if (bufferTrays > request.trays) return [];
    const loans = compositions(tables.length, bufferTrays);
    return compositions(tables.length, request.trays - bufferTrays).flatMap((trays) =>
      everyBase(tables, trays).map((bases) => ({
        bufferTrays,
        bases,
        scenarios: lending.scenarios.map((scenario) => bestLoan(bases, loans, scenario)),
      })),
    );
  });
}

/** Who borrows what does not depend on how long the switch takes: the loan that serves most in the end is the best. */
function bestLoan(
  bases: readonly Burst[],
  loans: readonly (readonly number[])[],
  scenario: Scenario,
): Candidate["scenarios"][number] {
  const none = bases.map(() => 0);
  const servedWith = (borrowed: readonly number[]): number =>
    bases.reduce((sum, base, k) => {
      const wanted = scenario.requestsPerSecond[base.client] ?? 0;
      return sum + Math.min(wanted, base.rates[borrowed[k] ?? 0] ?? 0);
    }, 0);
  const alone = servedWith(none);
  let best = { borrowed: none as readonly number[], lent: alone, alone };
  for (const borrowed of loans) {
    const lent = servedWith(borrowed);
    if (lent > best.lent) best = { borrowed, lent, alone };
  }
  return best;
}

/** Expected requests per second when every visit lasts `factor` times its duration. */
function valueAt(plan: Candidate, lending: LendingRequest, factor: number): number {
  return lending.scenarios.reduce((sum, scenario, i) => {
    const { lent, alone } = plan.scenarios[i] ?? { lent: 0, alone: 0 };
    const switching = Math.min(1, lending.switchSeconds / (scenario.durationSeconds * factor));
    return sum + scenario.probability * (lent - switching * (lent - alone));
  }, 0);
}

/** Bisection: the value of the best plan that lends never falls when visits last longer. */
function breakEven(plans: readonly Candidate[], lending: LendingRequest, fixed: number): number | undefined {
  // Only plans that win without switching can win with it, and the best of them changes with the durations.
  const winners = plans.filter((plan) => valueAt(plan, lending, Infinity) > fixed * (1 + 1e-9));
  if (winners.length === 0) return undefined;
  const pays = (factor: number): boolean => winners.some((plan) => valueAt(plan, lending, factor) > fixed);
  let low = 0;
  let high = 1;
  while (!pays(high)) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (pays(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function meanDurationSeconds(lending: LendingRequest): number {
  return expected(lending, (scenario) => scenario.durationSeconds);
}

function expected(lending: LendingRequest, of: (scenario: Scenario) => number): number {
  return lending.scenarios.reduce((sum, scenario) => sum + scenario.probability * of(scenario), 0);
}

function described(plan: Candidate, request: AllocationRequest, lending: LendingRequest): LendingPlan {
  return {
    bufferTrays: plan.bufferTrays,
    base: plan.bases.map(({ client, prefillTrays, decodeTrays }) => ({ client, prefillTrays, decodeTrays })),
    borrowed: lending.scenarios.map((scenario, i) => ({
      scenario: scenario.name,
      clients: plan.bases.map((base, k) => {
        const trays = plan.scenarios[i]?.borrowed[k] ?? 0;
        const prefillTrays = base.borrowedPrefill[trays] ?? 0;
        return { client: base.client, prefillTrays, decodeTrays: trays - prefillTrays };
      }),
    })),
    requestsPerSecond: valueAt(plan, lending, 1),
    withoutSwitching: valueAt(plan, lending, Infinity),
  };
}

function splitOf({ demand, prefill, decode }: ClientPools, trays: number): PoolTrays {
  const ways = Array.from({ length: trays + 1 }, (_, p) => ({
    client: demand.client,
    prefillTrays: p,
    decodeTrays: trays - p,
  }));
  const best = largest(ways, (way) => Math.min(rateAt(prefill, way.prefillTrays), rateAt(decode, way.decodeTrays)));
  return best ?? { client: demand.client, prefillTrays: 0, decodeTrays: trays };
}

/** Every way to divide a total among some parts. */
function compositions(parts: number, total: number): readonly (readonly number[])[] {
  if (parts === 0) return [];
  if (parts === 1) return [[total]];
  return Array.from({ length: total + 1 }, (_, first) => first).flatMap((first) =>
    compositions(parts - 1, total - first).map((rest) => [first, ...rest]),
  );
}

function everyBase(tables: readonly BurstTable[], trays: readonly number[]): readonly (readonly Burst[])[] {
  return tables.reduce<readonly (readonly Burst[])[]>(
    (bases, table, k) => bases.flatMap((base) => (table[trays[k] ?? 0] ?? []).map((burst) => [...base, burst])),
    [[]],
  );
}

/** The first of the largest. */
function largest<T>(items: readonly T[], valueOf: (item: T) => number): T | undefined {
  let best: T | undefined;
  let value = -Infinity;
  for (const item of items) {
    const one = valueOf(item);
    if (one <= value) continue;
    best = item;
    value = one;
  }
  return best;
}
