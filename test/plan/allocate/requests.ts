import fc from "fast-check";
import type { AllocationRequest, ClientDemand, Objective, WorkerOption } from "../../../src/plan/allocate/request";

export function option(trays: number, requestsPerSecond: number, gpus = trays * 4): WorkerOption {
  return { gpus, trays, requestsPerSecond, batchPerRank: 0 };
}

const decodeTrays = [1, 2, 4, 8, 16];

/** Capacities per worker at 30 ms, printed in the measurements of the planner's prototype. */
const client1Decode = [2, 5.4, 12.8, 28, 44];
const client2Decode = [12.2, 35.3, 83.2, 177, 299];

/** Two clients on one rack of GB200 NVL72: 1k in, 8k out and 8k in, 1k out. */
export function rackRequest(ratio: number, changes: Partial<AllocationRequest> = {}): AllocationRequest {
  const decode = (rates: readonly number[]): WorkerOption[] =>
    rates.map((rate, i) => option(decodeTrays[i] ?? 0, rate));
  return {
    trays: 18,
    gpusPerTray: 4,
    racks: 1,
    objective: "share",
    prefill: "either",
    mixedDecode: true,
    clients: [
      {
        client: "client1",
        weight: 1,
        prefill: [option(1, (4 * 23000) / 1024)],
        decode: decode(client1Decode),
      },
      {
        client: "client2",
        weight: ratio,
        prefill: [option(1, (4 * 19500) / 8192)],
        decode: decode(client2Decode),
      },
    ],
    ...changes,
  };
}

/** Rates with few distinct values, so that plans of equal value are common. */
const rate = fc.integer({ min: 1, max: 24 }).map((n) => n / 2);
const sizes = fc.constantFrom([1], [2], [1, 2], [2, 1], [1, 3], [1, 2, 3]);

const options = (trays: readonly number[]): fc.Arbitrary<WorkerOption[]> =>
  fc
    .tuple(fc.array(rate, { minLength: 3, maxLength: 3 }), fc.boolean())
    .map(([rates, half]) => trays.map((size, i) => option(size, rates[i] ?? 1, half && size === 1 ? 2 : size * 4)));

const workerSizes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });

function client(name: string, prefillSizes: readonly number[], extras: Extras): fc.Arbitrary<ClientDemand> {
  return sizes.chain((decodeSizes) =>
    fc
      .record({
        weight: fc.integer({ min: 1, max: 3 }),
        requestsPerSecond: fc.integer({ min: 1, max: 8 }).map((n) => n / 2),
        prefill: options(prefillSizes),
        decode: options(decodeSizes),
        today: extras.today
          ? fc.option(fc.record({ prefill: workerSizes, decode: workerSizes }), { nil: undefined })
          : fc.constant(undefined),
        pinned: extras.pins
          ? fc.oneof(
              { weight: 4, arbitrary: fc.constant(undefined) },
              fc.record({ decode: fc.array(fc.constantFrom(...decodeSizes), { minLength: 1, maxLength: 2 }) }),
            )
          : fc.constant(undefined),
      })
      .map((demand) => ({ client: name, ...demand })),
  );
}

interface Extras {
  readonly today: boolean;
  readonly pins: boolean;
}

const prices = fc.constantFrom(
  undefined,
  { dollarsPerGpuHour: 2, billing: "tray" as const },
  { dollarsPerGpuHour: 2, billing: "rack" as const },
  {
    dollarsPerGpuHour: 2,
    billing: "rack" as const,
    kilowattBusyPerGpu: 1.25,
    kilowattIdlePerGpu: 0.25,
    dollarsPerKilowattHour: 0.5,
  },
);

/** Random requests for one small rack. */
export function smallRequest(
  objectives: readonly Objective[],
  extras: Extras = { today: true, pins: true },
  trays = { min: 5, max: 6 },
): fc.Arbitrary<AllocationRequest> {
  return sizes
    .chain((prefillSizes) =>
      fc.record({
        trays: fc.integer(trays),
        gpusPerTray: fc.constant(4),
        racks: fc.constant(1),
        objective: fc.constantFrom(...objectives),
        prefill: fc.constantFrom("separate" as const, "shared" as const),
        mixedDecode: fc.boolean(),
        price: prices,
        clients: fc.tuple(client("a", prefillSizes, extras), client("b", prefillSizes, extras)),
      }),
    )
    .map((request) => ({
      ...request,
      price: request.price ?? (request.objective === "cost" ? { dollarsPerGpuHour: 2, billing: "tray" } : undefined),
    }));
}
