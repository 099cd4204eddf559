/** Tokens of one block, as in Mooncake's traces and router. */
export const prefixBlockTokens = 512;

/** Blocks of prompts that a prefill rank keeps; the one used longest ago goes first. */
export class PrefixCache {
  /** A Set keeps the order of insertion, which is the order of use here. */
  private readonly blocks = new Set<number>();

  constructor(private readonly capacityBlocks: number) {}

  /** Tokens at the head of the prompt that are here. At least one token is always computed: it yields the answer's first. */
  heldTokens(prefixBlocks: readonly number[], promptTokens: number): number {
    let held = 0;
    while (held < prefixBlocks.length && this.blocks.has(prefixBlocks[held] ?? NaN)) held++;
    return Math.max(0, Math.min(held * prefixBlockTokens, promptTokens - 1));
  }

  keep(prefixBlocks: readonly number[]): void {
    // From the tail: of one prompt, the head is worth the most and shall go last.
    for (const block of [...prefixBlocks].reverse()) {
      this.blocks.delete(block);
      this.blocks.add(block);
    }
    for (const oldest of this.blocks) {
      if (this.blocks.size <= this.capacityBlocks) break;
      this.blocks.delete(oldest);
    }
  }
}
