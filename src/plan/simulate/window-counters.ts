import type { ClientRun } from "./client-run";
import type { MeasurementWindow } from "./measurement-window";
import type { PrefillPool } from "./prefill-pool";
import { stages, type Stage } from "./request";

/** Integrals of a client's run up to one moment. */
export interface ClientCounters {
  readonly at: number;
  readonly waiting: number;
  readonly unfinished: number;
  readonly arrived: number;
  readonly decodeBusySeconds: number;
  readonly runningSeconds: number;
  readonly kvTokenSeconds: number;
  readonly kvTakenSeconds: number;
  readonly presentSeconds: Readonly<Record<Stage, number>>;
}

/** Sums over the workers of a prefill pool up to one moment. */
export interface PrefillCounters {
  readonly at: number;
  readonly busySeconds: number;
  readonly idealSeconds: number;
  readonly backloggedIdealSeconds: number;
  readonly backloggedSeconds: number;
  readonly computedTokens: number;
}

/** What was read when a window opened, and when it closed. */
export interface Readings<T> {
  readonly opened: T;
  readonly closed: T;
}

/** Reads at both ends of the window. The result is complete once the run has ended. */
export function readAtEnds<T>(window: MeasurementWindow, read: (now: number) => T): () => Readings<T> {
  const readings: T[] = [];
  window.observe((now) => readings.push(read(now)));
  return () => {
    const [opened = read(0), closed = read(0)] = readings;
    return { opened, closed };
  };
}

export function readClient(run: ClientRun, now: number): ClientCounters {
  const { workers } = run.decode;
  const present = (stage: Stage) => run.ledgers[stage].present;
  return {
    at: now,
    waiting: run.waiting,
    unfinished: stages.reduce((sum, stage) => sum + present(stage).value, 0),
    arrived: run.requests.length,
    decodeBusySeconds: workers.reduce((sum, worker) => sum + worker.busy.areaUntil(now), 0),
    runningSeconds: workers.reduce((sum, worker) => sum + worker.running.areaUntil(now), 0),
    kvTokenSeconds: workers.reduce((sum, worker) => sum + worker.kvTokenSeconds, 0),
    kvTakenSeconds: workers.reduce((sum, worker) => sum + worker.kvTakenSeconds, 0),
    presentSeconds: {
      admission: present("admission").areaUntil(now),
      queue: present("queue").areaUntil(now),
      prefill: present("prefill").areaUntil(now),
      transfer: present("transfer").areaUntil(now),
      decode: present("decode").areaUntil(now),
    },
  };
}

export function readPrefill({ workers }: PrefillPool, now: number): PrefillCounters {
  return {
    at: now,
    busySeconds: workers.reduce((sum, worker) => sum + worker.busy.areaUntil(now), 0),
    idealSeconds: workers.reduce((sum, worker) => sum + worker.work.ideal, 0),
    backloggedIdealSeconds: workers.reduce((sum, worker) => sum + worker.work.backloggedIdeal, 0),
    backloggedSeconds: workers.reduce((sum, worker) => sum + worker.work.backlogged, 0),
    computedTokens: workers.reduce((sum, worker) => sum + worker.computedTokens, 0),
  };
}
