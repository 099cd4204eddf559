import { existsSync } from "node:fs";
import { join } from "node:path";
import { outdatedByGo } from "./from-go";
import { findOnPath } from "./find-on-path";
import { program, type ProgramName } from "./programs";
import type { Source } from "./source";
import { readStamp } from "./stamps";

/** What an earlier run obtained, as long as it is still the version that is wanted. */
export function fromCache(bin: string): Source {
  return {
    title: "cache",
    async obtain(names) {
      const present = names.filter((name) => existsSync(join(bin, name)));
      const built = present.filter((name) => readStamp(bin, name)?.from === "go");
      // What a build was made from is only comparable where Go is; elsewhere it is good as it is.
      const outdated = built.length > 0 && findOnPath("go") !== undefined ? await outdatedByGo(bin, built) : [];
      const ready = present.filter((name) => isCurrent(bin, name) && !outdated.includes(name));
      return { ready, refused: new Map() };
    },
  };
}

function isCurrent(bin: string, name: ProgramName): boolean {
  const stamp = readStamp(bin, name);
  switch (stamp?.from) {
    case undefined:
      return false;
    case "go":
      return true;
    case "release":
      return stamp.version === program(name).version;
    case "machine":
      // The cache only holds a call of it; from-machine.ts looks again whether its version still fits.
      return false;
  }
}
