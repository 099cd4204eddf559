import { bestPerTray } from "./bound";
import { poolAt, rateAt } from "./capacity-curve";
import { bestOfSize, bestSplit, poolOfSizes, rulesOf, type ClientPools } from "./client-pools";
import type { Bottleneck } from "./plan";
import { covers, type AllocationRequest, type Role } from "./request";

/** One client's pools in a fixed split, in GPUs per worker. */
interface FixedPools {
  readonly prefill: readonly number[];
  readonly decode: readonly number[];
}

interface FixedSplit {
  readonly name: string;
  /** The client whose answers are long. */
  readonly decodeHeavy: FixedPools;
  /** The client whose prompts are long. */
  readonly prefillHeavy: FixedPools;
}

/** What a split that somebody else proposed gives, with the same worker options as the plan. */
export interface Baseline {
  readonly name: string;
  /** 0 when a pool has no size that meets its limits. */
  readonly share: number;
  readonly clients: readonly { readonly client: string; readonly trays: number; readonly requestsPerSecond: number }[];
  readonly trays: number;
  /** Trays that the split wants and the rack has not. 0 for one that fits. */
  readonly missingTrays: number;
  readonly limitedBy: readonly Bottleneck[];
  /** Pools whose proposed worker size no option has, served by the best workers on as many trays instead. */
  readonly resized: readonly Bottleneck[];
}

const four = 4;
const eight = 8;
const times = (workers: number, gpus: number): readonly number[] => Array.from({ length: workers }, () => gpus);

/** The static split of the source design (003, "Option A: Static Partitioning"). */
const optionA: FixedSplit = {
  name: "option A: static 36/36",
  decodeHeavy: { prefill: [four], decode: times(4, eight) },
  prefillHeavy: { prefill: times(4, eight), decode: [four] },
};

/** The peaks of its flexible pool (003, "Option B"), without the buffer of 8 to 16 GPUs that comes on top. */
const optionB: FixedSplit = {
  name: "option B: both at their peaks",
  decodeHeavy: { prefill: [eight], decode: times(4, eight) },
  prefillHeavy: { prefill: times(5, eight), decode: [eight] },
};

const proposedTrays = 18;
const proposedGpusPerTray = 4;

/**
 * The proposals of the source design for two clients on one rack, and its halves with the best pools in each. They are
 * for racks of 18 trays of 4 GPUs; several racks are split alike.
 */
export function baselines(request: AllocationRequest, clients: readonly ClientPools[]): readonly Baseline[] {
  const [first, second, ...others] = clients;
  if (first === undefined || second === undefined || others.length > 0) return [];
  const halves = evenSplit(request, [first, second]);
  if (request.trays !== proposedTrays || request.gpusPerTray !== proposedGpusPerTray) return [halves];
  const heavyFirst = prefillPart(request, first) > prefillPart(request, second);
  return [...[optionA, optionB].map((split) => fixedSplit(request, [first, second], split, heavyFirst)), halves];
}

/** Part of a client's best trays that is prefill: tells the long prompts from the long answers. */
function prefillPart(request: AllocationRequest, client: ClientPools): number {
  const [prefill, decode] = [1 / bestPerTray(request, client, "prefill"), 1 / bestPerTray(request, client, "decode")];
  return Number.isFinite(prefill) && Number.isFinite(decode) ? prefill / (prefill + decode) : 0.5;
}

interface BaselinePool {
  readonly trays: number;
  readonly requestsPerSecond: number;
  readonly resized: boolean;
}

interface BaselineClient {
  readonly pools: ClientPools;
  readonly prefill: BaselinePool;
  readonly decode: BaselinePool;
}

function fixedSplit(
  request: AllocationRequest,
  clients: readonly [ClientPools, ClientPools],
  split: FixedSplit,
  heavyFirst: boolean,
): Baseline {
  const sizes = heavyFirst ? [split.prefillHeavy, split.decodeHeavy] : [split.decodeHeavy, split.prefillHeavy];
  const served = clients.map((pools, i) => {
    const fixed = sizes[i] ?? split.decodeHeavy;
    return {
      pools,
      prefill: fixedPool(request, pools, "prefill", fixed.prefill),
      decode: fixedPool(request, pools, "decode", fixed.decode),
    };
  });
  return baseline(request, split.name, served);
}

/** Half of the trays each, divided between the roles as well as can be. */
function evenSplit(request: AllocationRequest, clients: readonly [ClientPools, ClientPools]): Baseline {
  const half = Math.floor(request.trays / 2);
  const served = clients.map((pools) => {
    const { prefillTrays, decodeTrays } = bestSplit(pools.prefill, pools.decode, half);
    const pool = (role: Role, trays: number): BaselinePool => ({
      trays: poolAt(pools[role], trays).trays,
      requestsPerSecond: rateAt(pools[role], trays),
      resized: false,
    });
    return { pools, prefill: pool("prefill", prefillTrays), decode: pool("decode", decodeTrays) };
  });
  return baseline(request, "even split: half the trays each, best pools", served);
}

function fixedPool(request: AllocationRequest, client: ClientPools, role: Role, gpus: readonly number[]): BaselinePool {
  const options = client.demand[role];
  const sizes = gpus.map((count) => Math.ceil(count / request.gpusPerTray));
  const trays = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.every((size) => bestOfSize(options, size) !== undefined)) {
    const { requestsPerSecond } = poolOfSizes(options, sizes, rulesOf(request, role));
    return { trays, requestsPerSecond, resized: false };
  }
  return { trays, requestsPerSecond: rateAt(client[role], trays), resized: true };
}

function baseline(request: AllocationRequest, name: string, served: readonly BaselineClient[]): Baseline {
  const rate = ({ prefill, decode }: BaselineClient): number =>
    Math.min(prefill.requestsPerSecond, decode.requestsPerSecond) * request.racks;
  const share = Math.min(...served.map((one) => rate(one) / one.pools.weight));
  const trays = served.reduce((sum, { prefill, decode }) => sum + prefill.trays + decode.trays, 0);
  const where = (holds: (one: BaselineClient, role: Role) => boolean): readonly Bottleneck[] =>
    served.flatMap((one) =>
      (["prefill", "decode"] as const)
        .filter((role) => holds(one, role))
        .map((role) => ({ client: one.pools.demand.client, role })),
    );
  return {
    name,
    share,
    clients: served.map((one) => ({
      client: one.pools.demand.client,
      trays: (one.prefill.trays + one.decode.trays) * request.racks,
      requestsPerSecond: rate(one),
    })),
    trays: trays * request.racks,
    missingTrays: Math.max(0, trays - request.trays) * request.racks,
    limitedBy: where((one, role) => covers(share * one.pools.weight, one[role].requestsPerSecond * request.racks)),
    resized: where((one, role) => one[role].resized),
  };
}
