import { join } from "node:path";
import { fromCache } from "./from-cache";
import { fromGo } from "./from-go";
import { fromMachine } from "./from-machine";
import { fromRelease } from "./from-release";
import { home, type Home } from "./home";
import { underLock } from "./lock";
import type { ProgramName } from "./programs";
import { obtainFrom, type Missing, type Obtained, type Report } from "./source";

/**
 * Gets programs into the cache: what is there already, what the machine has, what publishers offer, and what can be
 * built. Those that none of these yields are named with the reasons; the caller goes on without them.
 */
export async function obtain(names: readonly ProgramName[], report: Report, where: Home = home()): Promise<Obtained> {
  const first = [fromCache(where.bin), fromMachine(where.bin)];
  const quick = await obtainFrom(first, names, report);
  if (quick.missing.length === 0) return quick;
  return underLock(
    join(where.bin, ".lock"),
    (owner) => report(`waiting for another run to finish obtaining programs (process ${owner})`),
    () => obtainFrom([...first, fromRelease(where.bin), fromGo(where.bin, where.logs)], names, report),
  );
}

/** What is missing, what was tried, and what to do about it. */
export function explainMissing(missing: readonly Missing[]): string {
  // Programs that are missing for the same reasons are named together.
  const groups = new Map<string, string[]>();
  for (const { name, reasons } of missing) {
    const key = reasons.map((reason) => `      ${reason}`).join("\n");
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [
    `${missing.length} programs are missing:`,
    ...[...groups].map(([reasons, names]) => `  ${names.join(", ")}\n${reasons}`),
    "  to get them: install Go 1.26 or newer (https://go.dev/dl) and run this again;",
    "  with access to get.pulumi.com, dl.k8s.io and github.com most of them are downloaded instead of built",
  ].join("\n");
}
