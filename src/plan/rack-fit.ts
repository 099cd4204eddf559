import type { Problem } from "../problems";
import type { PoolPlan } from "./pool";
import type { RackShape } from "./rack";
import type { TrayUse } from "./client";

/** Something that wants GPUs of the rack: a pool, a client's share, or a buffer held back for peaks. */
export interface GpuDemand {
  readonly name: string;
  readonly gpus: number;
}

/** Do all demands fit the rack at once? A rack cannot be over-allocated: a GPU belongs to one process. */
export function checkRackFit(path: string, demands: readonly GpuDemand[], rack: RackShape): readonly Problem[] {
  const available = rack.trays * rack.gpusPerTray;
  const wanted = demands.reduce((sum, demand) => sum + demand.gpus, 0);
  if (wanted <= available) return [];
  const sum = demands.map((demand) => `${demand.gpus} (${demand.name})`).join(" + ");
  const excess = wanted - available;
  return [
    {
      path,
      what: `${sum} = ${wanted} GPUs, the ${rack.name} has ${available}`,
      rule: "every GPU belongs to one process; peaks and buffers count like any other demand",
      fix: `${excess} GPUs (${Math.ceil(excess / rack.gpusPerTray)} trays) less in all`,
    },
  ];
}

/** Does a client stay within the trays it was given? */
export function checkShare(
  client: string,
  pools: readonly PoolPlan[],
  grantedTrays: number,
  rack: RackShape,
): readonly Problem[] {
  const trays = pools.reduce((sum, pool) => sum + pool.trays, 0);
  if (trays <= grantedTrays) return [];
  const sum = pools.map((pool) => `${pool.trays} (${pool.role})`).join(" + ");
  return [
    {
      path: "pools",
      what: `${sum} = ${trays} trays, ${client} has ${grantedTrays}`,
      rule: `the rack stack grants every client its share of ${rack.trays} trays`,
      fix: `${trays - grantedTrays} trays less, or a larger share for ${client} in the rack stack`,
    },
  ];
}

/** Pools in order over the trays of the rack, worker by worker; pools that do not fit are left out. */
export function layOut(pools: readonly PoolPlan[], rack: RackShape): readonly TrayUse[] {
  const uses: TrayUse[] = [];
  for (const pool of pools) {
    for (let worker = 0; worker < pool.workers; worker++) {
      for (let part = 0; part < pool.traysPerWorker; part++) {
        if (uses.length < rack.trays) uses.push({ tray: uses.length, client: pool.client, role: pool.role, worker });
      }
    }
  }
  return uses;
}
