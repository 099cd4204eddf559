import { ratesOf, ratesOverRacks } from "./capacity-curve";
import { bestPerTray, relaxedOptimum, type BindingConstraint } from "./bound";
import type { ClientPools } from "./client-pools";
import type { LinearSolver } from "./linear-program";
import type { ModePlan } from "./plan";
import { dollarsPerHour, rackPrice } from "./price";
import type { AllocationRequest, Objective, PrefillMode, Role } from "./request";
import { largestShare, traysFor, type ShareClaim } from "./share";

/** What keeps the plan from the bound. */
export type GapCause = "whole trays" | "whole workers" | "whole racks" | "whole workers and racks";

export interface GapPart {
  readonly cause: GapCause;
  /** Part of the gap, as a fraction of what the gap is a fraction of. */
  readonly part: number;
}

/** What a pool would take if trays and workers were divisible, at what the plan serves. */
export interface PoolGrain {
  /** Absent for the shared prefill pool. */
  readonly client?: string;
  readonly role: Role;
  readonly wantsTrays: number;
  readonly getsTrays: number;
}

/** How far the plan is from what no plan can beat, and why. */
export interface Bound {
  /** Largest share, fewest trays or fewest dollars per hour that any plan could reach. */
  readonly value: number;
  /** 1 - found / bound for a share, 1 - bound / found for trays and dollars. */
  readonly gap: number;
  readonly parts: readonly GapPart[];
  readonly grains: readonly PoolGrain[];
  readonly binding: readonly BindingConstraint[];
  readonly explanation: string;
}

export function boundOf(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  plan: ModePlan,
  solve: LinearSolver,
): Bound | undefined {
  const relaxed = relaxedOptimum(request, clients, solve);
  if (relaxed === undefined) return undefined;
  const found = valueOf(plan, request.objective);
  const value = neverBeaten(relaxed.value, found, request.objective);
  const parts = gapParts(request, clients, plan, value);
  const grains = poolGrains(request, clients, plan);
  const gap = request.objective === "share" ? 1 - found / value : 1 - value / found;
  const bound = { value, gap, parts, grains, binding: relaxed.binding };
  return { ...bound, explanation: explain(request, plan, bound) };
}

export function valueOf(plan: ModePlan, objective: Objective): number {
  if (objective === "share") return plan.share;
  return objective === "trays" ? plan.trays : (plan.dollarsPerHour ?? 0);
}

/** The solver's bound is exact up to 1e-9; what differs by that is the same value. */
function neverBeaten(bound: number, found: number, objective: Objective): number {
  const close = Math.abs(bound - found) <= 1e-7 * Math.max(bound, found);
  if (!close) return bound;
  return objective === "share" ? Math.max(bound, found) : Math.min(bound, found);
}

/** From the bound to the plan, one freedom less at a time. */
function gapParts(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  plan: ModePlan,
  bound: number,
): readonly GapPart[] {
  const found = valueOf(plan, request.objective);
  const levels = levelsOf(request, clients, plan);
  const scale = request.objective === "share" ? bound : found;
  let before = bound;
  return levels.flatMap(({ cause, value }) => {
    const step = request.objective === "share" ? before - value : value - before;
    if (step <= 1e-9 * scale) return [];
    before = value;
    return [{ cause, part: step / scale }];
  });
}

interface Level {
  readonly cause: GapCause;
  readonly value: number;
}

function levelsOf(request: AllocationRequest, clients: readonly ClientPools[], plan: ModePlan): readonly Level[] {
  const found = valueOf(plan, request.objective);
  if (request.objective === "cost") {
    return [
      { cause: "whole workers", value: billedByUse(request, plan) },
      { cause: "whole racks", value: found },
    ];
  }
  const trays = request.trays * request.racks;
  const best = (claims: readonly ShareClaim[]): number =>
    request.objective === "share" ? largestShare(claims, trays) : traysFor(claims, 1);
  const wholeTrays: Level = { cause: "whole trays", value: best(divisibleClaims(request, clients, plan.mode, trays)) };
  if (request.racks === 1) return [wholeTrays, { cause: "whole workers", value: found }];
  if (plan.mode === "shared") return [wholeTrays, { cause: "whole workers and racks", value: found }];
  const wholeWorkers = best(wallessClaims(clients, request.trays, trays));
  return [wholeTrays, { cause: "whole workers", value: wholeWorkers }, { cause: "whole racks", value: found }];
}

