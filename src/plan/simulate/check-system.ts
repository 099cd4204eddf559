import { Problems } from "../../problems";
import { longestRequest } from "./arrivals";
import type { RunLength } from "./measurement-window";
import { reservedDecodeTokens, type ClientUnderTest, type PrefillPoolModel, type SystemUnderTest } from "./system";

/** Refuses what would never end: requests that fit nowhere, rates that are none. @throws {RefusedError} */
export function checkSystem(system: SystemUnderTest, length: RunLength): void {
  const problems = new Problems();
  checkLength(problems, length);
  checkPositive(problems, "transfer.bytesPerSecond", system.transfer.bytesPerSecond);
  const pools = new Map(system.prefillPools.map((pool) => [pool.name, pool]));
  system.prefillPools.forEach((pool, i) => {
    checkPool(problems, `prefillPools[${i}]`, pool);
  });
  system.clients.forEach((client, i) => {
    checkClient(problems, `clients[${i}]`, client, length);
    const pool = pools.get(client.prefillPool);
    if (pool === undefined) problems.add(unknownPool(`clients[${i}].prefillPool`, client, [...pools.keys()]));
    else checkPrefillFit(problems, `clients[${i}].arrivals`, client, pool);
  });
  problems.throwIfAny("the simulation");
}

function checkLength(problems: Problems, { requestsPerClient, durationSeconds, warmUpFraction = 0 }: RunLength): void {
  if (requestsPerClient !== undefined) checkPositive(problems, "requestsPerClient", requestsPerClient);
  if (durationSeconds !== undefined) checkPositive(problems, "durationSeconds", durationSeconds);
  if (warmUpFraction >= 0 && warmUpFraction < 1) return;
  problems.add({
    path: "warmUpFraction",
    what: `${warmUpFraction}`,
    rule: "the warm-up is a share of the run, and something must be left to measure",
    fix: "0 or more, and less than 1",
  });
}

function checkPool(problems: Problems, path: string, pool: PrefillPoolModel): void {
  checkPositive(problems, `${path}.workers`, pool.workers);
  checkPositive(problems, `${path}.ranksPerWorker`, pool.ranksPerWorker);
  checkPositive(problems, `${path}.tokensPerForwardPerRank`, pool.tokensPerForwardPerRank);
  checkPositive(problems, `${path}.requestsPerPassPerRank`, pool.requestsPerPassPerRank);
}

function checkClient(problems: Problems, path: string, client: ClientUnderTest, length: RunLength): void {
  const { arrivals } = client;
  checkPositive(problems, `${path}.decode.length`, client.decode.length);
  if (arrivals.kind === "closed") checkPositive(problems, `${path}.arrivals.concurrency`, arrivals.concurrency);
  if (arrivals.kind === "open") {
    checkPositive(problems, `${path}.arrivals.requestsPerSecond`, arrivals.requestsPerSecond);
    if (length.requestsPerClient === undefined && length.durationSeconds === undefined) {
      problems.add({
        path: "requestsPerClient",
        what: `${client.client} sends without end`,
        rule: "a run with open arrivals ends after a number of requests or a time",
        fix: "requestsPerClient or durationSeconds",
      });
    }
  }
  const { inputTokens, outputTokens } = longestRequest(arrivals);
  checkPositive(problems, `${path}.arrivals.inputTokens`, inputTokens);
  checkPositive(problems, `${path}.arrivals.outputTokens`, outputTokens);
  const margin = client.reserve === "optimistic" ? reservedDecodeTokens(client) : 0;
  client.decode.forEach((worker, i) => {
    checkPositive(problems, `${path}.decode[${i}].ranks`, worker.ranks);
    checkPositive(problems, `${path}.decode[${i}].batchPerRank`, worker.batchPerRank);
    const needed = inputTokens + outputTokens + margin;
    if (needed <= worker.kvTokensPerRank) return;
    problems.add({
      path: `${path}.decode[${i}].kvTokensPerRank`,
      what: `the longest request needs ${needed} tokens of KV, a rank holds ${worker.kvTokensPerRank}`,
      rule: "a request lives on one rank, with prompt and answer",
      fix: `at least ${needed}, or shorter requests`,
    });
  });
}

function checkPrefillFit(problems: Problems, path: string, client: ClientUnderTest, pool: PrefillPoolModel): void {
  const { inputTokens, outputTokens } = longestRequest(client.arrivals);
  // A retracted request comes back with what it has generated.
  const longest = client.reserve === "optimistic" ? inputTokens + outputTokens : inputTokens;
  const room = pool.chunking === false ? pool.tokensPerForwardPerRank : Infinity;
  const limit = Math.min(pool.kvTokensPerRank, room);
  if (longest <= limit) return;
  problems.add({
    path,
    what: `${client.client}'s longest prompt has ${longest} tokens, a rank of ${pool.name} takes ${limit}`,
    rule: "a prompt is computed on one rank, in one pass where chunking is off",
    fix: `shorter prompts, or ${longest} tokens of KV${pool.chunking === false ? " and per pass" : ""}`,
  });
}

function unknownPool(path: string, client: ClientUnderTest, names: readonly string[]) {
  return {
    path,
    what: `there is no prefill pool named ${client.prefillPool}`,
    rule: "each client names the pool that computes its prompts",
    fix: names.length === 0 ? "add a prefill pool" : `one of ${names.join(", ")}`,
  };
}

function checkPositive(problems: Problems, path: string, value: number): void {
  if (value > 0) return;
  problems.add({ path, what: `${value}`, rule: "must be more than nothing", fix: "a number above 0" });
}
