import { clientPools, type ClientPools } from "./client-pools";
import type { LinearProgram, LinearSolver, Row, Term } from "./linear-program";
import { costBlind, costOf, separatePatterns, sharedPatterns, type RackPattern } from "./patterns";
import type { ModePlan, RackAllocation } from "./plan";
import type { PlanOrder } from "./least-plan";
import { dollarsPerHour, rackPrice, type RackPrice } from "./price";
import { leastRackPools, planOrders } from "./rack-pools";
import { count, needRows, part, poolRows, rackRow, servedTerms, splitRows } from "./rack-rows";
import { rateTolerance, type AllocationRequest, type PrefillMode } from "./request";

/** How many racks follow each pattern, and what each client gets from them together. */
interface CountedPattern {
  readonly pattern: RackPattern;
  readonly racks: number;
  /** Requests per second of all these racks, per client. */
  readonly rates: readonly number[];
}

interface Filling {
  readonly counted: readonly CountedPattern[];
  readonly share: number;
}

/** The best plan for several racks. Undefined when the racks do not suffice. */
export function planRacks(request: AllocationRequest, mode: PrefillMode, solve: LinearSolver): ModePlan | undefined {
  const clients = request.clients.map((demand) => clientPools(request, demand));
  const filling = bestFilling(request, clients, mode, solve);
  return filling === undefined ? undefined : modePlan(request, mode, clients, filling);
}

/**
 * The best value first; then, of the plans that have it, a lean one: the leanest over all racks with separate pools.
 * With a shared one that search can take seconds, so there every rack gives back what it does not need.
 */
function bestFilling(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  solve: LinearSolver,
): Filling | undefined {
  const order = planOrders[request.objective];
  if (request.objective !== "share") {
    const filling = leanestFilling(request, clients, mode, 1, mode === "separate" ? order : order.slice(0, 1), solve);
    return filling === undefined || mode === "separate" ? filling : trimmedFilling(request, clients, filling, 1);
  }
  const full = largestFilling(request, clients, mode, solve);
  if (full === undefined || full.share <= 0) return undefined;
  if (mode === "separate") return leanestFilling(request, clients, mode, full.share, order, solve);
  return trimmedFilling(request, clients, full, full.share);
}

function trimmedFilling(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  filling: Filling,
  share: number,
): Filling {
  // Rounding may leave the share of the solver's plan a hair below the one that was asked for.
  const served = Math.min(filling.share, share);
  return {
    share: served,
    counted: filling.counted.map((one) => trimmed(request, clients, one, { ...filling, share: served })),
  };
}

/** Takes from the racks of a pattern what the common share does not need. */
function trimmed(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  one: CountedPattern,
  { counted, share }: Filling,
): CountedPattern {
  const rates = one.rates.map((rate, k) => {
    const served = counted.reduce((sum, other) => sum + (other.rates[k] ?? 0), 0);
    return (rate * share * (clients[k]?.weight ?? 0)) / served;
  });
  const perRack = rates.map((rate) => rate / one.racks);
  const chosen = leastRackPools(request, "shared", perRack);
  if (chosen === undefined) return one;
  const pattern = {
    trays: chosen.measure.trays,
    gpus: chosen.shared.gpus + chosen.pools.reduce((sum, { decode }) => sum + decode.gpus, 0),
    clients: chosen.pools.map((pools, k) => ({ ...pools, requestsPerSecond: perRack[k] ?? 0 })),
    shared: chosen.shared,
  };
  return { pattern, racks: one.racks, rates };
}

/** The largest common share on all racks of the request. */
export function largestRackShare(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  solve: LinearSolver,
): number {
  return largestFilling(request, clients, mode, solve)?.share ?? 0;
}

function largestFilling(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  solve: LinearSolver,
): Filling | undefined {
  const patterns = patternsOf(request, clients, mode, false);
  if (patterns.length === 0) return undefined;
  const program: LinearProgram = {
    sense: "maximise",
    objective: [[1, "share"]],
    rows: [
      ...patterns.flatMap(splitRows),
      ...clients.map((client, k) => ({
        name: `served${k}`,
        terms: [...servedTerms(patterns, k), [-client.weight, "share"] as const],
        relation: ">=" as const,
        limit: 0,
      })),
      rackRow(patterns, request.racks),
    ],
    whole: patterns.map((_, j) => count(j)),
  };
  return fillingOf(program, patterns, clients, solve);
}

/** Fewest racks that serve the share, if there is a number that does. */
export function fewestRacks(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  solve: LinearSolver,
): number | undefined {
  const patterns = patternsOf(request, clients, mode, false);
  if (patterns.length === 0) return undefined;
  const program: LinearProgram = {
    sense: "minimise",
    objective: patterns.map((_, j) => [1, count(j)]),
    granularity: 1,
    rows: [...patterns.flatMap(splitRows), ...needRows(patterns, clients, 1)],
    whole: patterns.map((_, j) => count(j)),
  };
  const filling = fillingOf(program, patterns, clients, solve);
  return filling?.counted.reduce((sum, one) => sum + one.racks, 0);
}

