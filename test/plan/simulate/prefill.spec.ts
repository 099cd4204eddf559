import assert from "node:assert/strict";
import { simulate } from "../../../src/plan/simulate/simulate";
import type { PrefillPoolModel, Routing } from "../../../src/plan/simulate/system";
import type { TraceRequest } from "../../../src/plan/simulate/arrivals";
import { burst, client, first, near, poisson, prefillPool, system, trace, wholeRun } from "./small-systems";

/** Seconds of the passes that a burst of prompts takes, and what each pass was asked for. */
function passes(pool: Partial<PrefillPoolModel>, requests: readonly TraceRequest[]) {
  const asked: [number, number][] = [];
  const passMilliseconds = (tokens: number, prompt: number) => {
    asked.push([tokens, prompt]);
    return tokens;
  };
  const pools = [prefillPool({ ...pool, passMilliseconds })];
  const clients = [client({ arrivals: trace(requests) })];
  const result = simulate(system({ prefillPools: pools, clients }), wholeRun);
  return { asked, seconds: result.seconds, result: first(result.clients), pool: first(result.prefillPools) };
}

const prompt = (inputTokens: number): TraceRequest => ({ atSeconds: 0, inputTokens, outputTokens: 1 });

/** Every pass asks for its time, and for the ideal of each prompt length once. */
function passesOf(asked: readonly [number, number][], full: number): readonly [number, number][] {
  return asked.filter(([tokens]) => tokens !== full);
}

