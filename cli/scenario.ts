import type { Scenario } from "../src/plan/allocate/request";
import { numberOption, UsageError } from "./terminal";

/**
 * "day:0.7:28800:client1=25,client2=30": a state of demand, its part of all time, how many seconds one visit lasts, and
 * what each client asks for then. @throws {UsageError} for anything else.
 */
export function readScenario(given: string): Scenario {
  const [name = "", probability = "", duration = "", rates = "", ...others] = given.split(":");
  const requestsPerSecond = Object.fromEntries(rates.split(",").map((rate) => readRate(given, rate)));
  if (name === "" || others.length > 0) throw notScenario(given);
  return {
    name,
    probability: numberOption("plan", "scenario", probability),
    durationSeconds: numberOption("plan", "scenario", duration),
    requestsPerSecond,
  };
}

function readRate(given: string, text: string): readonly [string, number] {
  const [client = "", rate = "", ...others] = text.split("=");
  if (client === "" || rate === "" || others.length > 0) throw notScenario(given);
  return [client, numberOption("plan", "scenario", rate)];
}

function notScenario(given: string): UsageError {
  return new UsageError(`nvl72 plan: --scenario ${given} is not NAME:SHARE OF TIME:SECONDS:CLIENT=RATE,...`);
}
