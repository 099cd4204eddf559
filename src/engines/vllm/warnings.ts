import type { PoolPlan } from "../../plan/pool";
import type { Problem } from "../../problems";
import { missingTransports } from "../ucx";
import { dialectOf } from "./dialect";

/** What works, but not as well as its owner may think. */
export function vllmWarnings(plan: PoolPlan): readonly Problem[] {
  return [...warnAboutTransports(plan), ...warnAboutAllocator(plan)];
}

/** UCX uses what it is told and nothing else; KV then takes another way and only the time to first token tells. */
function warnAboutTransports({ intent }: PoolPlan): readonly Problem[] {
  const given = intent.extraEnv?.UCX_TLS ?? "all";
  return missingTransports(given, Object.keys(neededTransports)).map((needed) => ({
    path: "extraEnv.UCX_TLS",
    what: `"${given}" lacks ${needed}`,
    rule: neededTransports[needed] ?? "",
    fix: `add ${needed}, or leave the variable out`,
  }));
}

const neededTransports: Readonly<Record<string, string>> = {
  cuda_ipc: "KV then leaves NVLink, and only the time to first token tells",
  rc: "KV fell to TCP in silence: P50 time to first token 4663 ms instead of 479 (Dynamo's recipe e)",
  tcp: "where a pod has no RDMA device nothing else carries UCX's own messages, and every transfer fails (nixl#1413)",
};

function warnAboutAllocator({ intent }: PoolPlan): readonly Problem[] {
  const dialect = dialectOf(intent.engineVersion);
  if (dialect === undefined || dialect.engineArguments.has("enable_cumem_allocator")) return [];
  return [
    {
      path: "engine.version",
      what: `vLLM ${intent.engineVersion} keeps KV in memory that NVLink cannot reach from another tray`,
      rule: "transfers between trays then need rc, an InfiniBand device in every pod, or fall to TCP",
      fix: "0.25.1 or newer, which has --enable-cumem-allocator",
    },
  ];
}
