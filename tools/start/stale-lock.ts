import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { PulumiWorkspace } from "../pulumi-cli/workspace";

/**
 * A pulumi that was killed leaves its stack locked, and the next one refuses to work. In a simulated rack's own
 * state such a lock can be removed safely, once the process that took it is gone.
 */
export function breakStaleLock(workspace: PulumiWorkspace, stack: string): void {
  if (workspace.backend !== undefined) return;
  const locks = join(workspace.directory, "state", ".pulumi", "locks", "organization");
  if (!existsSync(locks)) return;
  for (const file of readdirSync(locks, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".json") || !file.split("/").includes(stack)) continue;
    const path = join(locks, file);
    const { pid, hostname: host } = JSON.parse(readFileSync(path, "utf8")) as { pid: number; hostname: string };
    if (host === hostname() && !runs(pid)) rmSync(path, { force: true });
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
