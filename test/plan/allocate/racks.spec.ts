import assert from "node:assert/strict";
import fc from "fast-check";
import { loadSolver, type LinearSolver, type Term } from "../../../src/plan/allocate/linear-program";
import { planOneRack } from "../../../src/plan/allocate/one-rack";
import { planRacks } from "../../../src/plan/allocate/racks";
import type { ModePlan } from "../../../src/plan/allocate/plan";
import type { AllocationRequest, PrefillMode } from "../../../src/plan/allocate/request";
import { bill, brutePools } from "./brute-force";
import { option, rackRequest, smallRequest } from "./requests";

let solve: LinearSolver;
before(async () => {
  solve = await loadSolver();
});

interface Filled {
  readonly trays: number;
  readonly gpus: number;
  readonly rates: readonly number[];
}

/** Every way to fill one rack with separate pools, clients left out included. */
function everyFilling(request: AllocationRequest): readonly Filled[] {
  let filled: readonly Filled[] = [{ trays: 0, gpus: 0, rates: [] }];
  for (const client of request.clients) {
    const ways = brutePools(client.prefill, request.trays, false).flatMap((prefill) =>
      brutePools(client.decode, request.trays, request.mixedDecode).map((decode) => ({
        trays: prefill.trays + decode.trays,
        gpus: prefill.gpus + decode.gpus,
        rate: Math.min(prefill.rate, decode.rate),
      })),
    );
    filled = filled.flatMap((rack) =>
      ways
        .filter((way) => rack.trays + way.trays <= request.trays)
        .map((way) => ({
          trays: rack.trays + way.trays,
          gpus: rack.gpus + way.gpus,
          rates: [...rack.rates, way.rate],
        })),
    );
  }
  return thin(filled);
}

/** The cheapest of each vector of rates: what two or three racks are put together from. */
function thin(filled: readonly Filled[]): readonly Filled[] {
  const cheapest = new Map<string, Filled>();
  for (const one of filled) {
    const key = `${one.rates.join()}/${one.trays}`;
    const rival = cheapest.get(key);
    if (rival === undefined || one.gpus < rival.gpus) cheapest.set(key, one);
  }
  return [...cheapest.values()];
}

function add(a: Filled, b: Filled): Filled {
  return { trays: a.trays + b.trays, gpus: a.gpus + b.gpus, rates: a.rates.map((rate, k) => rate + (b.rates[k] ?? 0)) };
}

/** Best share, fewest trays or fewest dollars over all ways to fill the racks. */
function bruteValue(request: AllocationRequest): number | undefined {
  const racks = everyFilling(request);
  const price = (rack: Filled): number => (rack.trays === 0 ? 0 : bill(request, rack.trays, rack.gpus));
  let sums = racks.map((rack) => ({ ...rack, dollars: price(rack) }));
  for (let n = 1; n < request.racks; n++) {
    const best = new Map<string, (typeof sums)[number]>();
    for (const sum of sums) {
      for (const rack of racks) {
        const total = { ...add(sum, rack), dollars: sum.dollars + price(rack) };
        const key = `${total.rates.join()}/${request.objective === "trays" ? total.trays : 0}`;
        const rival = best.get(key);
        if (rival === undefined || total.dollars < rival.dollars) best.set(key, total);
      }
    }
    sums = [...best.values()];
  }
  if (request.objective === "share") {
    const share = (sum: Filled): number =>
      Math.min(...request.clients.map((client, k) => (sum.rates[k] ?? 0) / client.weight));
    const best = Math.max(...sums.map(share));
    return best > 0 ? best : undefined;
  }
  const enough = sums.filter((sum) =>
    request.clients.every((client, k) => (sum.rates[k] ?? 0) >= (client.requestsPerSecond ?? 0) - 1e-9),
  );
  if (enough.length === 0) return undefined;
  return Math.min(...enough.map((sum) => (request.objective === "trays" ? sum.trays : sum.dollars)));
}

interface SharedRack {
  readonly alone: readonly number[];
  readonly decode: readonly number[];
}

