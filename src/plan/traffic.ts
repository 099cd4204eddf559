import type { ClientPlan } from "./client";
import { handshakeSeconds } from "./kv-transfer";
import { kvBytesPerToken, kvPageTokens } from "./memory";
import type { PoolPlan } from "./pool";
import type { RackShape } from "./rack";
import type { Arrivals } from "./simulate/arrivals";
import { simulate, type SimulationOptions } from "./simulate/simulate";
import type { SimulationResult } from "./simulate/result";
import type {
  ClientUnderTest,
  DecodeWorkerModel,
  PrefillPoolModel,
  RankPolicy,
  SystemUnderTest,
} from "./simulate/system";
import { decodeSpeed, prefillSpeed, type Unpredicted } from "./speed/pool-speed";

/** A client's pools and what is sent to them. */
export interface ClientTraffic {
  readonly plan: Pick<ClientPlan, "client" | "prefill" | "decode" | "slo" | "workload">;
  readonly arrivals: Arrivals;
}

/** Lets traffic run through planned pools. `unpredicted` says why their speed is not known. */
export function simulateTraffic(
  clients: readonly ClientTraffic[],
  rack: RackShape,
  options: SimulationOptions,
): { readonly result: SimulationResult } | Unpredicted {
  const systems: ClientSystem[] = [];
  for (const client of clients) {
    const system = clientSystem(client);
    if ("unpredicted" in system) return system;
    systems.push(system);
  }
  const system: SystemUnderTest = {
    prefillPools: systems.map(({ prefillPool }) => prefillPool),
    clients: systems.map(({ client }) => client),
    transfer: { bytesPerSecond: rack.nvlinkBytesPerSecond, latencySeconds: handshakeSeconds },
    routing: { decodeRank: rankPolicy(clients) },
  };
  return { result: simulate(system, options) };
}

/**
 * SGLang deals requests out to its decode ranks in turn, whatever is running there (load-balance-method is round_robin in
 * decode); TensorRT-LLM's attention-DP router looks at the load.
 */
function rankPolicy(clients: readonly ClientTraffic[]): RankPolicy {
  return clients.every(({ plan }) => plan.decode.intent.engine === "trtllm") ? "least-loaded" : "round-robin";
}

interface ClientSystem {
  readonly prefillPool: PrefillPoolModel;
  readonly client: ClientUnderTest;
}

function clientSystem({ plan, arrivals }: ClientTraffic): ClientSystem | Unpredicted {
  const prefill = prefillModel(plan.client, plan.prefill);
  if ("unpredicted" in prefill) return prefill;
  const decode = decodeModel(plan.decode);
  if ("unpredicted" in decode) return decode;
  const { intent, parallel, workers, reservedDecodeTokens } = plan.decode;
  const drafts = intent.speculation;
  return {
    prefillPool: prefill,
    client: {
      client: plan.client,
      prefillPool: plan.client,
      decode: Array.from({ length: workers }, () => decode),
      arrivals,
      draftTokens: drafts?.draftTokens ?? 0,
      acceptedTokens: drafts?.acceptedTokens ?? 0,
      slo: plan.slo,
      kvBytesPerToken: kvBytesPerToken(
        intent.checkpoint.shape,
        intent.kvCacheType,
        parallel,
        (drafts?.draftTokens ?? 0) > 0,
      ),
      reserve: "optimistic",
      reservedDecodeTokens,
    },
  };
}

function prefillModel(name: string, pool: PoolPlan): PrefillPoolModel | Unpredicted {
  const speed = prefillSpeed(pool);
  if ("unpredicted" in speed) return speed;
  return {
    name,
    workers: pool.workers,
    ranksPerWorker: pool.parallel.data,
    tokensPerForwardPerRank: pool.tokensPerForwardPerRank,
    requestsPerPassPerRank: pool.runningRequestsPerRank,
    passMilliseconds: remembered(speed.passMilliseconds),
    kvTokensPerRank: pool.kvTokensPerRank,
  };
}

/** Passes differ by whole prompts or chunks of them, so that the same few come again and again. To the page of the KV. */
function remembered(milliseconds: (tokens: number, promptTokens: number) => number): typeof milliseconds {
  const known = new Map<number, number>();
  return (tokens, promptTokens) => {
    const [pages, promptPages] = [Math.ceil(tokens / kvPageTokens), Math.ceil(promptTokens / kvPageTokens)];
    const key = pages * 2 ** 26 + promptPages;
    const found = known.get(key) ?? milliseconds(pages * kvPageTokens, promptPages * kvPageTokens);
    known.set(key, found);
    return found;
  };
}

function decodeModel(pool: PoolPlan): DecodeWorkerModel | Unpredicted {
  const speed = decodeSpeed(pool);
  if ("unpredicted" in speed) return speed;
  return {
    ranks: pool.parallel.data,
    batchPerRank: pool.runningRequestsPerRank,
    kvTokensPerRank: pool.kvTokensPerRank,
    graphBatchSizes: pool.graphBatchSizes,
    stepMilliseconds: (batch, contextTokens) => speed.step(batch, contextTokens).total,
  };
}
