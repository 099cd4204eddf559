import type { ClientSizing } from "./choose-pools";
import { planPool } from "./plan-pool";
import type { RackShape } from "./rack";
import { decodeSpeed } from "./speed/pool-speed";
import { decodeWorker } from "./worker-options";
import { meanContextTokens } from "./workload";

/** What a decode worker gives its users and its owner at one batch. */
export interface TradeOffPoint {
  readonly batchPerRank: number;
  readonly gpusPerWorker: number;
  readonly tokensPerSecondPerUser: number;
  readonly tokensPerSecondPerGpu: number;
}

const workerTrays = [1, 2, 4, 8, 12, 18] as const;
const batches = [1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024] as const;

/** Throughput against speed for the decode workers of a client, where a pool of that size and batch breaks no rule. */
export function decodeTradeOff(sizing: ClientSizing, rack: RackShape): readonly TradeOffPoint[] {
  const contextTokens = meanContextTokens(sizing.workload);
  return workerTrays.flatMap((trays) =>
    batches.flatMap((batchPerRank): readonly TradeOffPoint[] => {
      const gpusPerWorker = trays * rack.gpusPerTray;
      const { plan, problems } = planPool(
        { ...decodeWorker(sizing.decode, gpusPerWorker, sizing), batchPerRank },
        rack,
      );
      if (plan === undefined || problems.length > 0 || plan.kvTokensPerRank < batchPerRank * contextTokens) return [];
      const speed = decodeSpeed(plan);
      if ("unpredicted" in speed) return [];
      const tokensPerSecondPerUser = 1000 / speed.tpotMilliseconds(batchPerRank, contextTokens);
      return [
        {
          batchPerRank,
          gpusPerWorker,
          tokensPerSecondPerUser,
          tokensPerSecondPerGpu: batchPerRank * tokensPerSecondPerUser,
        },
      ];
    }),
  );
}
