import { usualEngines } from "./engine-image";
import type { Recipe } from "./recipe";

/** A number that its publisher measured with these settings, or with those that they were reduced from. */
export interface PublishedNumber {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

/** A published shape as a stack: what was changed because a rule forbids it is said. */
export interface Preset {
  readonly name: string;
  /** Absent where nobody published a number for it. */
  readonly published?: PublishedNumber;
  readonly changed: readonly string[];
  readonly recipe: Recipe;
}

export const chat = { inputTokens: 1024, outputTokens: 8192 } as const;
export const documents = { inputTokens: 8192, outputTokens: 1024 } as const;

type PresetRecipe = Pick<Recipe, "source" | "engine" | "preset" | "workload" | "prefill" | "decode"> & Partial<Recipe>;

/** A preset with what most of them have in common. */
export function preset(
  name: string,
  recipe: PresetRecipe,
  { published, changed = [] }: { readonly published?: PublishedNumber; readonly changed?: readonly string[] } = {},
): Preset {
  return {
    name,
    ...(published === undefined ? {} : { published }),
    changed,
    recipe: {
      name,
      hardware: "gb200-nvl72",
      experts: { mode: "off", redundant: 0 },
      draftTokens: 0,
      concurrencies: [],
      ...recipe,
    },
  };
}

/** Prefill workers with attention ranks of one GPU. */
export function prefillWorkers(
  workers: number,
  gpusPerWorker: number,
  more: Partial<Recipe["prefill"]> = {},
): Recipe["prefill"] {
  return { workers, gpusPerWorker, attention: "data", tokensPerForwardPerRank: 16384, ...more };
}

/** Decode workers with attention ranks of one GPU. */
export function decodeWorkers(
  workers: number,
  gpusPerWorker: number,
  batchPerRank: number,
  more: Partial<Recipe["decode"]> = {},
): Recipe["decode"] {
  return { workers, gpusPerWorker, attention: "data", batchPerRank, ...more };
}

export const { sglang, trtllm, vllm } = usualEngines;

/** Moves experts while it serves, with 32 replicas: 288 slots divide by 8, 16, 24, 32 and 48 ranks. */
export const balanced = { mode: "dynamic", redundant: 32 } as const;
/** As in the published files of SGLang: 32 replicas in trivial order. */
export const trivialOrder = { mode: "off", redundant: 32 } as const;

/** Published waits of 100000 s hide a dead peer. */
export const shorterWaits = "waits of 100000 s for a peer -> 600 s, so that a dead one is noticed";
