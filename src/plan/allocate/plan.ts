import type { Pool } from "./pool";
import type { PrefillMode, Role } from "./request";
import type { SharedPrefillPool } from "./shared-prefill";

/** The pools of one client on one rack. */
export interface ClientOnRack {
  readonly client: string;
  /** Empty when the clients share a prefill pool. */
  readonly prefill: Pool;
  readonly decode: Pool;
  readonly trays: number;
  /** With separate pools what both sustain; with a shared one the client's part of it. */
  readonly requestsPerSecond: number;
}

/** One rack, or several that are alike. */
export interface RackAllocation {
  readonly racks: number;
  /** Clients with pools here, in the order of their names. */
  readonly clients: readonly ClientOnRack[];
  readonly sharedPrefill?: SharedPrefillPool;
  /** Trays in use per rack. */
  readonly trays: number;
  readonly gpus: number;
  readonly freeTrays: number;
}

/** What one client gets in all. */
export interface ClientOutcome {
  readonly client: string;
  readonly trays: number;
  readonly requestsPerSecond: number;
  /** The common share times the client's weight, or the rate that was asked for. */
  readonly neededRequestsPerSecond: number;
}

/** A pool that would have to grow before the common share can. */
export interface Bottleneck {
  /** Absent for the shared prefill pool. */
  readonly client?: string;
  readonly role: Role;
}

/** The best plan with one way of prefilling. */
export interface ModePlan {
  readonly mode: PrefillMode;
  /** Largest s for which every client gets s times what it asks for. */
  readonly share: number;
  readonly racks: readonly RackAllocation[];
  readonly clients: readonly ClientOutcome[];
  /** Over all racks. */
  readonly trays: number;
  /** Trays without a worker, on all racks of the request. */
  readonly freeTrays: number;
  readonly racksUsed: number;
  /** Absent without a price. */
  readonly dollarsPerHour?: number;
  /** Trays whose pool is another one than today. 0 without a running plan. */
  readonly movedTrays: number;
  readonly changedWorkers: number;
  /** Empty when the plan is not held back by a single pool, as with several racks. */
  readonly limitedBy: readonly Bottleneck[];
}
