import { Actor, type EventQueue } from "./event-queue";
import { Gauge } from "./gauge";
import { KvEgress } from "./kv-egress";
import { PrefillRank, type RankPass } from "./prefill-rank";
import type { Request } from "./request";
import type { KvTransfer, PrefillPoolModel } from "./system";

/** One prefill worker: its ranks run one pass together, and all wait for the slowest. */
export class PrefillWorker extends Actor {
  readonly ranks: readonly PrefillRank[];
  readonly busy = new Gauge();
  /** Seconds that the passes so far would have taken with all ranks full, and those of passes that left work behind. */
  readonly work = { ideal: 0, backloggedIdeal: 0, backlogged: 0 };
  computedTokens = 0;
  private readonly egress: KvEgress;
  private readonly idealMilliseconds = new Map<number, number>();

  constructor(
    events: EventQueue,
    private readonly model: PrefillPoolModel,
    transfer: KvTransfer,
  ) {
    super(events);
    this.ranks = Array.from({ length: model.ranksPerWorker }, () => new PrefillRank(this, model));
    this.egress = new KvEgress(events, transfer, (request, now) => {
      this.deliver(request, now);
    });
  }

  get outstandingTokens(): number {
    let tokens = 0;
    for (const rank of this.ranks) tokens += rank.outstandingTokens;
    return tokens;
  }

  enqueue(request: Request, rank: PrefillRank, now: number): void {
    rank.enqueue(request);
    request.owner.move(request, "queue", now);
    this.startPassIfIdle(now);
  }

  /** Sends the KV of a finished prompt to decode; until it is there it stays here as well. */
  send(request: Request, now: number): void {
    request.owner.move(request, "transfer", now);
    this.egress.send(request, now);
  }

  act(now: number): void {
    for (const rank of this.ranks) {
      for (const request of rank.endPass()) request.owner.onPrefilled(request, now);
    }
    this.busy.set(0, now);
    this.startPassIfIdle(now);
  }

  private deliver(request: Request, now: number): void {
    request.prefillRank?.release(request);
    request.prefillRank = undefined;
    request.owner.onKvDelivered(request, now);
    this.startPassIfIdle(now);
  }

  private startPassIfIdle(now: number): void {
    if (this.busy.value > 0) return;
    let slowest = 0;
    let ideal = 0;
    let tokens = 0;
    let backlogged = true;
    for (const rank of this.ranks) {
      const pass = rank.formBatch(now);
      backlogged &&= rank.queue.length > 0;
      if (pass.tokens === 0) continue;
      tokens += pass.tokens;
      slowest = Math.max(slowest, this.model.passMilliseconds(pass.tokens, pass.meanPromptTokens));
      ideal += this.idealPass(pass) / this.ranks.length;
    }
    if (tokens === 0) return;
    this.count(tokens, ideal / 1000, slowest / 1000, backlogged);
    this.busy.set(1, now);
    this.schedule(now + slowest / 1000);
  }

  private count(tokens: number, idealSeconds: number, seconds: number, backlogged: boolean): void {
    this.computedTokens += tokens;
    this.work.ideal += idealSeconds;
    if (!backlogged) return;
    this.work.backloggedIdeal += idealSeconds;
    this.work.backlogged += seconds;
  }

  /** Milliseconds of these tokens at the rate of a full pass. */
  private idealPass({ tokens, meanPromptTokens }: RankPass): number {
    // Whole tokens, so that few lengths need computing.
    const prompt = Math.max(1, Math.round(meanPromptTokens));
    let perToken = this.idealMilliseconds.get(prompt);
    if (perToken === undefined) {
      const full = Math.min(this.model.tokensPerForwardPerRank, this.model.requestsPerPassPerRank * prompt);
      perToken = this.model.passMilliseconds(full, prompt) / full;
      this.idealMilliseconds.set(prompt, perToken);
    }
    return tokens * perToken;
  }
}
