import assert from "node:assert/strict";
import fc from "fast-check";
import { priceTiers } from "../../src/plan/cost";
import { ink, visibleLength } from "../../src/report/ink";
import { memoryBar } from "../../src/report/memory-bar";
import { drawRack } from "../../src/report/rack-drawing";
import { client1Plan, client2Plan, prefillPool, rackPlan } from "./plans";

describe("drawRack", () => {
  it("draws trays, clients, pools, memory and warnings", () => {
    assert.equal(
      drawRack(rackPlan(), { colour: false }),
      `GB200 NVL72   18 trays x 4 GPUs, 16 in use, 2 free   $198/h at $2.75 per GPU-hour (neocloud)

   0               4               8               12              16
  [p1][d1--d1--d1--d1--d1--d1--d1--d1][p2][p2][p2][p2][p2][d2--d2][--][--]

1 client1   1k in / 8k out   sglang 0.5.8   prefill 1 x 4 (EP4)   decode 1 x 32 (EP32, batch 128)   9 trays
  20.8 req/s (20 asked)   TPOT 24.0 ms (30 promised)   decode-bound, +-10 %   $99/h = $0.161/M out or $1.29/M in

2 client2   8k in / 1k out   sglang 0.5.8   prefill 5 x 4 (EP4)   decode 1 x 8 (EP8, batch 96)   7 trays
  no prediction: no published measurement is near this plan   $77/h

  pools: tokens/pass, running, KV tokens and dispatch are per rank
  pool             trays  ranks  tokens/pass  running  KV tokens  dispatch  graphs      ready in  probe allows
  client1 prefill      1      4       16,384      128    131,072         -  off           10 min        28 min
  client1 decode       8     32            -      128  1,179,648       128  1..128 (9)    10 min        30 min
  client2 prefill      5     20       16,384       16    131,072         -  off           10 min        28 min
  client2 decode       2      8            -       96    884,736       128  1..96 (8)     10 min        30 min

  memory per GPU   █ weights  ▓ KV cache  ▒ dispatch  ░ graphs, workspace  · free
  client1 prefill  ███████████████████████████████████████████████████▓▓░░░░░·······················  128.8 of 179.7 GiB
  client1 decode   ██████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒░░░░········································   90.7 of 179.7 GiB
  client2 prefill  ███████████████████████████████████████████████████▓▓░░░░░·······················  128.8 of 179.7 GiB
  client2 decode   ██████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒░░░░········································   90.7 of 179.7 GiB

  1 warning
  ! client2 pools.decode.experts: 32 redundant experts without a placement (spare slots help only where a placement uses
    them); record the pool and set experts.recording`,
    );
  });

  it("says in words what is missed", () => {
    const plan = client1Plan({
      workload: { inputTokens: 1024, outputTokens: 8192, requestsPerSecond: 25 },
      slo: { tpotMilliseconds: 20 },
    });
    const lines = drawRack(rackPlan([plan]), { colour: false }).split("\n");
    assert.equal(
      lines[6],
      "  20.8 req/s, BELOW the 25 asked   TPOT 24.0 ms, ABOVE the 20 promised   decode-bound, +-10 %",
    );
    assert.equal(lines[7], "  $99/h = $0.161/M out or $1.29/M in");
  });

  it("quotes another price", () => {
    const [header] = drawRack(rackPlan(), { colour: false, tier: priceTiers.rental }).split("\n");
    assert.equal(header, "GB200 NVL72   18 trays x 4 GPUs, 16 in use, 2 free   $238/h at $3.30 per GPU-hour (rental)");
  });

  it("draws an empty rack", () => {
    assert.equal(
      drawRack(rackPlan([]), { colour: false }),
      `GB200 NVL72   18 trays x 4 GPUs, 0 in use, 18 free   $198/h at $2.75 per GPU-hour (neocloud)

   0               4               8               12              16
  [--][--][--][--][--][--][--][--][--][--][--][--][--][--][--][--][--][--]

  no client yet`,
    );
  });

  it("adds colour and nothing else", () => {
    const plain = drawRack(rackPlan(), { colour: false });
    const coloured = drawRack(rackPlan(), { colour: true });
    assert.notEqual(coloured, plain);
    assert.equal(coloured.replace(/\u001b\[\d+m/g, ""), plain);
  });

  it("stays within 120 columns for any rack, any number of clients and any names", () => {
    const clients = fc.array(
      fc.record({ length: fc.integer({ min: 1, max: 63 }), workers: fc.integer({ min: 1, max: 90 }) }),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(clients, (shapes) => {
        const plans = shapes.map(({ length, workers }, i) => {
          const client = `c${i}`.padEnd(length, "x");
          const prefill = prefillPool({ client, workers, trays: workers, gpus: workers * 4 });
          return client2Plan({ client, prefill, decode: { ...client2Plan().decode, client } });
        });
        const used = plans.reduce((sum, plan) => sum + plan.prefill.trays + plan.decode.trays, 0);
        const plan = rackPlan(plans);
        const wide = { ...plan, rack: { ...plan.rack, trays: used + 1 }, freeTrays: 1 };
        for (const colour of [false, true]) {
          for (const line of drawRack(wide, { colour }).split("\n")) {
            assert.ok(visibleLength(line) <= 120, line);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("memoryBar", () => {
  const size = fc.double({ min: 0, max: 200, noNaN: true });

  it("is exactly as wide as asked and shows every part that is there", () => {
    const memories = fc.record({
      usableGib: size,
      weightsGib: size,
      kvGib: size,
      dispatchGib: size,
      workspaceGib: size,
      freeGib: fc.double({ min: -50, max: 200, noNaN: true }),
      largestKvTokens: fc.constant(0),
    });
    fc.assert(
      fc.property(memories, fc.integer({ min: 20, max: 90 }), (memory, width) => {
        const bar = memoryBar(memory, width, ink(false));
        const parts = [memory.weightsGib, memory.kvGib, memory.dispatchGib, memory.workspaceGib, memory.freeGib];
        const there = parts.filter((part) => part > 0).length;
        assert.equal(bar.length, there === 0 ? 0 : width);
        assert.equal(new Set(bar).size, there);
      }),
    );
  });
});