/** The plan's bill if a rack could be paid for by its trays in use. */
function billedByUse(request: AllocationRequest, plan: ModePlan): number {
  if (request.price === undefined) return 0;
  const price = rackPrice(request.price, request);
  const perTray = price.dollarsPerTrayHour + price.dollarsPerRackHour / request.trays;
  const byTray = { ...price, dollarsPerRackHour: 0, dollarsPerTrayHour: perTray };
  return plan.racks.reduce((sum, rack) => sum + rack.racks * dollarsPerHour(byTray, rack), 0);
}

const roles = ["prefill", "decode"] as const;

/** Whole trays per pool, but any part of a worker on them. */
function divisibleClaims(
  request: AllocationRequest,
  clients: readonly ClientPools[],
  mode: PrefillMode,
  trays: number,
): readonly ShareClaim[] {
  const line = (perTray: number): readonly number[] => Array.from({ length: trays + 1 }, (_, t) => t * perTray);
  const claim = (client: ClientPools, role: Role): ShareClaim => ({
    rates:
      request.racks === 1 && client.demand.pinned?.[role] !== undefined
        ? ratesOf(client[role])
        : line(bestPerTray(request, client, role)),
    weight: client.weight,
  });
  if (mode === "separate") return clients.flatMap((client) => roles.map((role) => claim(client, role)));
  const traysPerShare = clients.reduce((sum, one) => sum + one.weight / bestPerTray(request, one, "prefill"), 0);
  return [{ rates: line(1), weight: traysPerShare }, ...clients.map((client) => claim(client, "decode"))];
}

/** Whole workers that need not leave room for each other rack by rack. */
function wallessClaims(clients: readonly ClientPools[], rackTrays: number, trays: number): readonly ShareClaim[] {
  return clients.flatMap((client) =>
    roles.map((role) => ({ rates: ratesOverRacks(client[role], rackTrays, trays), weight: client.weight })),
  );
}

function poolGrains(request: AllocationRequest, clients: readonly ClientPools[], plan: ModePlan): readonly PoolGrain[] {
  const needs = plan.clients.map((client) => client.neededRequestsPerSecond);
  const wants = (k: number, role: Role): number => {
    const client = clients[k];
    return client === undefined ? 0 : (needs[k] ?? 0) / bestPerTray(request, client, role);
  };
  const gets = (client: string, role: Role): number =>
    plan.racks.reduce(
      (sum, rack) => sum + rack.racks * (rack.clients.find((one) => one.client === client)?.[role].trays ?? 0),
      0,
    );
  const own = plan.mode === "separate" ? roles : (["decode"] as const);
  const grains = plan.clients.flatMap(({ client }, k) =>
    own.map((role) => ({ client, role, wantsTrays: wants(k, role), getsTrays: gets(client, role) })),
  );
  if (plan.mode === "separate") return grains;
  const shared: PoolGrain = {
    role: "prefill",
    wantsTrays: plan.clients.reduce((sum, _, k) => sum + wants(k, "prefill"), 0),
    getsTrays: plan.racks.reduce((sum, rack) => sum + rack.racks * (rack.sharedPrefill?.trays ?? 0), 0),
  };
  return [shared, ...grains];
}

function explain(request: AllocationRequest, plan: ModePlan, bound: Omit<Bound, "explanation">): string {
  const unit = { share: "share", trays: "trays", cost: "dollars per hour" }[request.objective];
  const found = valueOf(plan, request.objective);
  const limit = request.objective === "share" ? "at most" : "at least";
  const head = `${unit}: ${short(found)}, any plan ${limit} ${short(bound.value)}`;
  if (bound.parts.length === 0) return `${head}; the plan reaches the bound`;
  const parts = bound.parts.map(({ cause, part }) => `${percent(part)} for ${cause}`).join(", ");
  const largest = [...bound.grains].sort((a, b) => excess(b) - excess(a)).filter((grain) => excess(grain) >= 0.05);
  const grains = largest
    .slice(0, 2)
    .map((grain) => `${poolName(grain)} wants ${short(grain.wantsTrays)} trays and gets ${grain.getsTrays}`);
  const free = plan.freeTrays > 0 ? [`${plan.freeTrays} trays stay free`] : [];
  return [`${head}: a gap of ${percent(bound.gap)} (${parts})`, ...grains, ...free].join("; ");
}

function excess(grain: PoolGrain): number {
  return grain.getsTrays - grain.wantsTrays;
}

function poolName({ client, role }: PoolGrain): string {
  return client === undefined ? `shared ${role}` : `${client}'s ${role}`;
}

function short(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}
