import type { Arrivals } from "./arrivals";
import { checkSystem } from "./check-system";
import { clientResult } from "./client-result";
import { ClientRun } from "./client-run";
import { EventQueue } from "./event-queue";
import { MeasurementWindow, type RunLength } from "./measurement-window";
import { PrefillPool } from "./prefill-pool";
import { prefillResult } from "./prefill-result";
import type { PrefillPoolResult, SimulationResult } from "./result";
import { jainIndex } from "./statistics";
import { defaultRouting, type PrefillPoolModel, type SystemUnderTest } from "./system";
import { readAtEnds, readClient, readPrefill, type PrefillCounters, type Readings } from "./window-counters";

/**
 * `requestsPerClient`: closed loops send 10 per user when left out, traces all they have. `durationSeconds` goes first.
 */
export interface SimulationOptions extends RunLength {
  readonly seed: number;
}

/**
 * Lets requests run through prefill pools, KV transfers and decode workers, event by event, until all are served.
 * The same system, options and seed give the same result.
 *
 * @throws {RefusedError} when a request fits nowhere, or the run would not end.
 */
export function simulate(system: SystemUnderTest, options: SimulationOptions): SimulationResult {
  checkSystem(system, options);
  const events = new EventQueue();
  const pools = system.prefillPools.map((model) => poolRun(events, model, system, options));
  const clients = system.clients.flatMap((client, index) => {
    const shared = pools.find(({ pool }) => pool.model.name === client.prefillPool);
    return shared === undefined ? [] : [clientRun(events, system, options, index, shared)];
  });
  const seconds = events.run((now) => {
    for (const { run } of clients) run.sample(now);
  });
  const results = clients.map(({ run, pool, readings }) => clientResult(run, readings(), resultOf(pool), seconds));
  return {
    seconds,
    clients: results,
    prefillPools: pools.map(resultOf),
    fairness: jainIndex(results.map((result) => result.servedShare)),
  };
}

/** A prefill pool and the window in which its clients are measured. */
interface PoolRun {
  readonly pool: PrefillPool;
  readonly window: MeasurementWindow;
  readonly readings: () => Readings<PrefillCounters>;
}

function poolRun(events: EventQueue, model: PrefillPoolModel, system: SystemUnderTest, length: RunLength): PoolRun {
  const pool = new PrefillPool(events, model, { ...defaultRouting, ...system.routing }, system.transfer);
  const window = new MeasurementWindow(events, length);
  return { pool, window, readings: readAtEnds(window, (now) => readPrefill(pool, now)) };
}

function clientRun(
  events: EventQueue,
  system: SystemUnderTest,
  options: SimulationOptions,
  index: number,
  pool: PoolRun,
) {
  const client = system.clients[index];
  if (client === undefined) throw new RangeError(`no client ${index}`);
  const run = new ClientRun(client, {
    events,
    system,
    routing: { ...defaultRouting, ...system.routing },
    prefill: pool.pool,
    window: pool.window,
    seed: options.seed,
    index,
    target: targetOf(client.arrivals, options.requestsPerClient),
  });
  return { run, pool, readings: readAtEnds(pool.window, (now) => readClient(run, now)) };
}

function resultOf({ pool, readings }: PoolRun): PrefillPoolResult {
  return prefillResult(pool, readings());
}

/** InferenceX sends 10 requests per user. */
function targetOf(arrivals: Arrivals, requestsPerClient: number | undefined): number {
  switch (arrivals.kind) {
    case "open":
      return requestsPerClient ?? Infinity;
    case "closed":
      return requestsPerClient ?? 10 * arrivals.concurrency;
    case "trace":
      return Math.min(requestsPerClient ?? Infinity, arrivals.requests.length);
  }
}
