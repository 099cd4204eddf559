import type { ClientPools } from "./client-pools";
import { clientPools } from "./client-pools";
import type { LinearSolver } from "./linear-program";
import { oneRackShare } from "./one-rack";
import type { ModePlan } from "./plan";
import { largestRackShare } from "./racks";
import type { AllocationRequest } from "./request";

/** What a client gains from one tray more than it has, and loses with one less; the other pools stay. */
export interface ClientTrayPrice {
  readonly client: string;
  readonly gainedRequestsPerSecond: number;
  readonly lostRequestsPerSecond: number;
}

/** What one more and one less of the scarce thing does to the common share, everything planned again. */
export interface ShadowPrices {
  /** Trays of the one rack, or whole racks where there are several. */
  readonly unit: "tray" | "rack";
  readonly gainedShare: number;
  readonly lostShare: number;
  /** Empty for several racks and for a shared prefill pool, where no tray belongs to one client alone. */
  readonly clients: readonly ClientTrayPrice[];
}

export function shadowPrices(request: AllocationRequest, plan: ModePlan, solve: LinearSolver): ShadowPrices {
  const roomy = request.clients.map((demand) => clientPools(request, demand, request.trays + 1));
  const shareWith = (more: number): number => {
    if (request.racks === 1) return oneRackShare(request, roomy, plan.mode, request.trays + more);
    const racks = request.racks + more;
    return racks === 0 ? 0 : largestRackShare({ ...request, racks }, roomy, plan.mode, solve);
  };
  const share = request.objective === "share" ? plan.share : shareWith(0);
  return {
    unit: request.racks === 1 ? "tray" : "rack",
    gainedShare: shareWith(1) - share,
    lostShare: share - shareWith(-1),
    clients:
      request.racks === 1 && plan.mode === "separate" ? plan.clients.map((_, k) => trayPrice(roomy, plan, k)) : [],
  };
}

function trayPrice(clients: readonly ClientPools[], plan: ModePlan, k: number): ClientTrayPrice {
  const { client = "", trays = 0 } = plan.clients[k] ?? {};
  const rateOn = (t: number): number => clients[k]?.rates[Math.max(0, t)] ?? 0;
  return {
    client,
    gainedRequestsPerSecond: rateOn(trays + 1) - rateOn(trays),
    lostRequestsPerSecond: rateOn(trays) - rateOn(trays - 1),
  };
}
