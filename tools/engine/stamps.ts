import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the cache says about one of its programs, in `bin/.stamps/<program>`. `build.sh` writes the hash of what it
 * built from; the other two are written here.
 */
export type Stamp =
  | { readonly from: "release"; readonly version: string }
  | { readonly from: "machine"; readonly version: string; readonly file: string }
  | { readonly from: "go"; readonly key: string };

export function parseStamp(text: string): Stamp | undefined {
  const [kind, version, ...file] = text.trim().split(" ");
  if (kind === "release" && version !== undefined) return { from: "release", version };
  if (kind === "machine" && version !== undefined) return { from: "machine", version, file: file.join(" ") };
  if (kind !== undefined && /^[0-9a-f]{64}$/.test(kind)) return { from: "go", key: kind };
  return undefined;
}

export function formatStamp(stamp: Stamp): string {
  switch (stamp.from) {
    case "release":
      return `release ${stamp.version}`;
    case "machine":
      return `machine ${stamp.version} ${stamp.file}`;
    case "go":
      return stamp.key;
  }
}

export function readStamp(bin: string, program: string): Stamp | undefined {
  try {
    return parseStamp(readFileSync(join(bin, ".stamps", program), "utf8"));
  } catch {
    return undefined;
  }
}

export function writeStamp(bin: string, program: string, stamp: Stamp): void {
  mkdirSync(join(bin, ".stamps"), { recursive: true });
  writeFileSync(join(bin, ".stamps", program), `${formatStamp(stamp)}\n`);
}
