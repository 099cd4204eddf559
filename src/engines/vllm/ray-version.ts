import { dialectOf, namesOf } from "./dialect";
import flagTable from "./flag-table.json";

/** Versions of Ray whose Serve LLM was read from the published package, oldest first. */
const rayVersions = ["2.52.0", "2.56.0", "2.58.0", "2.60.0"] as const;
export type RayVersion = (typeof rayVersions)[number];

/**
 * Which Ray serves a vLLM: each names the one that it is built for in its `llm` extra (`vllm==0.29.0` in 2.60.0). It is
 * no formality: Ray imports classes of vLLM from modules that move (`FrontendArgs` from entrypoints.openai to
 * entrypoints.launchers to entrypoints.common), so another version ends with an ImportError in every replica.
 */
function builtFor(ray: RayVersion): readonly string[] {
  return [...namesOf(flagTable.ray, "vllm", ray)];
}

/** Ray for `0.29.0` or a patch of it; undefined where no known Ray is built for that vLLM. */
export function rayVersionOf(vllmVersion: string): RayVersion | undefined {
  return rayVersions.find((ray) => builtFor(ray).some((pin) => minorOf(pin) === minorOf(vllmVersion)));
}

/** `vLLM 0.29.0 with Ray 2.60.0` for every pair that is known on both sides. */
export function rayPairs(): readonly string[] {
  return rayVersions.flatMap((ray) => {
    const pins = builtFor(ray).map((pin) => pin.replace(/^\D+/, ""));
    const known = pins.filter((pin) => dialectOf(pin) !== undefined);
    return known.length === 0 ? [] : [`vLLM ${known.join()} with Ray ${ray}`];
  });
}

/** Whether the built-in prefill/decode application starts data-parallel engines with their ranks (from 2.56 on). */
export function startsDataParallelRoles(ray: RayVersion): boolean {
  return namesOf(flagTable.ray, "dataParallelRoles", ray).has("DPPDDecodeServer");
}

/** `==0.29.0`, `0.29.3` -> `0.29`. */
function minorOf(version: string): string | undefined {
  return /(\d+\.\d+)\.\d+/.exec(version)?.[1];
}
