import type { AllocationRequest } from "../../src/plan/allocate/request";
import { allocationRequest, clientDemand, type DemandedClient } from "../../src/plan/choose-pools";
import type { PoolIntentCommon } from "../../src/plan/intent";
import { checkpoints } from "../../src/plan/model-shape";
import { gb200Nvl72 } from "../../src/plan/rack";

const workloads = [
  { client: "client1", inputTokens: 1024, outputTokens: 8192 },
  { client: "client2", inputTokens: 8192, outputTokens: 1024 },
] as const;

/** Both clients of the rack under one promise on TPOT, the second asking for `ratio` times as many requests. */
export function demandedClients(engine: string, tpotMilliseconds: number, ratio: number): readonly DemandedClient[] {
  return workloads.map(({ client, inputTokens, outputTokens }, i) => {
    const common: Omit<PoolIntentCommon, "experts"> = {
      client,
      checkpoint: checkpoints["deepseek-r1-nvfp4"],
      engineVersion: "any",
      workers: 1,
      gpusPerWorker: 4,
      attention: "data",
      inputTokens,
      outputTokens,
      kvCacheType: "fp8",
      weights: { hostPath: "/models", path: "R1", readGibPerSecond: 5 },
      purpose: "production",
    };
    const demanded = clientDemand(
      {
        client,
        engine,
        workload: { inputTokens, outputTokens, requestsPerSecond: i === 0 ? 1 : ratio },
        slo: { tpotMilliseconds },
        prefill: {
          ...common,
          role: "prefill",
          tokensPerForwardPerRank: 16384,
          experts: { balancing: "off", redundantExperts: 0 },
        },
        decode: {
          ...common,
          role: "decode",
          batchPerRank: 1,
          experts: { balancing: "dynamic", redundantExperts: 32 },
        },
        wanted: { prefill: {}, decode: {} },
        headroom: 0,
      },
      gb200Nvl72,
    );
    if ("problems" in demanded) throw new Error(JSON.stringify(demanded.problems));
    return demanded;
  });
}

export function answerTerms(
  clients: readonly DemandedClient[],
  { prefill, mixedDecode }: Pick<AllocationRequest, "prefill" | "mixedDecode">,
): AllocationRequest {
  return allocationRequest(clients, {
    trays: gb200Nvl72.trays,
    rack: gb200Nvl72,
    objective: "share",
    prefill,
    mixedDecode,
  });
}
