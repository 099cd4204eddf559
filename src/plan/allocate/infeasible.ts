import type { Problem } from "../../problems";
import { clientPools, roleCurve } from "./client-pools";
import type { LinearSolver } from "./linear-program";
import { ratesOf } from "./capacity-curve";
import { allowedModes, planModes } from "./plan-modes";
import { fewestRacks } from "./racks";
import { mostRacks } from "./request-rules";
import { weightOf, type AllocationRequest, type ClientDemand, type PrefillMode, type Role } from "./request";
import { traysFor, type ShareClaim } from "./share";
import { sharedPools, sustains } from "./shared-prefill";

/** One change that, alone, makes the request servable; found to do so by planning again. */
export type Relaxation =
  | { readonly change: "trays"; readonly trays: number; readonly missing: number }
  | { readonly change: "racks"; readonly racks: number; readonly missing: number }
  | { readonly change: "rates"; readonly factor: number }
  | { readonly change: "pin"; readonly client: string; readonly role: Role };

export interface Refusal {
  readonly problems: readonly Problem[];
  readonly relaxations: readonly Relaxation[];
}

/** Why no plan serves the request, and the least that would have to change. */
export function refuse(request: AllocationRequest, solve: LinearSolver): Refusal {
  const candidates = [
    ...moreTrays(request),
    ...moreRacks(request, solve),
    ...lowerRates(request, solve),
    ...withoutPins(request),
  ];
  const relaxations = candidates.filter((change) => planModes(relaxed(request, change), solve).length > 0);
  return { relaxations, problems: [problemOf(request, relaxations)] };
}

/** The request with one relaxation applied. */
export function relaxed(request: AllocationRequest, relaxation: Relaxation): AllocationRequest {
  switch (relaxation.change) {
    case "trays":
      return { ...request, trays: relaxation.trays };
    case "racks":
      return { ...request, racks: relaxation.racks };
    case "rates":
      return { ...request, clients: request.clients.map((client) => scaled(client, relaxation.factor)) };
    case "pin":
      return {
        ...request,
        clients: request.clients.map((client) =>
          client.client === relaxation.client ? unpinned(client, relaxation.role) : client,
        ),
      };
  }
}

function scaled(client: ClientDemand, factor: number): ClientDemand {
  return { ...client, requestsPerSecond: (client.requestsPerSecond ?? 0) * factor };
}

function unpinned(client: ClientDemand, role: Role): ClientDemand {
  return { ...client, pinned: { ...client.pinned, [role]: undefined } };
}

/** Larger than any answer that a single rack could still give. */
const mostTrays = 512;

/** Exactly how many trays one rack would need; workers do not grow with it. */
function moreTrays(request: AllocationRequest): readonly Relaxation[] {
  if (request.racks > 1) return [];
  for (let trays = request.trays * 2; trays <= mostTrays; trays *= 2) {
    const needed = Math.min(...allowedModes(request).map((mode) => fewestTraysFor(request, mode, trays)));
    if (needed <= trays) return [{ change: "trays", trays: needed, missing: needed - request.trays }];
  }
  return [];
}

function fewestTraysFor(request: AllocationRequest, mode: PrefillMode, most: number): number {
  const inside = { ...request, clients: request.clients.map((client) => ofRackSize(client, request.trays)) };
  const weights = inside.clients.map((client) => weightOf(client, request.objective));
  // For the objective "share" any share will do.
  const share = request.objective === "share" ? Number.MIN_VALUE : 1;
  const claims = (role: Role): readonly ShareClaim[] =>
    inside.clients.map((client, k) => ({
      rates: ratesOf(roleCurve(inside, client, role, most)),
      weight: weights[k] ?? 0,
    }));
  if (mode === "separate") return traysFor([...claims("prefill"), ...claims("decode")], share);
  const rates = weights.map((weight) => share * weight);
  const pools = sharedPools(inside, most).filter((pool) => sustains(pool, rates));
  return Math.min(...pools.map((pool) => pool.trays)) + traysFor(claims("decode"), share);
}

