import type { Engine } from "./engine";
import { sglang } from "./sglang/sglang";

/** Engines by the name a stack config uses. */
export const engines: Readonly<Record<string, Engine>> = { sglang };
