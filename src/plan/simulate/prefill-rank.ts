import { Fifo } from "./fifo";
import { PrefixCache, prefixBlockTokens } from "./prefix-cache";
import type { PrefillWorker } from "./prefill-worker";
import type { Request } from "./request";
import type { PrefillPoolModel } from "./system";

/** What one rank computes in a pass. */
export interface RankPass {
  readonly tokens: number;
  /** Prompt length with the same mean position, weighted by tokens. */
  readonly meanPromptTokens: number;
}

const idle: RankPass = { tokens: 0, meanPromptTokens: 0 };

/** One rank of a prefill worker: a queue, a KV cache, and the batch of the pass that runs. */
export class PrefillRank {
  readonly queue = new Fifo<Request>();
  /** Tokens routed here and not computed yet. */
  outstandingTokens = 0;
  kvTokens = 0;
  kvPeakTokens = 0;
  /** Tokens that were found in the cache. */
  reusedTokens = 0;
  private readonly cache: PrefixCache | undefined;
  private readonly batch: Request[] = [];
  private batchTokens = 0;

  constructor(
    readonly worker: PrefillWorker,
    private readonly model: PrefillPoolModel,
  ) {
    const blocks = Math.floor((model.cachedTokensPerRank ?? 0) / prefixBlockTokens);
    this.cache = blocks > 0 ? new PrefixCache(blocks) : undefined;
  }

  /** Tokens that this rank would have to compute. */
  tokensToCompute(request: Request): number {
    return request.promptTokens - this.heldTokens(request);
  }

  enqueue(request: Request): void {
    request.prefillRank = this;
    request.computedTokens = 0;
    request.queuedTokens = this.tokensToCompute(request);
    this.outstandingTokens += request.queuedTokens;
    this.queue.push(request);
  }

  /** Fills a pass from the head of the queue: oldest first, none overtakes. */
  formBatch(now: number): RankPass {
    const { tokensPerForwardPerRank, requestsPerPassPerRank, chunking = true } = this.model;
    let left = tokensPerForwardPerRank;
    let positions = 0;
    for (let count = 0; count < requestsPerPassPerRank && left > 0; count++) {
      const request = this.queue.peek();
      if (request === undefined || !this.start(request, left, chunking, now)) break;
      const from = request.computedTokens;
      const tokens = Math.min(left, request.promptTokens - from);
      request.computedTokens += tokens;
      left -= tokens;
      positions += tokens * (from + request.computedTokens);
      if (request.computedTokens < request.promptTokens) break;
      this.queue.shift();
      this.batch.push(request);
    }
    this.batchTokens = tokensPerForwardPerRank - left;
    return this.batchTokens === 0 ? idle : { tokens: this.batchTokens, meanPromptTokens: positions / this.batchTokens };
  }

  /** Ends the pass: returns the requests whose prompt is complete. */
  endPass(): readonly Request[] {
    this.outstandingTokens -= this.batchTokens;
    this.batchTokens = 0;
    const finished = this.batch.splice(0);
    for (const request of finished) this.cache?.keep(request.prefixBlocks);
    return finished;
  }

  release(request: Request): void {
    this.kvTokens -= request.promptTokens;
  }

  /** A request that was begun goes on; a new one needs room for its whole prompt. */
  private start(request: Request, left: number, chunking: boolean, now: number): boolean {
    if (request.stage === "prefill") return true;
    const held = this.heldTokens(request);
    const toCompute = request.promptTokens - held;
    if (!chunking && toCompute > left) return false;
    if (this.kvTokens + request.promptTokens > this.model.kvTokensPerRank) return false;
    this.kvTokens += request.promptTokens;
    this.kvPeakTokens = Math.max(this.kvPeakTokens, this.kvTokens);
    this.reusedTokens += held;
    // The cache may have gained or lost blocks since the request was routed.
    this.outstandingTokens += toCompute - request.queuedTokens;
    request.computedTokens = held;
    request.owner.move(request, "prefill", now);
    return true;
  }

  private heldTokens(request: Request): number {
    return this.cache?.heldTokens(request.prefixBlocks, request.promptTokens) ?? 0;
  }
}
