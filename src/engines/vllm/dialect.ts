import { newestKnown } from "../versions";
import flagTable from "./flag-table.json";

/** Versions whose flags were read from the published package; 0.29.0 is the one that Ray 2.60 is built for. */
export const vllmVersions = ["0.11.2", "0.20.0", "0.25.1", "0.29.0", "0.33.0"] as const;
export type VllmVersion = (typeof vllmVersions)[number];

/** Configuration classes that are written as JSON into one flag or engine argument. */
export type Configuration =
  "CompilationConfig" | "PassConfig" | "EPLBConfig" | "KVTransferConfig" | "SpeculativeConfig";

/** What one version of vLLM accepts. */
export interface Dialect {
  readonly version: VllmVersion;
  readonly flags: ReadonlySet<string>;
  readonly environment: ReadonlySet<string>;
  /** Fields of AsyncEngineArgs and FrontendArgs: the keys of Ray Serve's `engine_kwargs`. */
  readonly engineArguments: ReadonlySet<string>;
  readonly fields: Readonly<Record<Configuration, ReadonlySet<string>>>;
  /** Values that an engine argument may have, where it has a list of them. */
  readonly choices: Readonly<Record<string, ReadonlySet<string>>>;
}

/** Names under the versions that have them, the versions separated by spaces. */
type Names = Readonly<Record<string, readonly string[]>>;

const table: Readonly<Record<string, Names>> = flagTable.vllm;

/** The dialect of `0.25.1`, `0.25.1.post1` or `0.26.0` (the newest known that is not newer); undefined before the first. */
export function dialectOf(version: string): Dialect | undefined {
  const known = newestKnown(version, vllmVersions);
  return known === undefined ? undefined : readDialect(known);
}

function readDialect(version: VllmVersion): Dialect {
  const names = (topic: string): ReadonlySet<string> => namesOf(table, topic, version);
  return {
    version,
    flags: names("flags"),
    environment: names("environment"),
    engineArguments: names("EngineArgs"),
    fields: {
      CompilationConfig: names("CompilationConfig"),
      PassConfig: names("PassConfig"),
      EPLBConfig: names("EPLBConfig"),
      KVTransferConfig: names("KVTransferConfig"),
      SpeculativeConfig: names("SpeculativeConfig"),
    },
    choices: {
      all2all_backend: names("choices:all2all_backend"),
      kv_cache_dtype: names("choices:cache_dtype"),
      kv_role: names("choices:kv_role"),
      method: names("choices:method"),
      cudagraph_mode: names("choices:cudagraph_mode"),
    },
  };
}

export function namesOf(topics: Readonly<Record<string, Names>>, topic: string, version: string): ReadonlySet<string> {
  const groups = Object.entries(topics[topic] ?? {});
  return new Set(groups.flatMap(([versions, names]) => (versions.split(" ").includes(version) ? names : [])));
}
