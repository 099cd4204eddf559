import { whatIf } from "../../cli/what-if";
import type { AllocationRequest } from "../../src/plan/allocate/request";
import { allocationRequest, clientDemand, type DemandedClient } from "../../src/plan/choose-pools";
import { gb200Nvl72 } from "../../src/plan/rack";

/** Both clients of the rack under one promise on TPOT, the second asking for `ratio` times as many requests. */
export function demandedClients(engine: string, tpotMilliseconds: number, ratio: number): readonly DemandedClient[] {
  const { clients } = whatIf({
    client: ["client1:1024:8192:1", `client2:8192:1024:${ratio}`],
    engine,
    preset: "deepseek-r1-nvfp4",
    redundant: "auto",
    drafts: "0",
    tpot: String(tpotMilliseconds),
    headroom: "0",
    racks: "1",
    objective: "share",
    prefill: "separate",
    tier: "neocloud",
    billing: "tray",
  });
  return clients.map((sizing) => {
    const demanded = clientDemand(sizing, gb200Nvl72);
    if ("problems" in demanded) throw new Error(JSON.stringify(demanded.problems));
    return demanded;
  });
}

export function answerTerms(
  clients: readonly DemandedClient[],
  { prefill, mixedDecode }: Pick<AllocationRequest, "prefill" | "mixedDecode">,
): AllocationRequest {
  const { trays } = gb200Nvl72;
  return allocationRequest(clients, { trays, rack: gb200Nvl72, objective: "share", prefill, mixedDecode });
}
