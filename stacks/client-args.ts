import * as path from "node:path";
import type { ClientDomainArgs } from "../src/components/domain-args";
import type { ExpertBalancerArgs } from "../src/components/expert-args";
import type { DecodePoolArgs, PoolArgs, PrefillPoolArgs } from "../src/components/pool-args";
import { checkPoolArgs, decodeIntent, prefillIntent } from "../src/components/pool-intent";
import type { RouterArgs } from "../src/components/router-args";
import type { DecodeIntent, PrefillIntent } from "../src/plan/intent";
import { below, type Problem } from "../src/problems";
import type { ClientAllocation, DomainRef, ExpertPlacementRef, PoolRef } from "../src/refs";
import type { ClientConfig, SizedClientConfig } from "./config";
import { inConfigTerms } from "./config-paths";

/** Arguments of a client's components, from its configuration. Pure: the program and the terminal plan share it. */
export function domainArgs(config: ClientConfig, share: ClientAllocation): ClientDomainArgs {
  const { client, network, hardware } = config;
  return {
    client,
    trays: share.trays,
    ...(hardware === "gb200-nvl72" ? {} : { hardware }),
    ...(share.priorityClass === "" ? {} : { priorityClass: share.priorityClass }),
    ...(share.routerPriorityClass === "" ? {} : { routerPriorityClass: share.routerPriorityClass }),
    ...(network.channels === undefined ? {} : { channels: network.channels }),
    ...(network.monitoringNamespace === undefined ? {} : { monitoringNamespace: network.monitoringNamespace }),
    ...(network.apiServerCidr === undefined ? {} : { apiServerCidr: network.apiServerCidr }),
    ...(network.platformNamespace === undefined ? {} : { platformNamespace: network.platformNamespace }),
  };
}

/** The share of a client that runs alone: nobody made priority classes for it. */
export function ownShare(client: string, trays: number): ClientAllocation {
  return { client, trays, priorityClass: "", routerPriorityClass: "" };
}

/** Recordings are named relative to the folder of the stack files. */
export function balancerArgs(config: SizedClientConfig, domain: DomainRef, directory: string): ExpertBalancerArgs {
  const { mode, redundant, recording, leastGain, record, drift } = config.experts;
  return {
    domain,
    preset: config.model.preset,
    engine: config.engine.name,
    mode,
    redundantExperts: redundant,
    ...(mode === "static" ? { expertParallelSize: config.pools.decode.gpusPerWorker } : {}),
    // A pool that is not placed by it may still be recorded into the file.
    ...(recording === undefined || (record !== undefined && mode !== "static")
      ? {}
      : { recordingFile: path.join(directory, recording) }),
    ...(leastGain === undefined ? {} : { leastGain }),
    ...(record === undefined ? {} : { recordingsClaim: record.claim }),
    ...(drift === undefined ? {} : { drift }),
  };
}

export function prefillArgs(config: SizedClientConfig, domain: DomainRef): PrefillPoolArgs {
  return { ...poolArgs(config, domain), ...config.pools.prefill };
}

/** Experts are balanced in decode; a prefill pass averages over thousands of tokens. */
export function decodeArgs(config: SizedClientConfig, domain: DomainRef, experts?: ExpertPlacementRef): DecodePoolArgs {
  return { ...poolArgs(config, domain), ...config.pools.decode, ...(experts === undefined ? {} : { experts }) };
}

export function routerArgs(config: ClientConfig, domain: DomainRef, prefill: PoolRef, decode: PoolRef): RouterArgs {
  return { domain, prefill: [prefill], decode: [decode], ...config.router };
}

type SharedPoolArgs = Omit<PoolArgs, "workers" | "gpusPerWorker">;

function poolArgs(config: SizedClientConfig, domain: DomainRef): SharedPoolArgs {
  const { model, engine, workload, purpose, speculation } = config;
  return {
    domain,
    model,
    engine,
    inputTokens: workload.inputTokens,
    outputTokens: workload.outputTokens,
    purpose,
    ...(speculation === undefined ? {} : { speculation }),
  };
}

export interface PoolIntents {
  readonly prefill: PrefillIntent;
  readonly decode: DecodeIntent;
}

/** What both pools of a client are to be; problems when their settings do not even say that. */
export function poolIntents(
  config: SizedClientConfig,
  domain: DomainRef,
  experts?: ExpertPlacementRef,
): PoolIntents | { readonly problems: readonly Problem[] } {
  const prefill = prefillArgs(config, domain);
  const decode = decodeArgs(config, domain, experts);
  const problems = [...below("pools.prefill", checkPoolArgs(prefill)), ...below("pools.decode", checkPoolArgs(decode))];
  if (problems.length > 0) return { problems: inConfigTerms(problems) };
  return { prefill: prefillIntent(prefill), decode: decodeIntent(decode) };
}
