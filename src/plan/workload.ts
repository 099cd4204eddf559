/** What one client sends, as an operator would say it. */
export interface Workload {
  /** Tokens of a typical prompt. */
  readonly inputTokens: number;
  /** Tokens of a typical answer. */
  readonly outputTokens: number;
  /** Requests per second to be served; leave out when only capacity matters. */
  readonly requestsPerSecond?: number;
}

/** What the client was promised. */
export interface Slo {
  readonly ttftSeconds?: number;
  readonly tpotMilliseconds?: number;
}

/** Mean number of tokens a request holds in the KV cache while it is decoded: the prompt and half of the answer. */
export function meanContextTokens(workload: Workload): number {
  return workload.inputTokens + workload.outputTokens / 2;
}

/** Requests per second that so many at once make, each served a token every `tpotMilliseconds`. */
export function answersPerSecond(running: number, tpotMilliseconds: number, { outputTokens }: Workload): number {
  return (1000 * running) / (tpotMilliseconds * outputTokens);
}