/** Measures of a filling that can be traded for each other, one after the other in the order of the objective. */
function leanestFilling(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  share: number,
  order: PlanOrder,
  solve: LinearSolver,
): Filling | undefined {
  const price = request.price === undefined ? undefined : rackPrice(request.price, request);
  const patterns = patternsOf(request, clients, mode, true);
  if (patterns.length === 0) return undefined;
  const rows: Row[] = [
    ...patterns.flatMap(splitRows),
    ...needRows(patterns, clients, share),
    ...poolRows(request, patterns, clients, mode, share),
    rackRow(patterns, request.racks),
  ];
  let filling: Filling | undefined;
  for (const measure of order) {
    const unit = unitOf(measure, price);
    if (unit === undefined) continue;
    const objective = patterns.map((pattern, j): Term => [unit(pattern), count(j)]);
    const whole = patterns.map((_, j) => count(j));
    const granularity = granularityOf(patterns.map(unit));
    const program = { sense: "minimise", objective, rows, whole, granularity } as const;
    filling = fillingOf(program, patterns, clients, solve);
    if (filling === undefined) return undefined;
    const least = filling.counted.reduce((sum, one) => sum + one.racks * unit(one.pattern), 0);
    rows.push({ name: measure, terms: objective, relation: "<=", limit: least * (1 + rateTolerance) });
  }
  return filling;
}

/** All sums are multiples of the smallest coefficient where all coefficients are. */
function granularityOf(coefficients: readonly number[]): number {
  const smallest = Math.min(...coefficients.filter((one) => one > 0));
  return coefficients.every((one) => Math.abs(one / smallest - Math.round(one / smallest)) < 1e-9) ? smallest : 0;
}

function unitOf(measure: string, price: RackPrice | undefined): ((pattern: RackPattern) => number) | undefined {
  if (measure === "trays") return (pattern) => pattern.trays;
  if (measure === "dollarsPerHour" && price !== undefined) return (pattern) => dollarsPerHour(price, pattern);
  return undefined;
}

function patternsOf(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  withCost: boolean,
): readonly RackPattern[] {
  const price = request.price === undefined ? undefined : rackPrice(request.price, request);
  const cost = withCost ? costOf(price) : costBlind;
  return mode === "separate" ? separatePatterns(request, clients, cost) : sharedPatterns(request, clients, cost);
}

/** Rounds the counts and takes back what the solver's tolerances gave too much, so that the plan holds exactly. */
function fillingOf(
  program: LinearProgram,
  patterns: readonly RackPattern[],
  clients: readonly ClientPools[],
  solve: LinearSolver,
): Filling | undefined {
  const solution = solve(program);
  if (solution === undefined) return undefined;
  const counted = patterns.flatMap((pattern, j) => {
    const racks = Math.round(solution.valueOf(count(j)));
    if (racks === 0) return [];
    const wanted = pattern.clients.map((_, k) => solution.valueOf(part(j, k)));
    return [{ pattern, racks, rates: ratesOf(pattern, racks, wanted) }];
  });
  const served = clients.map((_, k) => counted.reduce((sum, one) => sum + (one.rates[k] ?? 0), 0));
  return { counted, share: Math.min(...clients.map((client, k) => (served[k] ?? 0) / client.weight)) };
}

function ratesOf({ clients, shared }: RackPattern, racks: number, wanted: readonly number[]): readonly number[] {
  if (shared === undefined) return clients.map((client) => client.requestsPerSecond * racks);
  const rates = clients.map((client, k) => Math.min(wanted[k] ?? 0, client.requestsPerSecond * racks));
  const busy = rates.reduce((sum, rate, k) => sum + rate / (shared.requestsPerSecondAlone[k] ?? 0), 0) / racks;
  return rates.map((rate) => rate / Math.max(1, busy));
}

function modePlan(
  request: AllocationRequest,
  mode: PrefillMode,
  clients: readonly ClientPools[],
  { counted, share }: Filling,
): ModePlan {
  const racks = counted.map((one) => rackAllocation(request, one));
  const sum = (of: (rack: RackAllocation) => number): number =>
    racks.reduce((total, rack) => total + rack.racks * of(rack), 0);
  const price = request.price === undefined ? undefined : rackPrice(request.price, request);
  return {
    mode,
    share,
    racks,
    clients: clients.map(({ demand, weight }, k) => ({
      client: demand.client,
      trays: sum((rack) => rack.clients.find((one) => one.client === demand.client)?.trays ?? 0),
      requestsPerSecond: counted.reduce((total, one) => total + (one.rates[k] ?? 0), 0),
      neededRequestsPerSecond: (request.objective === "share" ? share : 1) * weight,
    })),
    trays: sum((rack) => rack.trays),
    freeTrays: request.racks * request.trays - sum((rack) => rack.trays),
    racksUsed: sum(() => 1),
    ...(price === undefined ? {} : { dollarsPerHour: sum((rack) => dollarsPerHour(price, rack)) }),
    movedTrays: 0,
    changedWorkers: 0,
    limitedBy: [],
  };
}

function rackAllocation(request: AllocationRequest, { pattern, racks, rates }: CountedPattern): RackAllocation {
  return {
    racks,
    clients: pattern.clients.flatMap(({ prefill, decode }, k) => {
      const client = request.clients[k]?.client ?? "";
      const trays = prefill.trays + decode.trays;
      if (trays === 0) return [];
      return [{ client, prefill, decode, trays, requestsPerSecond: (rates[k] ?? 0) / racks }];
    }),
    ...(pattern.shared === undefined ? {} : { sharedPrefill: pattern.shared }),
    trays: pattern.trays,
    gpus: pattern.gpus,
    freeTrays: request.trays - pattern.trays,
  };
}
