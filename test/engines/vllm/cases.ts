import { leaderWorkerSetVariables, type EngineProcess, type JsonObject } from "../../../src/engines/engine";
import { vllm } from "../../../src/engines/vllm/vllm";
import type { DecodeIntent, PoolIntent, PrefillIntent } from "../../../src/plan/intent";
import { checkpoints } from "../../../src/plan/model-shape";
import { decodeIntent, planned, prefillIntent } from "../../support/intents";

export const onServers = { engine: "vllm", engineVersion: "0.33.0", orchestrator: "leader-worker-set" } as const;
export const onRay = { engine: "vllm", engineVersion: "0.29.0", orchestrator: "ray-serve" } as const;

/** DEP4: a tray of prefill. */
export function prefillOn(on: typeof onServers | typeof onRay, changes: Partial<PrefillIntent> = {}): PrefillIntent {
  return prefillIntent({ ...on, dispatch: "none", ...changes });
}

/** DEP32: eight trays of decode. */
export function decodeOn(on: typeof onServers | typeof onRay, changes: Partial<DecodeIntent> = {}): DecodeIntent {
  return decodeIntent({ ...on, dispatch: "nvlink", ...changes });
}

export function processOf(intent: PoolIntent): EngineProcess {
  return vllm.process(planned(intent), leaderWorkerSetVariables);
}

export function environmentOf({ env }: EngineProcess): Readonly<Record<string, string>> {
  return Object.fromEntries(env.map(({ name, value, fieldPath }) => [name, value ?? `<${fieldPath ?? ""}>`]));
}

export function valueOf(args: readonly string[], name: string): string | undefined {
  return args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
}

/** A nested configuration, from the flag that carries it. */
export function nested(args: readonly string[], name: string): JsonObject {
  return JSON.parse(valueOf(args, name) ?? "{}") as JsonObject;
}

const fp8 = checkpoints["deepseek-r1-fp8"];
const unbalanced = { balancing: "off", redundantExperts: 0 } as const;

/** Every shape of pool that the adapter renders differently; versions are put in by the tests. */
export const variety: readonly PoolIntent[] = [
  prefillOn(onServers),
  prefillOn(onServers, { gpusPerWorker: 8, kvTokensPerRank: 262144 }),
  prefillOn(onServers, { gpusPerWorker: 8, checkpoint: fp8, dispatch: "normal" }),
  prefillOn(onServers, { attention: "tensor" }),
  decodeOn(onServers, { experts: unbalanced }),
  decodeOn(onServers, { checkpoint: fp8 }),
  decodeOn(onServers, { checkpoint: fp8, dispatch: "low-latency" }),
  decodeOn(onServers, { experts: unbalanced, speculation: { draftTokens: 2, acceptedTokens: 1 } }),
  decodeOn(onServers, { experts: unbalanced, dispatch: "low-latency" }),
  decodeOn(onServers, {
    attention: "tensor",
    gpusPerWorker: 8,
    batchPerRank: 64,
    experts: unbalanced,
    dispatch: "none",
  }),
  decodeOn(onServers, { checkpoint: checkpoints["deepseek-v3.2-fp8"], kvCacheType: "bf16" }),
  decodeOn(onServers, {
    checkpoint: checkpoints["qwen3-235b-fp8"],
    gpusPerWorker: 8,
    experts: { balancing: "dynamic", redundantExperts: 8 },
  }),
];
