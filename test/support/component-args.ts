import type { ClientDomainArgs } from "../../src/components/domain-args";
import { domainRef } from "../../src/components/domain-ref";
import type { ExpertBalancerArgs } from "../../src/components/expert-args";
import type { EngineArgs } from "../../src/components/engine-args";
import { designPool } from "../../src/components/pool-design";
import { decodeIntent, prefillIntent } from "../../src/components/pool-intent";
import type { DecodePoolArgs, PrefillPoolArgs } from "../../src/components/pool-args";
import type { RouterArgs } from "../../src/components/router-args";
import type { PoolRef } from "../../src/refs";
import { deepSeekHistogram, expertHistogram } from "./expert-histogram";

export const engineImage = "lmsysorg/sglang:v0.5.8-cu130";
export const routerImage = "lightseekorg/smg:1.13.0";

/** Client 1's domain, with what a test wants different. */
export function domainArgs(changes: Partial<ClientDomainArgs> = {}): ClientDomainArgs {
  return { client: "client1", trays: 9, ...changes };
}

/** Client 1's domain as another stack would hand it over: data without resources. */
export const domain = domainRef(domainArgs());

const shared = {
  domain,
  model: {
    preset: "deepseek-r1-nvfp4",
    weights: { hostPath: "/mnt/models", path: "DeepSeek-R1-0528-NVFP4-v2" },
  },
  engine: { name: "sglang", version: "0.5.8", image: engineImage },
  workers: 1,
  inputTokens: 1024,
  outputTokens: 8192,
} as const;

/** Client 1's prefill pool: one tray. */
export function prefillArgs(changes: Partial<PrefillPoolArgs> = {}): PrefillPoolArgs {
  return { ...shared, gpusPerWorker: 4, ...changes };
}

/** Client 1's decode pool: one worker of eight trays. */
export function decodeArgs(changes: Partial<DecodePoolArgs> = {}): DecodePoolArgs {
  return { ...shared, gpusPerWorker: 32, batchPerRank: 256, ...changes };
}

export function balancerArgs(changes: Partial<ExpertBalancerArgs> = {}): ExpertBalancerArgs {
  return { domain, preset: "deepseek-r1-nvfp4", mode: "off", ...changes };
}

/** A placement for client 1's decode pool from one seeded recording. */
export function staticBalancerArgs(seed: number): ExpertBalancerArgs {
  return balancerArgs({
    mode: "static",
    redundantExperts: 32,
    expertParallelSize: 32,
    recording: expertHistogram({ ...deepSeekHistogram, seed }),
  });
}

/** What differs between the two pools of client 1. */
const roles = {
  prefill: { trays: 1, gpus: 4, bootstrapPort: 30001, concurrency: 512, startupBudgetSeconds: 1320, drainSeconds: 60 },
  decode: { trays: 8, gpus: 32, bootstrapPort: 0, concurrency: 8192, startupBudgetSeconds: 1500, drainSeconds: 410 },
} as const;

/** A pool of client 1 as its `ref` tells a router of it. */
export function poolRef(role: "prefill" | "decode", changes: Partial<PoolRef> = {}): PoolRef {
  const name = `client1-${role}`;
  return {
    version: 1,
    client: "client1",
    role,
    engine: "sglang",
    engineVersion: "0.5.8",
    orchestrator: "leader-worker-set",
    image: engineImage,
    namespace: "client1",
    name,
    workers: 1,
    httpPort: 30000,
    leaders: [`http://${name}-0.${name}.client1.svc:30000`],
    selector: {
      "leaderworkerset.sigs.k8s.io/name": name,
      "leaderworkerset.sigs.k8s.io/worker-index": "0",
      "nvl72/client": "client1",
      "nvl72/role": role,
    },
    servedModel: "DeepSeek-R1-0528-NVFP4-v2",
    kvCacheType: "fp8",
    pageTokens: 64,
    draftTokens: 0,
    contextTokens: 9280,
    ...roles[role],
    ...changes,
  };
}

/** Refs of both pools of client 1 under an engine, as their components make them. */
export function poolRefs(engine: EngineArgs): { readonly prefill: PoolRef[]; readonly decode: PoolRef[] } {
  const prefill = designPool("client1-prefill", prefillArgs({ engine }), prefillIntent);
  const decode = designPool("client1-decode", decodeArgs({ engine }), decodeIntent);
  if ("problems" in prefill || "problems" in decode) throw new Error(JSON.stringify([prefill, decode]));
  return { prefill: [prefill.design.ref], decode: [decode.design.ref] };
}

export function routerArgs(changes: Partial<RouterArgs> = {}): RouterArgs {
  return { domain, prefill: [poolRef("prefill")], decode: [poolRef("decode")], image: routerImage, ...changes };
}
