import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs the work while no other process runs work under the same lock file. A lock whose owner is gone is taken over.
 * `waiting` is called once, with the process id of the owner, when there is something to wait for.
 */
export async function underLock<T>(file: string, waiting: (owner: number) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !take(file);) {
    const owner = ownerOf(file);
    if (owner === undefined) continue; // released or taken over in between
    if (!told) waiting(owner);
    told = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch {
    return false;
  }
}

/** The running process that holds the lock; a lock without one is removed. */
function ownerOf(file: string): number | undefined {
  let owner: number;
  try {
    const text = readFileSync(file, "utf8");
    if (text === "") return process.pid; // being written right now
    owner = Number(text);
  } catch {
    return undefined;
  }
  try {
    process.kill(owner, 0);
    return owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPERM") return owner;
    rmSync(file, { force: true });
    return undefined;
  }
}
