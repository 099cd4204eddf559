import { parseArgs } from "node:util";
import type { ClientPlan } from "../src/plan/client";
import { gb200Nvl72 } from "../src/plan/rack";
import type { Arrivals } from "../src/plan/simulate/arrivals";
import type { SimulationOptions } from "../src/plan/simulate/simulate";
import type { SimulationResult } from "../src/plan/simulate/result";
import { simulateTraffic, type ClientTraffic } from "../src/plan/traffic";
import { RefusedError } from "../src/problems";
import { simulationText } from "../src/report/simulation-text";
import { planDirectory } from "./plan";
import { numberOption, onlyFolder, readText, UsageError, wholeOption } from "./terminal";
import { readTrace } from "./trace";

/** How a client's requests come when nothing else is said. */
interface Traffic {
  /** Requests at once, in a closed loop. */
  readonly concurrency: ReadonlyMap<string, number>;
  readonly traces: ReadonlyMap<string, string>;
  /** Factor on the asked rates. */
  readonly load: number;
  readonly coefficientOfVariation: number;
}

/** Without an asked rate a client is loaded to this share of what it is predicted to serve. */
const usualLoad = 0.85;
/** So many of the longest requests fit one after the other into a run; the first are the warm-up. */
const requestsInARow = 5;
const warmUpFraction = 0.3;

/** `nvl72 simulate`: lets traffic run through what the stack files of a folder plan. */
export function simulateCommand(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "1" },
      seconds: { type: "string" },
      load: { type: "string", default: "1" },
      cv: { type: "string", default: "1" },
      concurrency: { type: "string", multiple: true, default: [] },
      trace: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
    },
  });
  const { clients } = planDirectory(onlyFolder("simulate", positionals)).rack;
  if (clients.length === 0) throw new UsageError("nvl72 simulate: the folder has no client stack");
  const traffic: Traffic = {
    concurrency: perClient("concurrency", values.concurrency, clients, (text) =>
      wholeOption("simulate", "concurrency", text, 1),
    ),
    traces: perClient("trace", values.trace, clients, (text) => text),
    load: numberOption("simulate", "load", values.load),
    coefficientOfVariation: numberOption("simulate", "cv", values.cv),
  };
  const both = [...traffic.concurrency.keys()].find((client) => traffic.traces.has(client));
  if (both !== undefined) throw new UsageError(`nvl72 simulate: ${both} has --concurrency or --trace, not both`);
  const seconds = values.seconds === undefined ? undefined : numberOption("simulate", "seconds", values.seconds, 1);
  const result = simulateClients(clients, traffic, {
    seed: numberOption("simulate", "seed", values.seed),
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
  });
  return values.json ? `${JSON.stringify(result, undefined, 2)}\n` : simulationText(result);
}

/** @throws {RefusedError} when the speed of a pool is not known. */
export function simulateClients(
  clients: readonly ClientPlan[],
  traffic: Traffic,
  { seed, durationSeconds = usualSeconds(clients) }: SimulationOptions,
): SimulationResult {
  const loaded: ClientTraffic[] = clients.map((plan) => ({ plan, arrivals: arrivalsOf(plan, traffic) }));
  const outcome = simulateTraffic(loaded, gb200Nvl72, { seed, durationSeconds, warmUpFraction });
  if ("result" in outcome) return outcome.result;
  throw new RefusedError("the simulation", [
    {
      path: "engine",
      what: outcome.unpredicted,
      rule: "only what is predicted can be simulated",
      fix: "an engine and a model that were measured",
    },
  ]);
}

/** Open arrivals at the asked rate. */
export const openTraffic: Traffic = { concurrency: new Map(), traces: new Map(), load: 1, coefficientOfVariation: 1 };

function arrivalsOf({ client, workload, prediction }: ClientPlan, traffic: Traffic): Arrivals {
  const { inputTokens, outputTokens } = workload;
  const concurrency = traffic.concurrency.get(client);
  if (concurrency !== undefined) {
    return { kind: "closed", concurrency, inputTokens, outputTokens, fraction: { from: 0.8, to: 1 } };
  }
  const asked = workload.requestsPerSecond ?? usualLoad * (prediction?.requestsPerSecond ?? 1);
  const trace = traffic.traces.get(client);
  if (trace !== undefined) {
    return { kind: "trace", requests: readTrace(readText("simulate", trace)), requestsPerSecond: asked * traffic.load };
  }
  return {
    kind: "open",
    requestsPerSecond: asked * traffic.load,
    coefficientOfVariation: traffic.coefficientOfVariation,
    inputTokens,
    outputTokens,
  };
}

function usualSeconds(clients: readonly ClientPlan[]): number {
  const longest = clients.map(
    ({ workload, prediction, slo }) =>
      (workload.outputTokens * (prediction?.tpotMilliseconds ?? slo.tpotMilliseconds ?? 50)) / 1000,
  );
  return requestsInARow * Math.max(...longest);
}

/** "client1=4096" for some of the clients. */
function perClient<Value>(
  option: string,
  given: readonly string[],
  clients: readonly ClientPlan[],
  read: (text: string) => Value,
): ReadonlyMap<string, Value> {
  return new Map(
    given.map((text) => {
      const [name = "", ...rest] = text.split("=");
      if (clients.some(({ client }) => client === name) && rest.length > 0) return [name, read(rest.join("="))];
      const known = clients.map(({ client }) => client).join(", ");
      throw new UsageError(`nvl72 simulate: --${option} ${text} is not CLIENT=VALUE with a client of ${known}`);
    }),
  );
}
