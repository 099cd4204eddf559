import type { RunResult } from "../../tools/engine/run-program";

/** A resource that a preview would touch, by its name and what would happen to it. */
export type Touched = Readonly<Record<string, string>>;

interface Digest {
  readonly steps?: readonly {
    readonly op: string;
    readonly urn: string;
    readonly replaceReasons?: readonly string[];
  }[];
}

/** What `pulumi preview --json` says would change, without what stays the same. */
export function touched(preview: RunResult): Touched {
  const digest = JSON.parse(preview.stdout.slice(preview.stdout.indexOf("{"))) as Digest;
  const changed = (digest.steps ?? []).filter(({ op }) => op !== "same" && op !== "read" && op !== "refresh");
  return Object.fromEntries(changed.map(({ urn, op }) => [urn.slice(urn.lastIndexOf("::") + 2), op]));
}
