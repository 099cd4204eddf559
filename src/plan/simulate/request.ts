import type { PrefillRank } from "./prefill-rank";
import type { DecodeRank } from "./decode-rank";

/** Where a request is. `admission` is waiting for decode, whether for room or for the next step. */
export type Stage = "admission" | "queue" | "prefill" | "transfer" | "decode";

export const stages: readonly Stage[] = ["admission", "queue", "prefill", "transfer", "decode"];

/** The stations tell the owner of a request how far it is, and the owner sends it on. */
export interface RequestOwner {
  readonly kvBytesPerToken: number;
  move(request: Request, stage: Stage, now: number): void;
  /** Decode has set aside KV and a slot. */
  onReserved(request: Request, now: number): void;
  onPrefilled(request: Request, now: number): void;
  onKvDelivered(request: Request, now: number): void;
  onRetracted(request: Request, now: number): void;
  onFinished(request: Request, now: number): void;
}

/** One request on its way. Times are seconds since the start of the run. */
export class Request {
  stage: Stage | undefined = undefined;
  stageSince = NaN;
  /** Seconds before the first token, by stage. */
  readonly waited: Record<Stage, number> = { admission: 0, queue: 0, prefill: 0, transfer: 0, decode: 0 };
  /** When decode takes the request into its batch and the token that prefill computed goes out. */
  firstTokenAt = NaN;
  finishedAt = NaN;
  retractedAt = NaN;
  /** Tokens that prefill has to compute: the prompt, and after a retraction what was generated as well. */
  promptTokens: number;
  /** Of `promptTokens`, those in the KV of the prefill rank. */
  computedTokens = 0;
  /** Promised to the prefill rank at routing. */
  queuedTokens = 0;
  generatedTokens = 0;
  prefillRank: PrefillRank | undefined = undefined;
  decodeRank: DecodeRank | undefined = undefined;
  /** Step of the decode worker that yields the last token. */
  finishStep = 0;
  /** Step after which it joined, and tokens per step since. */
  joinedStep = 0;
  tokensPerStep = 1;
  /** Grows with each admission to the batch: the highest is the youngest. */
  admission = 0;

  constructor(
    readonly owner: RequestOwner,
    readonly sequence: number,
    readonly arrivedAt: number,
    readonly inputTokens: number,
    readonly outputTokens: number,
    readonly prefixBlocks: readonly number[],
    /** Arrived while the run was measured. */
    readonly measured: boolean,
  ) {
    this.promptTokens = inputTokens;
  }
}
