import type { DecodeWorker } from "./decode-worker";
import { Fifo } from "./fifo";
import type { Request } from "./request";
import type { DecodeWorkerModel } from "./system";

/** How a client's requests are set aside on its decode ranks. */
export interface ReserveRule {
  readonly optimistic: boolean;
  /** Tokens set aside beside the prompt until decoding starts; only when optimistic. */
  readonly marginTokens: number;
}

/** One rank of a decode worker: batch slots and KV. Counts of KV are as of the worker's last boundary. */
export class DecodeRank {
  /** Routed here, and without room yet. */
  readonly waiting = new Fifo<Request>();
  running = 0;
  /** Have a slot and KV, and are still in prefill or on their way. */
  reserved = 0;
  runningPeak = 0;
  /** Tokens that running requests hold, and by how much a step raises that. */
  kvTokens = 0;
  kvTokensPerStep = 0;
  /** What running requests will need at their end; only when the reserve is full. */
  private promisedTokens = 0;
  /** Most that was held, with what is set aside for requests on their way when the reserve is optimistic. */
  kvPeakTokens = 0;
  /** Set aside: for all requests of the rank when full, for those not yet running when optimistic. */
  private reservedTokens = 0;

  constructor(
    readonly worker: DecodeWorker,
    private readonly model: DecodeWorkerModel,
    private readonly rule: ReserveRule,
  ) {}

  /** Requests that have this rank, or wait for it. */
  get assigned(): number {
    return this.waiting.length + this.reserved + this.running;
  }

  /** KV that running requests keep from others, in the middle of a run of steps. */
  takenTokens(steps: number): number {
    return this.rule.optimistic ? this.heldTokens(steps) : this.promisedTokens;
  }

  /** KV that running requests hold, in the middle of a run of steps. */
  heldTokens(steps: number): number {
    return this.kvTokens + (this.kvTokensPerStep * steps) / 2;
  }

  /** Takes the first waiting request if there is room. */
  reserveNext(): Request | undefined {
    const next = this.waiting.peek();
    if (next === undefined || this.running + this.reserved >= this.model.batchPerRank) return undefined;
    const occupied = this.reservedTokens + (this.rule.optimistic ? this.kvTokens : 0);
    if (occupied + this.need(next) > this.model.kvTokensPerRank) return undefined;
    this.waiting.shift();
    this.reserved++;
    this.reservedTokens += this.need(next);
    this.notePeak();
    return next;
  }

  /** The request joins the batch, and from now on needs what it holds. */
  join(request: Request, steps: number): void {
    if (this.rule.optimistic) this.reservedTokens -= this.need(request);
    else this.promisedTokens += this.need(request);
    this.reserved--;
    this.running++;
    this.runningPeak = Math.max(this.runningPeak, this.running);
    request.tokensPerStep = steps === 0 ? 0 : (request.outputTokens - request.generatedTokens) / steps;
    this.kvTokens += request.promptTokens;
    this.kvTokensPerStep += request.tokensPerStep;
  }

  leave(request: Request, stepsSinceJoining: number): void {
    if (!this.rule.optimistic) {
      this.reservedTokens -= this.need(request);
      this.promisedTokens -= this.need(request);
    }
    this.running--;
    this.kvTokens -= request.promptTokens + stepsSinceJoining * request.tokensPerStep;
    this.kvTokensPerStep -= request.tokensPerStep;
    if (this.running > 0) return;
    // Fractions of a token do not add up exactly.
    this.kvTokens = 0;
    this.kvTokensPerStep = 0;
  }

  advance(steps: number): void {
    this.kvTokens += steps * this.kvTokensPerStep;
    this.notePeak();
  }

  /** Steps until KV runs out; infinite when every request has all it will need. */
  get stepsUntilFull(): number {
    if (!this.rule.optimistic || this.kvTokensPerStep <= 0) return Infinity;
    const free = this.model.kvTokensPerRank - this.kvTokens - this.reservedTokens;
    return Math.floor(free / this.kvTokensPerStep + 1e-9);
  }

  private notePeak(): void {
    const onTheirWay = this.rule.optimistic ? this.reservedTokens : 0;
    this.kvPeakTokens = Math.max(this.kvPeakTokens, this.kvTokens + onTheirWay);
  }

  private need(request: Request): number {
    return this.rule.optimistic
      ? request.promptTokens + this.rule.marginTokens
      : request.inputTokens + request.outputTokens;
  }
}
