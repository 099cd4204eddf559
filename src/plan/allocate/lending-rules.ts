import type { Problem } from "../../problems";
import type { LendingRequest, Scenario } from "./request";
import type { AllocationRequest } from "./request";

/** Are the states of demand and the buffer such that an expectation over them means something? */
export function checkLending(request: AllocationRequest): readonly Problem[] {
  const { lending } = request;
  if (lending === undefined) return [];
  return [
    ...checkProbabilities(lending),
    ...lending.scenarios.flatMap((scenario, i) => checkScenario(request, scenario, i)),
    ...checkBuffer(request, lending),
  ];
}

function checkProbabilities({ scenarios }: LendingRequest): readonly Problem[] {
  const sum = scenarios.reduce((total, scenario) => total + scenario.probability, 0);
  if (scenarios.every((scenario) => scenario.probability >= 0) && Math.abs(sum - 1) <= 1e-6) return [];
  return [
    {
      path: "lending.scenarios",
      what: `the probabilities of ${scenarios.length} scenarios are ${Number(sum.toPrecision(6))} in all`,
      rule: "the scenarios are all there is: each has its part of the time, 1 in all",
      fix: "probabilities of 0 or more that sum to 1",
    },
  ];
}

function checkScenario(request: AllocationRequest, scenario: Scenario, i: number): readonly Problem[] {
  const known = new Set(request.clients.map((client) => client.client));
  const unknown = Object.keys(scenario.requestsPerSecond).filter((client) => !known.has(client));
  const path = `lending.scenarios[${i}]`;
  const problems: Problem[] = [];
  if (unknown.length > 0) {
    problems.push({
      path: `${path}.requestsPerSecond`,
      what: `${scenario.name} has rates for ${unknown.join(", ")}`,
      rule: "rates are for clients of the request",
      fix: `one of ${[...known].join(", ")}`,
    });
  }
  if (!(scenario.durationSeconds > 0)) {
    problems.push({
      path: `${path}.durationSeconds`,
      what: `${scenario.name} lasts ${scenario.durationSeconds} s`,
      rule: "a visit of a scenario takes time",
      fix: "a positive duration",
    });
  }
  return problems;
}

function checkBuffer(request: AllocationRequest, lending: LendingRequest): readonly Problem[] {
  const wrong = lending.bufferTrays.filter((trays) => !Number.isInteger(trays) || trays < 1 || trays >= request.trays);
  if (wrong.length === 0 && lending.bufferTrays.length > 0 && lending.switchSeconds >= 0) return [];
  return [
    {
      path: "lending",
      what: `buffers of ${lending.bufferTrays.join(", ") || "no"} trays, ${lending.switchSeconds} s to switch`,
      rule: `a buffer is a part of the ${request.trays} trays, and a switch takes 0 s or more`,
      fix: `bufferTrays from 1 to ${request.trays - 1} and switchSeconds of at least 0`,
    },
  ];
}
