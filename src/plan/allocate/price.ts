import type { AllocationRequest, PriceModel } from "./request";

/** What one rack in use costs per hour: so much per rack, per tray in use, and per GPU of a worker. */
export interface RackPrice {
  readonly dollarsPerRackHour: number;
  readonly dollarsPerTrayHour: number;
  readonly dollarsPerWorkerGpuHour: number;
}

export interface RackUse {
  readonly trays: number;
  readonly gpus: number;
}

/** Every paid GPU costs its price and its idle power; a GPU of a worker the rest of the power on top. */
export function rackPrice(
  price: PriceModel,
  { trays, gpusPerTray }: Pick<AllocationRequest, "trays" | "gpusPerTray">,
): RackPrice {
  const idleKilowatt = price.kilowattIdlePerGpu ?? 0;
  const dollarsPerKilowattHour = price.dollarsPerKilowattHour ?? 0;
  const dollarsPerPaidTray = gpusPerTray * (price.dollarsPerGpuHour + idleKilowatt * dollarsPerKilowattHour);
  const wholeRack = price.billing === "rack";
  return {
    dollarsPerRackHour: wholeRack ? trays * dollarsPerPaidTray : 0,
    dollarsPerTrayHour: wholeRack ? 0 : dollarsPerPaidTray,
    dollarsPerWorkerGpuHour:
      Math.max(0, (price.kilowattBusyPerGpu ?? idleKilowatt) - idleKilowatt) * dollarsPerKilowattHour,
  };
}

export function dollarsPerHour(price: RackPrice, use: RackUse): number {
  if (use.trays === 0) return 0;
  return price.dollarsPerRackHour + use.trays * price.dollarsPerTrayHour + use.gpus * price.dollarsPerWorkerGpuHour;
}
