import type { Problem } from "../../problems";
import type { DecodePoolResult, PrefillPoolResult, Saturation } from "./result";
import type { ClientCounters, Readings } from "./window-counters";

/** Above this, waiting grows so fast with load that a few percent of error in it make the wait mean nothing. */
const highestUtilisation = 0.95;

/** A stable queue ends the window about where it began; a run gains some requests by chance. */
const growthByChance = { share: 0.02, requests: 20 } as const;

/** Which pool is nearer to its limit: prefill in work, decode in batch slots or KV, whichever is scarcer. */
export function saturationOf(
  prefill: PrefillPoolResult,
  decode: DecodePoolResult,
  { opened, closed }: Readings<ClientCounters>,
): Saturation {
  const decodeUtilisation = decodeLoad(decode);
  const pool = prefill.utilisation > decodeUtilisation ? "prefill" : "decode";
  const utilisation = Math.max(prefill.utilisation, decodeUtilisation);
  const allowed = Math.max(growthByChance.requests, growthByChance.share * (closed.arrived - opened.arrived));
  const queueGrows = closed.waiting - opened.waiting > allowed;
  return { pool, utilisation, headroom: 1 - utilisation, queueGrows };
}

/** Why a time to first token must not be quoted, if so. */
export function ttftRefusal(
  client: string,
  prefill: PrefillPoolResult,
  decode: DecodePoolResult,
  { pool, queueGrows }: Saturation,
): Problem | undefined {
  if (prefill.utilisation > highestUtilisation)
    return tooFull(client, `prefill pool ${prefill.name}`, prefill.utilisation);
  if (decodeLoad(decode) > highestUtilisation) return tooFull(client, "decode pool", decodeLoad(decode));
  if (!queueGrows) return undefined;
  return {
    path: `${client}.ttft`,
    what: `more requests wait at the end of the run than at its start, most likely for ${pool}`,
    rule: "a queue that grows has no mean wait",
    fix: "fewer requests per second, or more workers",
  };
}

function decodeLoad({ batchShare, kvTakenShare }: DecodePoolResult): number {
  return Math.max(batchShare, kvTakenShare);
}

function tooFull(client: string, pool: string, utilisation: number): Problem {
  return {
    path: `${client}.ttft`,
    what: `the ${pool} is ${(100 * utilisation).toFixed(1)} % utilised`,
    rule: `above ${100 * highestUtilisation} % a small error in load is a large one in waiting, so no TTFT is quoted`,
    fix: "fewer requests per second, or more workers",
  };
}
