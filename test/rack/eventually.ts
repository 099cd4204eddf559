import { setTimeout as sleep } from "node:timers/promises";

/** Repeats the check until it passes; throws what it threw last when it never does. */
export async function eventually<T>(seconds: number, check: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + seconds * 1000; ; await sleep(200)) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
