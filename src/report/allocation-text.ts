import type { Allocation } from "../plan/allocate/allocate";
import type { ModePlan, RackAllocation } from "../plan/allocate/plan";
import type { Pool } from "../plan/allocate/pool";
import { brief, dollars, plural } from "./numbers";

/** An allocation for a terminal: what stands on the racks, what it serves, and how good that is. */
export function allocationText({ plan, alternative, bound, baselines, shadowPrices }: Allocation): string {
  const lines = [
    ...plan.racks.flatMap(rackLines),
    "",
    ...plan.clients.map(
      ({ client, requestsPerSecond, neededRequestsPerSecond }) =>
        `${client}: ${brief(requestsPerSecond)} req/s (${brief(neededRequestsPerSecond)} needed)`,
    ),
    totals(plan),
    ...(bound === undefined ? [] : [bound.explanation]),
    ...(alternative === undefined
      ? []
      : [
          `with ${alternative.mode} prefill: share ${brief(alternative.share)} on ${plural(alternative.trays, "tray")}`,
        ]),
    ...baselines.map(({ name, share, missingTrays }) =>
      missingTrays > 0 ? `${name}: ${missingTrays} trays are missing` : `${name}: share ${brief(share)}`,
    ),
    ...(shadowPrices === undefined
      ? []
      : [
          `one ${shadowPrices.unit} more: share +${brief(shadowPrices.gainedShare)}, one less: -${brief(shadowPrices.lostShare)}`,
        ]),
  ];
  return `${lines.join("\n")}\n`;
}

function rackLines({ racks, clients, sharedPrefill, trays, freeTrays }: RackAllocation): readonly string[] {
  const heading = `${plural(racks, "rack")}${racks > 1 ? ", each" : ""}: ${plural(trays, "tray")} in use, ${freeTrays} free`;
  const shared =
    sharedPrefill === undefined
      ? []
      : [`  prefill for all   ${sharedPrefill.workers} x ${sharedPrefill.gpusPerWorker} GPUs`];
  return [
    heading,
    ...shared,
    ...clients.map(({ client, prefill, decode }) => {
      const own = sharedPrefill === undefined ? `prefill ${poolText(prefill)}   ` : "";
      return `  ${client.padEnd(16)}  ${own}decode ${poolText(decode)}`;
    }),
  ];
}

function poolText({ groups }: Pool): string {
  return groups
    .map(({ workers, option }) => {
      const batch = option.batchPerRank > 0 ? ` batch ${option.batchPerRank}` : "";
      return `${workers} x ${option.gpus}${batch}`;
    })
    .join(" + ");
}

function totals({ share, trays, freeTrays, dollarsPerHour }: ModePlan): string {
  const cost = dollarsPerHour === undefined ? "" : `, ${dollars(dollarsPerHour)}/h`;
  return `share ${brief(share)}, ${plural(trays, "tray")} in use, ${freeTrays} free${cost}`;
}