/** Every way to fill one rack around a shared prefill pool: who decodes how much, and how fast each alone prefills. */
function everySharedFilling(request: AllocationRequest): readonly SharedRack[] {
  const [a, b] = request.clients;
  assert.ok(a && b);
  const fastest = (options: typeof a.decode, trays: number): number =>
    Math.max(...brutePools(options, trays, request.mixedDecode).map((pool) => pool.rate));
  return a.prefill.flatMap((size, i) => {
    if (b.prefill[i]?.gpus !== size.gpus) return [];
    const counts = Array.from({ length: Math.floor(request.trays / size.trays) }, (_, n) => n + 1);
    return counts.flatMap((workers) => {
      const left = request.trays - workers * size.trays;
      const alone = [a, b].map((client) => workers * (client.prefill[i]?.requestsPerSecond ?? 0));
      return Array.from({ length: left + 1 }, (_, trays) => ({
        alone,
        decode: [fastest(a.decode, trays), fastest(b.decode, left - trays)],
      }));
    });
  });
}

/** The best share of two racks: how their prefill time divides is the only thing left to choose. */
function bruteSharedPair(request: AllocationRequest): number {
  const racks = everySharedFilling(request);
  const shares = racks.flatMap((first, i) => racks.slice(i).map((second) => shareOfPair(request, [first, second])));
  return Math.max(0, ...shares);
}

function shareOfPair(request: AllocationRequest, pair: readonly SharedRack[]): number {
  const rows = pair.flatMap((rack, r) => [
    {
      name: `time${r}`,
      terms: rack.alone.map((alone, k): Term => [1 / alone, `x${r}${k}`]),
      relation: "<=" as const,
      limit: 1,
    },
    ...rack.decode.map((rate, k) => ({
      name: `decode${r}${k}`,
      terms: [[1, `x${r}${k}`] as const],
      relation: "<=" as const,
      limit: rate,
    })),
  ]);
  const served = request.clients.map((client, k) => ({
    name: `served${k}`,
    terms: [...pair.map((_, r): Term => [1, `x${r}${k}`]), [-client.weight, "share"] as const],
    relation: ">=" as const,
    limit: 0,
  }));
  return solve({ sense: "maximise", objective: [[1, "share"]], rows: [...rows, ...served] })?.objective ?? 0;
}

function valueOf(plan: ModePlan, request: AllocationRequest): number {
  if (request.objective === "share") return plan.share;
  return request.objective === "trays" ? plan.trays : (plan.dollarsPerHour ?? 0);
}

const tiny = smallRequest(["share", "trays", "cost"], { today: false, pins: false }, { min: 3, max: 4 });

