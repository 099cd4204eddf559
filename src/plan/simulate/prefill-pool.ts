import type { EventQueue } from "./event-queue";
import type { PrefillRank } from "./prefill-rank";
import { PrefillWorker } from "./prefill-worker";
import type { Request } from "./request";
import type { KvTransfer, PrefillPoolModel, Routing } from "./system";

/** The workers of one prefill pool, and the router in front of them. */
export class PrefillPool {
  readonly workers: readonly PrefillWorker[];
  private readonly ranks: readonly PrefillRank[];
  private turn = 0;
  private readonly rankTurns: number[];

  constructor(
    events: EventQueue,
    readonly model: PrefillPoolModel,
    private readonly routing: Routing,
    transfer: KvTransfer,
  ) {
    this.workers = Array.from({ length: model.workers }, () => new PrefillWorker(events, model, transfer));
    this.ranks = this.workers.flatMap((worker) => worker.ranks);
    this.rankTurns = this.workers.map(() => 0);
  }

  route(request: Request, now: number): void {
    const rank = this.routing.prefill === "kv-aware" ? this.soonestRank(request) : this.rankOf(this.chooseWorker());
    rank?.worker.enqueue(request, rank, now);
  }

  /**
   * The rank with the least to do including this request, of which it computes only what it does not hold. An idle pool
   * thus sends a prompt to where most of it is, and a busy one does not pile all on one rank. Of equals the next in
   * turn, so that new prompts spread over the caches.
   */
  private soonestRank(request: Request): PrefillRank | undefined {
    let soonest: PrefillRank | undefined;
    let fewest = Infinity;
    const { turn } = this;
    for (let i = 0; i < this.ranks.length; i++) {
      const index = (turn + i) % this.ranks.length;
      const rank = this.ranks[index];
      const tokens = rank === undefined ? Infinity : rank.outstandingTokens + rank.tokensToCompute(request);
      if (tokens >= fewest) continue;
      soonest = rank;
      fewest = tokens;
      this.turn = index + 1;
    }
    return soonest;
  }

  private chooseWorker(): number {
    const turn = this.turn % this.workers.length;
    const chosen = this.routing.prefill === "least-loaded" ? indexOfLeast(this.workers, turn) : turn;
    this.turn = chosen + 1;
    return chosen;
  }

  private rankOf(index: number): PrefillRank | undefined {
    const ranks = this.workers[index]?.ranks ?? [];
    const turn = (this.rankTurns[index] ?? 0) % ranks.length;
    const chosen = this.routing.prefillRank === "least-loaded" ? indexOfLeast(ranks, turn) : turn;
    this.rankTurns[index] = chosen + 1;
    return ranks[chosen];
  }
}

/**
 * Fewest outstanding tokens; of equals the next in turn. A pass under way counts in full until it ends, so the one whose
 * turn is longest ago is the likeliest to be done first.
 */
function indexOfLeast(places: readonly { readonly outstandingTokens: number }[], turn: number): number {
  let least = turn;
  let fewest = Infinity;
  for (let i = 0; i < places.length; i++) {
    const index = (turn + i) % places.length;
    const tokens = places[index]?.outstandingTokens ?? Infinity;
    if (tokens >= fewest) continue;
    fewest = tokens;
    least = index;
  }
  return least;
}
