import { bestPerTray } from "./bound";
import { ratesOverRacks } from "./capacity-curve";
import type { ClientPools } from "./client-pools";
import type { Row, Term } from "./linear-program";
import type { RackPattern } from "./patterns";
import { rateTolerance, type AllocationRequest, type PrefillMode, type Role } from "./request";
import { traysFor } from "./share";

/** The variable that counts the racks of a pattern. */
export const count = (pattern: number): string => `n${pattern}`;
/** The variable for what a client gets from all racks of a pattern, where that is to choose. */
export const part = (pattern: number, client: number): string => `x${pattern}_${client}`;

export function rackRow(patterns: readonly RackPattern[], racks: number): Row {
  return { name: "racks", terms: patterns.map((_, j) => [1, count(j)]), relation: "<=", limit: racks };
}

export function needRows(
  patterns: readonly RackPattern[],
  clients: readonly ClientPools[],
  share: number,
): readonly Row[] {
  return clients.map((client, k) => ({
    name: `served${k}`,
    terms: servedTerms(patterns, k),
    relation: ">=",
    limit: share * client.weight,
  }));
}

/**
 * What every pool needs over all racks, whichever racks those are. The other rows imply it for whole racks only;
 * saying it makes the search ten times shorter.
 */
export function poolRows(
  request: AllocationRequest,
  patterns: readonly RackPattern[],
  clients: readonly ClientPools[],
  mode: PrefillMode,
  share: number,
): readonly Row[] {
  const trays = request.trays * request.racks;
  const row = (name: string, limit: number, traysOf: (pattern: RackPattern) => number): Row => ({
    name,
    terms: patterns.map((pattern, j) => [traysOf(pattern), count(j)]),
    relation: ">=",
    limit: Math.min(limit, trays + 1),
  });
  const ownRow = (client: ClientPools, k: number, role: Role): Row => {
    const claim = { rates: ratesOverRacks(client[role], request.trays, trays), weight: client.weight };
    return row(`${role}${k}`, traysFor([claim], share), (pattern) => pattern.clients[k]?.[role].trays ?? 0);
  };
  const decode = clients.map((client, k) => ownRow(client, k, "decode"));
  if (mode === "separate") return [...clients.map((client, k) => ownRow(client, k, "prefill")), ...decode];
  const prefillTrays = clients.reduce(
    (sum, client) => sum + (share * client.weight) / bestPerTray(request, client, "prefill"),
    0,
  );
  const whole = Math.ceil(prefillTrays * (1 - rateTolerance));
  return [row("prefill", whole, (pattern) => pattern.shared?.trays ?? 0), ...decode];
}

export function servedTerms(patterns: readonly RackPattern[], client: number): readonly Term[] {
  return patterns.map((pattern, j) =>
    pattern.shared === undefined ? [pattern.clients[client]?.requestsPerSecond ?? 0, count(j)] : [1, part(j, client)],
  );
}

/** With a shared prefill pool the racks of a pattern divide its time freely, within what decode sustains. */
export function splitRows(pattern: RackPattern, j: number): readonly Row[] {
  const { shared } = pattern;
  if (shared === undefined) return [];
  const decode = pattern.clients.map((client, k): Row => ({
    name: `decode${j}_${k}`,
    terms: [
      [1, part(j, k)],
      [-client.requestsPerSecond, count(j)],
    ],
    relation: "<=",
    limit: 0,
  }));
  const time = shared.requestsPerSecondAlone.map((alone, k): Term => [1 / alone, part(j, k)]);
  return [...decode, { name: `time${j}`, terms: [...time, [-1, count(j)]], relation: "<=", limit: 0 }];
}