describe("the allocation of several racks", () => {
  it("is what trying everything finds on two and three tiny racks", () => {
    fc.assert(
      fc.property(tiny, fc.integer({ min: 2, max: 3 }), (small, racks) => {
        const request = { ...small, racks, prefill: "separate" as const };
        const plan = planRacks(request, "separate", solve);
        const best = bruteValue(request);
        if (plan === undefined || best === undefined) {
          assert.equal(plan, best);
          return;
        }
        assert.ok(Math.abs(valueOf(plan, request) - best) <= 1e-7 * best, `${valueOf(plan, request)} and ${best}`);
      }),
      { seed: 22, numRuns: 40 },
    );
  });

  it("is what trying every pair of racks finds where prefill is shared", () => {
    fc.assert(
      fc.property(tiny, (small) => {
        const request = { ...small, trays: 3, racks: 2, objective: "share" as const, prefill: "shared" as const };
        const found = planRacks(request, "shared", solve)?.share ?? 0;
        const best = bruteSharedPair(request);
        assert.ok(Math.abs(found - best) <= 1e-6 * best, `${found} and ${best}`);
      }),
      { seed: 27, numRuns: 10 },
    );
  });

  it("keeps a shared pool that is better for one client only", () => {
    // Two trays prefill either 12 or 6 requests/s as two workers, or 10 or 7 as one.
    const client = (name: string, weight: number, small: number, large: number) => ({
      client: name,
      weight,
      prefill: [option(1, small), option(2, large)],
      decode: [option(1, 100)],
    });
    const share = (a: number, b: number) => {
      const clients = [client("a", a, 6, 10), client("b", b, 3, 7)];
      return planRacks(rackRequest(1, { trays: 4, clients }), "shared", solve)?.share.toFixed(6);
    };
    assert.equal(share(1, 10), (1 / (1 / 10 + 10 / 7)).toFixed(6));
    assert.equal(share(10, 1), (1 / (10 / 12 + 1 / 6)).toFixed(6));
  });

  it("is that of one rack when there is one", () => {
    fc.assert(
      fc.property(tiny, (request) => {
        const mode: PrefillMode = request.prefill === "shared" ? "shared" : "separate";
        const plan = planRacks(request, mode, solve);
        const one = planOneRack(request, mode);
        assert.equal(plan === undefined, one === undefined);
        if (plan === undefined || one === undefined) return;
        assert.ok(Math.abs(valueOf(plan, request) - valueOf(one, request)) <= 1e-7 * valueOf(one, request));
      }),
      { seed: 23, numRuns: 40 },
    );
  });

  it("serves at least as much on n racks as n times one rack", () => {
    fc.assert(
      fc.property(tiny, fc.integer({ min: 2, max: 5 }), (small, racks) => {
        const request = { ...small, objective: "share" as const };
        const mode: PrefillMode = request.prefill === "shared" ? "shared" : "separate";
        const one = planOneRack(request, mode)?.share ?? 0;
        const many = planRacks({ ...request, racks }, mode, solve)?.share ?? 0;
        assert.ok(many >= racks * one * (1 - 1e-7), `${many} on ${racks} racks, ${one} on one`);
      }),
      { seed: 24, numRuns: 25 },
    );
  });

  for (const mode of ["separate", "shared"] as const) {
    it(`keeps every rack within its trays and its pools, with ${mode} prefill`, () => {
      const request = rackRequest(2, { racks: 7, prefill: mode });
      const plan = planRacks(request, mode, solve);
      assert.ok(plan);
      assert.equal(
        plan.racks.reduce((sum, rack) => sum + rack.racks, 0),
        7,
      );
      for (const rack of plan.racks) {
        assert.ok(rack.trays <= 18);
        const alone = rack.sharedPrefill?.requestsPerSecondAlone;
        for (const one of rack.clients) {
          assert.ok(one.requestsPerSecond <= one.decode.requestsPerSecond * (1 + 1e-9));
          if (alone === undefined) assert.ok(one.requestsPerSecond <= one.prefill.requestsPerSecond);
        }
        if (alone === undefined) continue;
        const busy = rack.clients.map((one) => one.requestsPerSecond / (alone[one.client === "client1" ? 0 : 1] ?? 0));
        assert.ok(busy.reduce((sum, part) => sum + part, 0) <= 1 + 1e-9);
      }
      const served = plan.clients.map((one) => one.requestsPerSecond / (one.client === "client1" ? 1 : 2));
      assert.ok(Math.min(...served) >= plan.share * (1 - 1e-9));
    });
  }

  it("gives racks to one client alone where that serves both better", () => {
    const plan = planRacks(rackRequest(1, { racks: 2, prefill: "separate" }), "separate", solve);
    assert.equal(plan?.share.toFixed(1), "72.8");
    assert.deepEqual(
      plan.racks.map((rack) => rack.clients.map((one) => [one.client, one.prefill.trays, one.decode.workerTrays])),
      [
        [
          ["client1", 1, [4, 1]],
          ["client2", 8, [4]],
        ],
        [["client1", 1, [8, 8, 1]]],
      ],
    );
  });

  it("pays for fewer racks where whole racks are paid, and for fewer trays where trays are", () => {
    const rates = [1500, 2250];
    const clients = rackRequest(1).clients.map((one, k) => ({ ...one, requestsPerSecond: rates[k] }));
    const request = rackRequest(1, { racks: 100, objective: "cost", clients });
    const racksFor = (billing: "rack" | "tray") =>
      planRacks({ ...request, price: { dollarsPerGpuHour: 2.75, billing } }, "separate", solve);
    const [byRack, byTray] = [racksFor("rack"), racksFor("tray")];
    assert.ok(byRack && byTray);
    assert.equal(byRack.dollarsPerHour, byRack.racksUsed * 72 * 2.75);
    assert.equal(byTray.dollarsPerHour, byTray.trays * 4 * 2.75);
    assert.ok(byRack.racksUsed < byTray.racksUsed, `${byRack.racksUsed} and ${byTray.racksUsed} racks`);
    assert.ok(byTray.trays < byRack.trays, `${byTray.trays} and ${byRack.trays} trays`);
  });
});