describe("a prefill worker", () => {
  it("computes as many prompts per pass as tokens and requests allow", () => {
    // The first arrives alone; three follow in one pass, and the last waits for the next.
    const { seconds, result } = passes({ tokensPerForwardPerRank: 350, requestsPerPassPerRank: 3, chunking: false }, [
      prompt(100),
      prompt(100),
      prompt(100),
      prompt(100),
      prompt(100),
    ]);
    near(seconds, 0.1 + 0.3 + 0.1);
    near(result.ttft.seconds.mean, (0.1 + 3 * 0.4 + 0.5) / 5);
  });

  it("splits a prompt over passes, at the mean position of each piece", () => {
    const { asked, seconds } = passes({ tokensPerForwardPerRank: 400, requestsPerPassPerRank: 4 }, [prompt(1000)]);
    near(seconds, 1);
    // 0 to 400, 400 to 800, and 800 to 1000.
    assert.deepEqual(
      passesOf(asked, -1).filter(([tokens, length]) => tokens + length !== 400 + 1800),
      [
        [400, 400],
        [400, 400],
        [400, 1200],
        [400, 1200],
        [200, 1800],
      ],
    );
  });

  it("fills what a prompt leaves of a pass with the next one's head", () => {
    const { asked, seconds } = passes({ tokensPerForwardPerRank: 100, requestsPerPassPerRank: 2 }, [
      prompt(100),
      prompt(60),
      prompt(60),
    ]);
    near(seconds, 0.22);
    // 60 whole tokens and the head of 40: the mean length is (60 x 60 + 40 x 40) / 100; then the tail, from 40 to 60.
    assert.ok(asked.some(([tokens, length]) => tokens === 100 && length === 52));
    assert.ok(asked.some(([tokens, length]) => tokens === 20 && length === 100));
  });

  it("lets all ranks wait for the slowest", () => {
    const { result } = passes({ ranksPerWorker: 2, requestsPerPassPerRank: 1 }, [
      prompt(100),
      prompt(500),
      prompt(300),
      prompt(200),
    ]);
    // 100 alone; then 500 on the other rank beside 300; then 200.
    near(result.ttft.seconds.mean, (0.1 + 0.6 + 0.6 + 0.8) / 4);
  });

  it("begins no prompt that its KV has no room for, until another's has left", () => {
    const requests = [prompt(100), prompt(100), prompt(100)];
    const pool = prefillPool({ kvTokensPerRank: 250, requestsPerPassPerRank: 10 });
    // 100 tokens take a second on the wire, and stay where they are meanwhile.
    const result = simulate(
      system({
        prefillPools: [pool],
        clients: [client({ arrivals: trace(requests) })],
        transfer: { bytesPerSecond: 100, latencySeconds: 0 },
      }),
      wholeRun,
    );
    // Computed at 0.1, 0.2 and, when the first is delivered at 1.1, 1.2; delivered one after the other.
    near(first(result.clients).ttft.seconds.mean, (1.1 + 2.1 + 3.1) / 3);
    near(first(result.clients).ttft.partsSeconds.queue.mean, (0 + 0.1 + 1.1) / 3);
    assert.equal(first(result.prefillPools).kvSharePeak, 200 / 250);
  });

  it("is fully utilised when it works without pause, whatever its ranks waste on each other", () => {
    const fraction = { from: 0.2, to: 1 };
    const arrivals = { kind: "closed", concurrency: 60, inputTokens: 1000, outputTokens: 1, fraction } as const;
    const result = simulate(
      system({
        prefillPools: [prefillPool({ ranksPerWorker: 4 })],
        clients: [client({ arrivals })],
      }),
      { seed: 1, requestsPerClient: 2000 },
    );
    const { busy, utilisation, computedTokensPerSecondPerGpu } = first(result.prefillPools);
    near(busy, 1, 1e-3);
    near(utilisation, 1, 0.01);
    // A rank alone would compute 1000 tokens/s.
    assert.ok(computedTokensPerSecondPerGpu < 800, `${computedTokensPerSecondPerGpu}`);
  });

  it("is utilised by the load that comes", () => {
    const result = simulate(system({ clients: [client({ arrivals: poisson(6) })] }), {
      seed: 1,
      requestsPerClient: 20_000,
    });
    near(first(result.prefillPools).utilisation, 0.6, 0.03);
    near(first(result.prefillPools).busy, 0.6, 0.03);
  });

  it("is not called full because ranks without work take part in its passes", () => {
    const prefillPools = [prefillPool({ ranksPerWorker: 4 })];
    const result = simulate(system({ prefillPools, clients: [client({ arrivals: poisson(12) })] }), {
      seed: 1,
      requestsPerClient: 4000,
    });
    const { busy, utilisation } = first(result.prefillPools);
    near(utilisation, (first(result.clients).requestsPerSecond.mean * 0.1) / 4, 0.02);
    assert.ok(busy > 1.5 * utilisation, `${busy} ${utilisation}`);
  });
});

describe("a prefill pool of two clients", () => {
  const busyClient = client({ client: "busy", arrivals: poisson(7) });
  const quietClient = client({ client: "quiet", arrivals: poisson(1) });
  const pools = [prefillPool(), prefillPool({ name: "own" })];

  it("lets them wait for each other when they share it", () => {
    const options = { seed: 1, requestsPerClient: 1000 };
    const waits = (prefillPool: string) =>
      simulate(
        system({ prefillPools: pools, clients: [busyClient, { ...quietClient, prefillPool }] }),
        options,
      ).clients.map(({ ttft }) => ttft.partsSeconds.queue.mean);
    const [, alone = 0] = waits("own");
    const [busy = 0, quiet = 0] = waits("prefill");
    near(alone, 0.0056, 0.3);
    near(quiet, busy, 0.15);
    assert.ok(quiet > 20 * alone);
  });

  it("measures both in the same window, in which both send", () => {
    const result = simulate(system({ clients: [busyClient, quietClient] }), { seed: 1, requestsPerClient: 500 });
    const [busy, quiet] = result.clients;
    assert.deepEqual(busy?.window, quiet?.window);
    assert.equal(quiet?.requests.arrived, 500);
    assert.ok((busy?.requests.arrived ?? 0) > 3000);
  });

  it("does not let a client's own random numbers depend on the other", () => {
    const alone = simulate(system({ clients: [busyClient] }), { seed: 1, requestsPerClient: 500 });
    const beside = simulate(
      system({ prefillPools: pools, clients: [busyClient, { ...quietClient, prefillPool: "own" }] }),
      { seed: 1, requestsPerClient: 500 },
    );
    assert.deepEqual(first(beside.clients).ttft, first(alone.clients).ttft);
  });
});