function ofRackSize(client: ClientDemand, trays: number): ClientDemand {
  const fits = (option: { readonly trays: number }): boolean => option.trays <= trays;
  return { ...client, prefill: client.prefill.filter(fits), decode: client.decode.filter(fits) };
}

function moreRacks(request: AllocationRequest, solve: LinearSolver): readonly Relaxation[] {
  const clients = request.clients.map((demand) => clientPools(request, demand));
  const counts = allowedModes(request).flatMap((mode) => {
    // Any share will do for the objective "share", and one rack per client gives each of them something.
    const racks = request.objective === "share" ? clients.length : fewestRacks(request, clients, mode, solve);
    return racks === undefined ? [] : [racks];
  });
  const racks = Math.min(...counts);
  return racks > request.racks && racks <= mostRacks
    ? [{ change: "racks", racks, missing: racks - request.racks }]
    : [];
}

/** The largest common part of the rates that the racks of the request serve. */
function lowerRates(request: AllocationRequest, solve: LinearSolver): readonly Relaxation[] {
  if (request.objective === "share") return [];
  const clients = request.clients.map((client) => ({ ...client, weight: client.requestsPerSecond ?? 0 }));
  const [best] = planModes({ ...request, clients, objective: "share" }, solve);
  return best === undefined ? [] : [{ change: "rates", factor: best.share }];
}

function withoutPins(request: AllocationRequest): readonly Relaxation[] {
  return request.clients.flatMap((client) =>
    (["prefill", "decode"] as const)
      .filter((role) => client.pinned?.[role] !== undefined)
      .map((role): Relaxation => ({ change: "pin", client: client.client, role })),
  );
}

function problemOf(request: AllocationRequest, relaxations: readonly Relaxation[]): Problem {
  const has = request.racks === 1 ? `${request.trays} trays` : `${request.racks} racks of ${request.trays} trays`;
  return {
    path: "clients",
    what: request.objective === "share" ? tooFewTrays(request, has) : tooHighRates(request, has, relaxations),
    rule: "every client needs both pools, on whole trays, within one rack",
    fix: relaxations.length === 0 ? "fewer clients, or other worker sizes" : relaxations.map(fixOf).join(", or "),
  };
}

/** The smallest pools that the request allows, pool by pool. */
function tooFewTrays(request: AllocationRequest, has: string): string {
  const pools = request.clients.flatMap((client) =>
    (["prefill", "decode"] as const).map((role) => {
      const pinned = client.pinned?.[role]?.reduce((sum, trays) => sum + trays, 0);
      const trays = pinned ?? Math.min(...client[role].map((option) => option.trays));
      return { text: `${trays} (${client.client} ${role}${pinned === undefined ? "" : ", pinned"})`, trays };
    }),
  );
  const total = pools.reduce((sum, pool) => sum + pool.trays, 0);
  return `the smallest pools take ${pools.map((pool) => pool.text).join(" + ")} = ${total} trays, there are ${has}`;
}

function tooHighRates(request: AllocationRequest, has: string, relaxations: readonly Relaxation[]): string {
  const wanted = request.clients.map((client) => `${client.requestsPerSecond ?? 0} (${client.client})`).join(" and ");
  const rates = relaxations.find((relaxation) => relaxation.change === "rates");
  const served = rates === undefined ? "" : `; they serve ${percent(rates.factor)} of each rate`;
  return `${wanted} requests/s do not fit ${has}${served}`;
}

function fixOf(relaxation: Relaxation): string {
  switch (relaxation.change) {
    case "trays":
      return `a rack of ${relaxation.trays} trays (${relaxation.missing} more)`;
    case "racks":
      return `${relaxation.racks} racks (${relaxation.missing} more)`;
    case "rates":
      return `at most ${percent(relaxation.factor)} of the rates`;
    case "pin":
      return `no pin on ${relaxation.client}'s ${relaxation.role} pool`;
  }
}

/** Rounded down: the part that is said to fit has to fit. */
function percent(fraction: number): string {
  return `${Math.floor(1000 * fraction) / 10} %`;
}
