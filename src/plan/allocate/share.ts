import type { ClientPools } from "./client-pools";
import { ratesOf } from "./capacity-curve";
import { busyShare, type SharedPrefillPool } from "./shared-prefill";
import { rateTolerance } from "./request";

/** What one client gets from t trays, and what it wants per unit of the common share. */
export interface ShareClaim {
  /** Requests per second by trays; never falls. */
  readonly rates: readonly number[];
  readonly weight: number;
}

/**
 * The largest common share s for which all clients get s x weight on `trays` trays in all. It is one of the values at
 * which a curve rises, and the trays that a share needs are the sum of what each client needs: no split is left out.
 */
export function largestShare(claims: readonly ShareClaim[], trays: number): number {
  const shares = claims.flatMap((claim) => claim.rates.slice(0, trays + 1).map((rate) => rate / claim.weight));
  const candidates = [...new Set(shares)].sort((a, b) => a - b);
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (traysFor(claims, candidates[middle] ?? 0) <= trays) low = middle;
    else high = middle - 1;
  }
  return candidates[low] ?? 0;
}

/** Fewest trays that give every client the share. */
export function traysFor(claims: readonly ShareClaim[], share: number): number {
  return claims.reduce((sum, claim) => sum + firstReaching(claim.rates, share * claim.weight), 0);
}

export function largestSeparateShare(clients: readonly ClientPools[], trays: number): number {
  return largestShare(clients, trays);
}

/** With one prefill pool for all: the best over all pools, the rest of the trays going to decode. */
export function largestSharedShare(
  clients: readonly ClientPools[],
  pools: readonly SharedPrefillPool[],
  trays: number,
): number {
  const claims = clients.map(decodeClaim);
  const decodeShares = new Map<number, number>();
  const weights = clients.map((client) => client.weight);
  return pools.reduce((best, pool) => {
    const left = trays - pool.trays;
    if (left < 0) return best;
    const decodeShare = decodeShares.get(left) ?? largestShare(claims, left);
    decodeShares.set(left, decodeShare);
    return Math.max(best, Math.min(1 / busyShare(pool, weights), decodeShare));
  }, 0);
}

function decodeClaim({ decode, weight }: ClientPools): ShareClaim {
  return { rates: ratesOf(decode), weight };
}

/** Lowest index whose rate is enough, up to rounding; Infinity when there is none. */
function firstReaching(rates: readonly number[], rate: number): number {
  const enough = rate * (1 - rateTolerance);
  let low = 0;
  let high = rates.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((rates[middle] ?? 0) >= enough) high = middle;
    else low = middle + 1;
  }
  return low < rates.length ? low : Infinity;
}
