import { allocationRequest, clientDemand, type DemandedClient } from "../src/plan/choose-pools";
import { planOneRack } from "../src/plan/allocate/one-rack";
import { checkRequest } from "../src/plan/allocate/request-rules";
import { checkRackFit } from "../src/plan/rack-fit";
import { gb200Nvl72 } from "../src/plan/rack";
import { below, Problems, type Problem } from "../src/problems";
import { refVersion, type Allocation } from "../src/refs";
import type { ClientConfig, RackConfig } from "./config";
import { clientSizing } from "./sized-config";

export const engineClassName = "nvl72-engine";
export const routerClassName = "nvl72-router";

/**
 * Shares the rack out: as configured, and by plan where trays are `auto`.
 *
 * @param clients configurations of the client stacks, which planned trays are planned from
 * @throws {RefusedError} when the shares and the reserve exceed the rack, or no plan gives every client its pools.
 */
export function allocate(config: RackConfig, clients: readonly ClientConfig[]): Allocation {
  const rack = gb200Nvl72;
  const planned = plannedTrays(config, clients);
  const shares = Object.entries(config.clients)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { trays }]) => ({ name, trays: trays === "auto" ? (planned.get(name) ?? 0) : trays }));
  const demands = shares.map(({ name, trays }) => ({ name, gpus: trays * rack.gpusPerTray }));
  const reserve = { name: "reserve", gpus: config.reserveTrays * rack.gpusPerTray };
  const problems = new Problems();
  problems.addBelow("", checkRackFit("clients", reserve.gpus > 0 ? [...demands, reserve] : demands, rack));
  problems.throwIfAny("rack");
  return {
    version: refVersion,
    rack: rack.name,
    trays: rack.trays,
    clients: shares.map(({ name, trays }) => ({
      client: name,
      trays,
      priorityClass: engineClassName,
      routerPriorityClass: routerClassName,
    })),
  };
}

/** Trays of the clients that leave them to the planner: together the best use of what the others leave. */
function plannedTrays(config: RackConfig, clients: readonly ClientConfig[]): ReadonlyMap<string, number> {
  const names = Object.entries(config.clients).flatMap(([name, { trays }]) => (trays === "auto" ? [name] : []));
  if (names.length === 0) return new Map();
  const rack = gb200Nvl72;
  const taken = Object.values(config.clients).reduce((sum, { trays }) => sum + (trays === "auto" ? 0 : trays), 0);
  const trays = rack.trays - taken - config.reserveTrays;
  const problems = new Problems();
  const demanded: DemandedClient[] = [];
  for (const name of names.sort()) {
    const found = demandOf(name, clients);
    if ("problems" in found) problems.addBelow("", below(`clients.${name}`, found.problems));
    else demanded.push(found);
  }
  problems.throwIfAny("rack");
  const request = allocationRequest(demanded, { trays, rack, objective: config.objective });
  problems.addBelow("", checkRequest(request));
  problems.throwIfAny("rack");
  const plan = planOneRack(request, "separate");
  if (plan === undefined) problems.addBelow("", [noPlan(names, trays, config)]);
  problems.throwIfAny("rack");
  return new Map(plan?.clients.map((client) => [client.client, client.trays]));
}

function demandOf(name: string, clients: readonly ClientConfig[]): DemandedClient | { problems: readonly Problem[] } {
  const config = clients.find(({ client }) => client === name);
  if (config === undefined) return { problems: [noStack(name)] };
  const sizing = clientSizing(config);
  return "problems" in sizing ? sizing : clientDemand(sizing, gb200Nvl72);
}

function noStack(client: string): Problem {
  return {
    path: "trays",
    what: `auto, and no stack file beside this one configures ${client}`,
    rule: "planned trays are planned from the workload and the promises in the client's own stack",
    fix: `a stack with client: ${client}, or a number of trays`,
  };
}

function noPlan(names: readonly string[], trays: number, { objective }: RackConfig): Problem {
  return {
    path: "clients",
    what: `${trays} trays do not serve ${names.join(" and ")}${objective === "trays" ? " at the rates they ask for" : ""}`,
    rule: "every client needs a prefill and a decode worker on whole trays, within its promises",
    fix: objective === "trays" ? "lower rates, or objective: share" : "more trays, or fewer clients",
  };
}
