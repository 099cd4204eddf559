import { checkRackFit } from "../src/plan/rack-fit";
import { gb200Nvl72 } from "../src/plan/rack";
import { Problems } from "../src/problems";
import { refVersion, type Allocation } from "../src/refs";
import type { RackConfig } from "./config";

export const engineClassName = "nvl72-engine";
export const routerClassName = "nvl72-router";

/** Shares the rack out as configured. @throws {RefusedError} when the shares and the reserve exceed it. */
export function allocate(config: RackConfig): Allocation {
  const rack = gb200Nvl72;
  const shares = Object.entries(config.clients).sort(([a], [b]) => (a < b ? -1 : 1));
  const demands = shares.map(([name, { trays }]) => ({ name, gpus: trays * rack.gpusPerTray }));
  const reserve = { name: "reserve", gpus: config.reserveTrays * rack.gpusPerTray };
  const problems = new Problems();
  problems.addBelow("", checkRackFit("clients", reserve.gpus > 0 ? [...demands, reserve] : demands, rack));
  problems.throwIfAny("rack");
  return {
    version: refVersion,
    rack: rack.name,
    trays: rack.trays,
    clients: shares.map(([client, { trays }]) => ({
      client,
      trays,
      priorityClass: engineClassName,
      routerPriorityClass: routerClassName,
    })),
  };
}
