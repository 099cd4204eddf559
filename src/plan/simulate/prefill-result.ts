import type { PrefillPool } from "./prefill-pool";
import type { PrefillPoolResult } from "./result";
import type { PrefillCounters, Readings } from "./window-counters";

export function prefillResult(pool: PrefillPool, { opened, closed }: Readings<PrefillCounters>): PrefillPoolResult {
  const { name, workers, ranksPerWorker, kvTokensPerRank } = pool.model;
  const seconds = closed.at - opened.at;
  const workerSeconds = seconds * workers;
  const computed = closed.computedTokens - opened.computedTokens;
  const ranks = pool.workers.flatMap((worker) => worker.ranks);
  return {
    name,
    gpus: workers * ranksPerWorker,
    busy: share(closed.busySeconds - opened.busySeconds, workerSeconds),
    utilisation: Math.min(
      1,
      share(closed.idealSeconds - opened.idealSeconds, workerSeconds) / fullPace(opened, closed),
    ),
    computedTokensPerSecondPerGpu: share(computed, seconds * workers * ranksPerWorker),
    computedTokens: pool.workers.reduce((sum, worker) => sum + worker.computedTokens, 0),
    reusedTokens: ranks.reduce((sum, rank) => sum + rank.reusedTokens, 0),
    kvSharePeak: Math.max(...ranks.map((rank) => rank.kvPeakTokens)) / kvTokensPerRank,
  };
}

/**
 * How much of its ideal a pass does that leaves work behind at every rank: prompts do not fill a pass exactly, and all
 * ranks wait for the slowest. 1 when no such pass was seen.
 */
function fullPace(opened: PrefillCounters, closed: PrefillCounters): number {
  const seconds = closed.backloggedSeconds - opened.backloggedSeconds;
  return seconds > 0 ? Math.min(1, (closed.backloggedIdealSeconds - opened.backloggedIdealSeconds) / seconds) : 1;
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
