import type { KvCacheType } from "../intent";
import { expertLayers, type Checkpoint } from "../model-shape";
import { decodeAttentionMilliseconds } from "./attention-time";
import type { EngineName } from "../intent";
import { engineScales, type EngineScale } from "./engine-scale";
import { exchangeMilliseconds } from "./exchange-time";
import {
  expertFlops,
  expertMilliseconds,
  imbalanceInTable,
  tableFormat,
  tokensInTable,
  type ExpertWork,
} from "./expert-time";
import { productTimes } from "./product-time";

/** A decode worker with data-parallel attention: every GPU is a rank of its own, experts are spread over all. */
export interface DecodeWorker {
  readonly engine: EngineName;
  readonly checkpoint: Checkpoint;
  readonly kvCacheType: KvCacheType;
  readonly ranks: number;
  /** Experts with their replicas. */
  readonly expertSlots: number;
  /** Load of the fullest rank over the mean. */
  readonly expertImbalance: number;
  readonly draftTokens: number;
}

/** Operations of one step as they were measured alone, milliseconds over all layers. */
export interface DecodeOperations {
  readonly attention: number;
  readonly experts: number;
  readonly exchange: number;
  readonly sharedExpert: number;
  /** Router, dense layers, head. */
  readonly products: number;
}

/** Where one step of a decode worker goes, milliseconds. */
export interface DecodeStep {
  readonly attention: number;
  readonly experts: number;
  readonly exchange: number;
  /** Shared expert where it is not hidden, router, dense layers, head. */
  readonly products: number;
  readonly fixed: number;
  readonly total: number;
}

/** Dense FP4 arithmetic of a GB200 GPU (aiconfigurator systems/gb200.yaml). */
const fp4FlopsPerSecond = 10e15;
/** Tokens at which every expert of the measured model is read and arithmetic is still nothing. */
const weightBoundTokens = 512;

/**
 * One forward pass of all ranks over `batchPerRank` requests each, with `contextTokens` cached per request: the sum of
 * its operations as the engine is known to run them. All ranks wait for the fullest.
 */
export function decodeStep(worker: DecodeWorker, batchPerRank: number, contextTokens: number): DecodeStep {
  return scaledStep(decodeOperations(worker, batchPerRank, contextTokens), engineScales.engines[worker.engine]);
}

/**
 * Drafting runs its layers behind the model's, and gives every request 1 + draftTokens tokens to compute.
 */
export function decodeOperations(worker: DecodeWorker, batchPerRank: number, contextTokens: number): DecodeOperations {
  const { checkpoint, ranks, draftTokens } = worker;
  const { shape } = checkpoint;
  const tokens = batchPerRank * (1 + draftTokens);
  const drafting = (shape.layers + draftTokens) / shape.layers;
  const moeLayers = expertLayers(shape) * drafting;
  const other = productTimes(checkpoint, tokens, tokens);
  return {
    attention: shape.layers * drafting * decodeAttentionMilliseconds(worker, batchPerRank, contextTokens, draftTokens),
    experts: moeLayers * expertLayer(worker, tokens),
    exchange: moeLayers * exchangeMilliseconds(checkpoint.expertFormat, ranks, tokens),
    sharedExpert: other.sharedExpertMilliseconds * drafting,
    products: (other.routerMilliseconds + other.denseLayerMilliseconds) * drafting + other.headMilliseconds,
  };
}

export function scaledStep(operations: DecodeOperations, { decode, hidesSharedExpert }: EngineScale): DecodeStep {
  const attention = decode.attention * operations.attention;
  const experts = decode.experts * operations.experts;
  const exchange = decode.experts * operations.exchange;
  const products = decode.products * (operations.products + (hidesSharedExpert ? 0 : operations.sharedExpert));
  const fixed = decode.fixedMilliseconds;
  return { attention, experts, exchange, products, fixed, total: attention + experts + exchange + products + fixed };
}

/**
 * The measured kernel, or, for an engine with a better one on large batches, reading the weights as measured and then
 * arithmetic at the efficiency that the engine's own trace shows (which has the balanced residue in it).
 */
function expertLayer(worker: DecodeWorker, tokensPerRank: number): number {
  const { groupedProductEfficiency } = engineScales.engines[worker.engine];
  const work: ExpertWork = {
    shape: worker.checkpoint.shape,
    format: worker.checkpoint.expertFormat,
    ranks: worker.ranks,
    slots: worker.expertSlots,
    tokensPerRank,
    imbalance: worker.expertImbalance,
  };
  if (groupedProductEfficiency === undefined || tableFormat(work.format) !== "nvfp4") return expertMilliseconds(work);
  const bound = Math.min(1, weightBoundTokens / tokensInTable(work));
  const reading = expertMilliseconds({ ...work, tokensPerRank: tokensPerRank * bound });
  const flops = expertFlops(work) / imbalanceInTable.nvfp4;
  return reading + (1000 * flops) / (groupedProductEfficiency * fp4FlopsPerSecond);
}
