import { newestKnown } from "../versions";
import flagTable from "./flag-table.json";

/**
 * Versions of Dynamo whose worker was read from the published package. An image is tagged with Dynamo's version, and
 * Dynamo requires one release of TensorRT-LLM, so this is what a pool states. A release in between speaks the dialect
 * of the one before it.
 */
export const trtllmVersions = ["0.8.1", "1.2.1", "1.6.1"] as const;
export type DynamoVersion = (typeof trtllmVersions)[number];

/** What one version of Dynamo accepts, and the engine inside it. */
export interface Dialect {
  readonly version: DynamoVersion;
  /** Its release of TensorRT-LLM, whose keys the engine's own file may say. */
  readonly tensorrtLlm: string;
  readonly flags: ReadonlySet<string>;
  readonly frontendFlags: ReadonlySet<string>;
  readonly environment: ReadonlySet<string>;
}

interface TableEntry {
  readonly tensorrtLlm: string;
  readonly worker: readonly string[];
  readonly frontend: readonly string[];
  readonly environment: readonly string[];
}

const table: Readonly<Record<DynamoVersion, TableEntry>> = flagTable.versions;

/** The dialect of `1.6.1`, `0.8.1.post2` or `1.3.1` (the newest known that is not newer); undefined before the first. */
export function dialectOf(version: string): Dialect | undefined {
  const known = newestKnown(version, trtllmVersions);
  if (known === undefined) return undefined;
  const entry = table[known];
  return {
    version: known,
    tensorrtLlm: entry.tensorrtLlm,
    flags: new Set(entry.worker),
    frontendFlags: new Set(entry.frontend),
    environment: new Set(entry.environment),
  };
}