describe("the prefill router", () => {
  const conversation = Array.from({ length: 400 }, (_, i) => {
    const user = i % 10;
    return {
      atSeconds: i * 3,
      inputTokens: 2048 + 100,
      outputTokens: 1,
      prefixBlocks: [0, 1, 2, 3].map((block) => user * 100 + block),
    };
  });

  function computed(routing: Partial<Routing>, cachedTokensPerRank: number) {
    const prefillPools = [prefillPool({ workers: 3, ranksPerWorker: 2, cachedTokensPerRank })];
    const clients = [client({ arrivals: trace(conversation) })];
    return first(simulate(system({ prefillPools, clients, routing }), wholeRun).prefillPools);
  }

  it("computes less when it sends prompts to where their head is", () => {
    // Six ranks have room for the heads of two users each, and there are ten users.
    const aware = computed({ prefill: "kv-aware" }, 2 * 2048);
    const blind = computed({ prefill: "round-robin", prefillRank: "round-robin" }, 100_000);
    // Each user's first prompt in full, and then what is new: by turns, a user comes to three of the six ranks.
    assert.equal(aware.computedTokens, 10 * 2148 + 390 * 100);
    assert.equal(blind.computedTokens, 30 * 2148 + 370 * 100);
    for (const { computedTokens, reusedTokens } of [aware, blind]) {
      assert.equal(computedTokens + reusedTokens, conversation.length * 2148);
    }
  });

  it("computes everything without a cache, or with one that is too small", () => {
    assert.equal(computed({ prefill: "kv-aware" }, 0).reusedTokens, 0);
    assert.equal(computed({ prefill: "kv-aware" }, 511).reusedTokens, 0);
  });

  it("computes one token at least of a prompt that it knows", () => {
    const same = { inputTokens: 1024, outputTokens: 1, prefixBlocks: [1, 2] };
    const result = simulate(
      system({
        prefillPools: [prefillPool({ cachedTokensPerRank: 1024 })],
        clients: [
          client({
            arrivals: trace([
              { atSeconds: 0, ...same },
              { atSeconds: 5, ...same },
            ]),
          }),
        ],
      }),
      wholeRun,
    );
    assert.equal(first(result.prefillPools).computedTokens, 1025);
  });

  it("forgets the block used longest ago", () => {
    const ask = (atSeconds: number, block: number) => ({
      atSeconds,
      inputTokens: 600,
      outputTokens: 1,
      prefixBlocks: [block],
    });
    const reused = (blocks: readonly number[]) =>
      first(
        simulate(
          system({
            prefillPools: [prefillPool({ cachedTokensPerRank: 1024 })],
            clients: [client({ arrivals: trace(blocks.map((block, i) => ask(i * 5, block))) })],
          }),
          wholeRun,
        ).prefillPools,
      ).reusedTokens;
    assert.equal(reused([1, 2, 1, 3, 1]), 2 * 512);
    assert.equal(reused([1, 2, 1, 3, 2]), 512);
  });

  it("keeps the head of a prompt longer than its tail", () => {
    const ask = (atSeconds: number, prefixBlocks: readonly number[]) => ({
      atSeconds,
      inputTokens: 512 * prefixBlocks.length + 100,
      outputTokens: 1,
      prefixBlocks,
    });
    const result = simulate(
      system({
        prefillPools: [prefillPool({ cachedTokensPerRank: 2 * 512 })],
        clients: [client({ arrivals: trace([ask(0, [1, 2]), ask(5, [3]), ask(10, [1, 2])]) })],
      }),
      wholeRun,
    );
    assert.equal(first(result.prefillPools).reusedTokens, 512);
  });

  describe("with two workers, aware of KV", () => {
    function secondsFor(requests: readonly TraceRequest[]): number {
      const prefillPools = [prefillPool({ workers: 2, cachedTokensPerRank: 100_000 })];
      const clients = [client({ arrivals: trace(requests) })];
      return simulate(system({ prefillPools, clients, routing: { prefill: "kv-aware" } }), wholeRun).seconds;
    }
    const stranger = (atSeconds: number) => ({ atSeconds, inputTokens: 100, outputTokens: 1 });

    it("uses both for prompts that neither knows", () => {
      near(secondsFor([stranger(0), stranger(0), stranger(0), stranger(0)]), 0.2);
    });

    it("counts what a rank has to do by what it found when it began", () => {
      // The second worker gets the same prompt twice, and computes little of the second; afterwards both are idle.
      const known = { atSeconds: 0, inputTokens: 600, outputTokens: 1, prefixBlocks: [1] };
      const long = { atSeconds: 0, inputTokens: 5000, outputTokens: 1 };
      near(secondsFor([long, known, known, stranger(20), stranger(20), stranger(20), stranger(20)]), 20.2);
    });
  });

  it("finds the shorter queue where prompts differ", () => {
    const waitWith = (prefill: "least-loaded" | "round-robin") => {
      const arrivals = poisson(60, { fraction: { from: 0.02, to: 1 } });
      const prefillPools = [prefillPool({ workers: 4 })];
      const result = simulate(system({ prefillPools, clients: [client({ arrivals })], routing: { prefill } }), {
        seed: 1,
        requestsPerClient: 5000,
      });
      return first(result.clients).ttft.partsSeconds.queue.mean;
    };
    assert.ok(waitWith("least-loaded") < 0.8 * waitWith("round-robin"));
  });

  it("gives each rank its turn", () => {
    const prefillPools = [prefillPool({ workers: 2, ranksPerWorker: 2, kvTokensPerRank: 100 })];
    const clients = [client({ arrivals: burst(4, { inputTokens: 100, outputTokens: 1 }) })];
    for (const policy of ["round-robin", "least-loaded"] as const) {
      const routing = { prefill: policy, prefillRank: policy };
      const result = simulate(system({ prefillPools, clients, routing }), wholeRun);
      // The second prompt of a worker finds the pass of the first under way.
      near(result.seconds, 0.2);
    }
  });
});

