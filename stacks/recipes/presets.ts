import type { Preset } from "./preset";
import { sglangPresets } from "./preset-sglang";
import { sourcePresets } from "./preset-sources";
import { trtllmPresets } from "./preset-trtllm";
import { vllmPresets } from "./preset-vllm";

/** Published shapes that are ready to run: for both clients on every engine in both precisions, and the sources' own. */
export const presets: readonly Preset[] = [...sglangPresets, ...vllmPresets, ...trtllmPresets, ...sourcePresets];

export function findPresetByName(name: string): Preset | undefined {
  return presets.find((preset) => preset.name === name);
}
