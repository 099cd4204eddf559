import { domainRef } from "../src/components/domain-ref";
import { choosePools, type ClientSizing, type PoolSizes } from "../src/plan/choose-pools";
import type { ExpertIntent } from "../src/plan/intent";
import { rackNamed } from "../src/plan/rack";
import type { Problem } from "../src/problems";
import type { ClientAllocation } from "../src/refs";
import { domainArgs, ownShare, poolIntents } from "./client-args";
import type { ClientConfig, SizedClientConfig } from "./config";
import { inConfigTerms } from "./config-paths";

export type Sized = { readonly config: SizedClientConfig } | { readonly problems: readonly Problem[] };

/** Fills in the sizes that a stack leaves to the planner: the best for the trays that the client was granted. */
export function sizePools(config: ClientConfig, share: ClientAllocation): Sized {
  const sizing = clientSizing(config);
  if ("problems" in sizing) return sizing;
  const chosen = choosePools(sizing, share.trays, rackNamed(config.hardware));
  if ("problems" in chosen) return { problems: inConfigTerms(chosen.problems) };
  return { config: withSizes(config, chosen.sizes) };
}

/** What the planner is asked for a client, alone or with others. */
export function clientSizing(config: ClientConfig): ClientSizing | { readonly problems: readonly Problem[] } {
  const { client, workload, slo, pools, planner } = config;
  const rack = rackNamed(config.hardware);
  const domain = domainRef(domainArgs(config, ownShare(client, rack.trays)));
  // The planner replaces sizes that nobody stated; until then the smallest stand for them.
  const any = withSizes(config, {
    prefill: { workers: 1, gpusPerWorker: rack.gpusPerTray },
    decode: { workers: 1, gpusPerWorker: rack.gpusPerTray, batchPerRank: 1 },
  });
  const intents = poolIntents(any, domain);
  if ("problems" in intents) return intents;
  return {
    client,
    workload,
    slo,
    prefill: intents.prefill,
    decode: { ...intents.decode, experts: expertIntent(config) },
    wanted: pools,
    headroom: planner.headroom,
    plansRedundancy: config.experts.redundant === "auto",
    ...(planner.today === undefined ? {} : { today: planner.today }),
  };
}

function withSizes(config: ClientConfig, { prefill, decode }: PoolSizes): SizedClientConfig {
  const { pools, experts } = config;
  const { redundantExperts = 0, ...sizes } = decode;
  return {
    ...config,
    experts: { ...experts, redundant: experts.redundant === "auto" ? redundantExperts : experts.redundant },
    pools: { prefill: { ...prefill, ...stated(pools.prefill) }, decode: { ...sizes, ...stated(pools.decode) } },
  };
}

function stated<Pool extends object>(pool: Pool): Pool {
  return Object.fromEntries(Object.entries(pool).filter(([, value]) => value !== undefined)) as Pool;
}

/** Replicas as configured. Where they are placed depends on the worker size, so no placement is named yet. */
function expertIntent({ experts }: ClientConfig): ExpertIntent {
  const placement = experts.mode === "static" ? { configMap: "planned", key: "placement.json" } : {};
  return {
    balancing: experts.mode,
    redundantExperts: experts.redundant === "auto" ? 0 : experts.redundant,
    ...placement,
  };
}