describe("the transfer of KV", () => {
  function delivered(workers: number, latencySeconds: number): readonly number[] {
    const result = simulate(
      system({
        prefillPools: [prefillPool({ workers, requestsPerPassPerRank: 10 })],
        clients: [client({ arrivals: burst(4, { inputTokens: 100, outputTokens: 1 }), kvBytesPerToken: 10 })],
        transfer: { bytesPerSecond: 1000, latencySeconds },
      }),
      wholeRun,
    );
    const { transfer } = first(result.clients).ttft.partsSeconds;
    return [result.seconds, transfer.mean * 4];
  }

  it("goes one by one out of a worker", () => {
    // Prompts are complete at 0.1, 0.4, 0.4 and 0.4 s; each takes a second on the wire.
    const [seconds = 0, waited = 0] = delivered(1, 0);
    near(seconds, 4.1);
    near(waited, 1 + 1.7 + 2.7 + 3.7);
  });

  it("does not let the next one's bytes wait for a handshake", () => {
    const [seconds = 0, waited = 0] = delivered(1, 0.5);
    near(seconds, 4.6);
    near(waited, 1 + 1.7 + 2.7 + 3.7 + 4 * 0.5);
  });

  it("has a wire per worker", () => {
    const [seconds = 0] = delivered(4, 0);
    near(seconds, 1.1);
  });
});
