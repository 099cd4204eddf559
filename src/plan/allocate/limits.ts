import type { ClientPools } from "./client-pools";
import type { Bottleneck, ClientOnRack } from "./plan";
import { covers } from "./request";
import { busyShare, type SharedPrefillPool } from "./shared-prefill";

/** Pools without anything left over at the common share. */
export function limitingPools(
  onRack: readonly ClientOnRack[],
  clients: readonly ClientPools[],
  share: number,
  shared: SharedPrefillPool | undefined,
): readonly Bottleneck[] {
  const pools = onRack.flatMap((one, i) => {
    const rate = share * (clients[i]?.weight ?? 0);
    const roles = shared === undefined ? (["prefill", "decode"] as const) : (["decode"] as const);
    return roles
      .filter((role) => covers(rate, one[role].requestsPerSecond))
      .map((role) => ({ client: one.client, role }));
  });
  if (shared === undefined) return pools;
  const busy = busyShare(
    shared,
    clients.map((client) => share * client.weight),
  );
  return covers(busy, 1) ? [{ role: "prefill" }, ...pools] : pools;
}
