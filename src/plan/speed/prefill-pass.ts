import type { KvCacheType } from "../intent";
import { expertLayers, type Checkpoint } from "../model-shape";
import { prefillAttentionMilliseconds } from "./attention-time";
import type { EngineName } from "../intent";
import { engineScales, type PrefillExchange } from "./engine-scale";
import { bulkExchangeMilliseconds } from "./exchange-time";
import { expertMilliseconds } from "./expert-time";
import { productTimes } from "./product-time";

/** A prefill worker with data-parallel attention. */
export interface PrefillWorker {
  readonly engine: EngineName;
  readonly checkpoint: Checkpoint;
  readonly kvCacheType: KvCacheType;
  readonly ranks: number;
  readonly expertSlots: number;
  readonly expertImbalance: number;
  readonly exchange: PrefillExchange;
}

/**
 * Milliseconds of one forward pass in which every rank computes `tokensPerRank` new tokens of prompts that are
 * `promptTokens` long: the sum of its operations times what the engine is known to make of it. `undefined` where no
 * published measurement shows what the engine makes of this kind of exchange.
 */
export function prefillPassMilliseconds(
  worker: PrefillWorker,
  tokensPerRank: number,
  promptTokens: number,
): number | undefined {
  const scale = engineScales.engines[worker.engine].prefill[worker.exchange];
  return scale === undefined ? undefined : scale * prefillOperations(worker, tokensPerRank, promptTokens);
}

/** The operations of a pass as they were measured alone, milliseconds over all layers. */
export function prefillOperations(worker: PrefillWorker, tokensPerRank: number, promptTokens: number): number {
  const { checkpoint, ranks } = worker;
  const { shape, expertFormat } = checkpoint;
  const experts = expertMilliseconds({
    shape,
    format: expertFormat,
    ranks,
    slots: worker.expertSlots,
    tokensPerRank,
    imbalance: worker.expertImbalance,
  });
  // Only a prompt's last token needs logits.
  const other = productTimes(checkpoint, tokensPerRank, tokensPerRank / promptTokens);
  return (
    shape.layers * prefillAttentionMilliseconds(worker, tokensPerRank, promptTokens) +
    expertLayers(shape) * (experts + bulkExchangeMilliseconds(expertFormat, ranks, tokensPerRank)) +
    other.sharedExpertMilliseconds +
    other.routerMilliseconds +
    other.denseLayerMilliseconds +
    other.headMilliseconds
  );
}
