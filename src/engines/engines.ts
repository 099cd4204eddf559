import type { EngineName } from "../plan/intent";
import type { Engine } from "./engine";
import { sglang } from "./sglang/sglang";
import { trtllm } from "./trtllm/trtllm";
import { vllm } from "./vllm/vllm";

/** Engines by the name a stack config uses. */
export const engines: Readonly<Record<EngineName, Engine>> = { sglang, vllm, trtllm };

export function findEngine(name: string): Engine | undefined {
  return Object.hasOwn(engines, name) ? engines[name as EngineName] : undefined;
}
