import { balancingBytes, type BalancingMemory } from "./balancing-memory";
import { bytesPerParameter, expertLayers, type Checkpoint, type ModelShape } from "./model-shape";
import type { KvCacheType, ParallelPlan, PoolRole } from "./intent";
import type { RackShape } from "./rack";

const gib = 2 ** 30;
const mib = 2 ** 20;

/** KV tokens are handed out in pages of this many (SGLang with trtllm_mla; source 001 log floors to it). */
export const kvPageTokens = 64;

/** What one GPU's memory is used for, in GiB. The parts and `freeGib` add up to `usableGib`. */
export interface MemoryPlan {
  readonly usableGib: number;
  readonly weightsGib: number;
  readonly kvGib: number;
  /** Buffers of the exchange between experts; 0 where it needs none of its own. */
  readonly dispatchGib: number;
  /** CUDA graphs, activations, workspaces, and what the balancing of experts takes. */
  readonly workspaceGib: number;
  readonly freeGib: number;
  /** KV tokens per rank that would still fit. */
  readonly largestKvTokens: number;
}

/** What decides the memory of one GPU of a pool. */
export interface MemoryRequest {
  readonly rack: RackShape;
  readonly role: PoolRole;
  readonly checkpoint: Checkpoint;
  readonly parallel: ParallelPlan;
  /** Experts with their replicas, over the whole worker. */
  readonly physicalExperts: number;
  readonly kvCacheType: KvCacheType;
  readonly kvTokensPerRank: number;
  /** Prefill tokens per forward pass and rank; 0 for decode. */
  readonly tokensPerForwardPerRank: number;
  /** Low-latency dispatch cap; 0 without. */
  readonly dispatchTokensPerRank: number;
  /** Largest batch with a CUDA graph; 0 without graphs. */
  readonly largestGraphBatch: number;
  /** Multi-token prediction loads its layers and gives them KV. */
  readonly speculates: boolean;
  /** Absent: experts stay where they are, and nobody counts their use. */
  readonly balancing?: BalancingMemory;
}

export function planMemory(request: MemoryRequest): MemoryPlan {
  const { rack, parallel, checkpoint } = request;
  const bytesPerToken = kvBytesPerToken(checkpoint.shape, request.kvCacheType, parallel, request.speculates);
  const usableGib = rack.usableGibPerGpu;
  const weightsGib = weightBytesPerGpu(request) / gib + checkpoint.residentOverheadGib;
  const dispatchGib = dispatchBytes(request) / gib;
  const { balancing: kept } = request;
  const balancing = kept === undefined ? 0 : balancingBytes(kept, checkpoint, request.physicalExperts, parallel.expert);
  const workspaceGib = (workspaceBytes(request, dispatchGib * gib) + balancing) / gib;
  const forKvGib = usableGib - weightsGib - dispatchGib - workspaceGib;
  const kvGib = (request.kvTokensPerRank * bytesPerToken) / gib;
  return {
    usableGib,
    weightsGib,
    kvGib,
    dispatchGib,
    workspaceGib,
    freeGib: forKvGib - kvGib,
    largestKvTokens: Math.max(0, floorToPage((forKvGib * gib) / bytesPerToken)),
  };
}

/**
 * Memory left alone when the planner chooses the KV pool: fragmentation and what the estimate misses. Source 001's run
 * kept 9.5 GiB; performance notes on the same log reckon with 6.
 */
export const headroomGib = 6;

/** KV tokens per rank that fit and leave the headroom. `memory` must be planned without KV. */
export function comfortableKvTokens(memory: MemoryPlan): number {
  return Math.max(0, floorToPage((memory.largestKvTokens * (memory.freeGib - headroomGib)) / memory.freeGib));
}

export function floorToPage(tokens: number): number {
  return Math.floor(tokens / kvPageTokens) * kvPageTokens;
}

export function ceilToPage(tokens: number): number {
  return Math.ceil(tokens / kvPageTokens) * kvPageTokens;
}

/**
 * The share of memory the engine may use for weights and KV (SGLang `mem-fraction-static`): all but what graphs,
 * activations and dispatch buffers take afterwards. Two decimals, as engines and recipes write it.
 */
export function staticFraction(memory: MemoryPlan): number {
  const share = (memory.usableGib - memory.dispatchGib - memory.workspaceGib) / memory.usableGib;
  return Math.min(0.95, Math.round(share * 100) / 100);
}

/** KV tokens an engine finds room for when it may fill `fraction` of the memory and has no other cap. */
export function poolTokensAtFraction(memory: MemoryPlan, fraction: number, bytesPerToken: number): number {
  const poolGib = memory.usableGib * fraction - memory.weightsGib;
  return floorToPage((poolGib * gib) / bytesPerToken);
}

/**
 * Bytes of KV per token on one GPU, all layers. Latent attention stores the same entry on every tensor-parallel rank;
 * grouped attention is split over them as far as there are KV heads.
 */
export function kvBytesPerToken(
  shape: ModelShape,
  type: KvCacheType,
  parallel: Pick<ParallelPlan, "tensor" | "data">,
  speculates: boolean,
): number {
  const layers = shape.layers + (speculates ? shape.predictionLayers : 0);
  const { attention } = shape;
  if (attention.kind === "latent") {
    return layers * latentEntryBytes(attention.kvRank, attention.ropeDimension, type, attention.indexBytes);
  }
  const attentionTensor = parallel.tensor / parallel.data;
  const elements = (2 * attention.kvHeads * attention.headDimension) / Math.min(attentionTensor, attention.kvHeads);
  return layers * elements * (type === "fp8" ? 1 : 2);
}

/** Sparse attention keeps its FP8 entry as 512 values, a scale per 128 and BF16 rope: 656 bytes (vLLM flashmla_sparse). */
function latentEntryBytes(kvRank: number, rope: number, type: KvCacheType, indexBytes: number | undefined): number {
  if (type === "bf16") return 2 * (kvRank + rope) + (indexBytes ?? 0);
  if (indexBytes === undefined) return kvRank + rope;
  return kvRank + (kvRank / 128) * 4 + 2 * rope + indexBytes;
}

function weightBytesPerGpu(request: MemoryRequest): number {
  const { checkpoint, parallel, physicalExperts, speculates } = request;
  const { shape } = checkpoint;
  const expert = bytesPerParameter[checkpoint.expertFormat];
  const attention = bytesPerParameter[checkpoint.attentionFormat];
  const expertParameters = 3 * shape.hidden * shape.expertIntermediate;
  const sharedBytes = shape.sharedExperts * expertParameters * expert;
  const routerBytes = shape.hidden * shape.routedExperts * bytesPerParameter.bf16;
  const attentionBytes = attentionParametersPerGpu(shape, parallel) * attention;
  // Experts are spread over all GPUs of the worker, by rank or by slicing each one.
  const expertBytes = (physicalExperts / parallel.tensor) * expertParameters * expert;

  const expertLayer = attentionBytes + expertBytes + sharedBytes / parallel.denseTensor + routerBytes;
  const denseLayer = attentionBytes + (3 * shape.hidden * shape.denseIntermediate * expert) / parallel.denseTensor;
  const embedding = shape.vocabulary * shape.hidden * bytesPerParameter.bf16 * (shape.tiedEmbedding ? 1 : 2);
  // Under DP attention every rank holds the whole embedding and head (dp-lm-head); otherwise they are split.
  const embeddingPerGpu = parallel.data > 1 ? embedding : embedding / parallel.tensor;
  const prediction = speculates
    ? shape.predictionLayers * (expertLayer + 2 * shape.hidden * shape.hidden * bytesPerParameter.bf16)
    : 0;
  return expertLayers(shape) * expertLayer + shape.denseLayers * denseLayer + embeddingPerGpu + prediction;
}

/** Parameters of one attention layer on one GPU: projections by head are split, those of the latents are not. */
function attentionParametersPerGpu(shape: ModelShape, parallel: ParallelPlan): number {
  const tensor = parallel.tensor / parallel.data;
  const { attention, hidden } = shape;
  if (attention.kind === "grouped") {
    const kvTensor = Math.min(tensor, attention.kvHeads);
    return hidden * attention.headDimension * ((2 * attention.heads) / tensor + (2 * attention.kvHeads) / kvTensor);
  }
  const down = hidden * (attention.queryRank + attention.kvRank + attention.ropeDimension);
  const up =
    attention.queryRank * attention.heads * (attention.nopeDimension + attention.ropeDimension) +
    attention.kvRank * attention.heads * (attention.nopeDimension + attention.valueDimension) +
    attention.heads * attention.valueDimension * hidden;
  return down + up / tensor;
}

function dispatchBytes(request: MemoryRequest): number {
  const { parallel, checkpoint } = request;
  switch (parallel.dispatch) {
    case "low-latency":
      return lowLatencyBufferBytes(checkpoint.shape.hidden, request.physicalExperts, request.dispatchTokensPerRank);
    case "nvlink":
      return nvlinkBufferBytes(checkpoint.shape.hidden, parallel.expert, stepTokens(request));
    case "normal":
    case "none":
      return 0;
  }
}

/**
 * Activations of a prefill pass. Where attention is split by heads, so is most of what a token leaves behind: NVIDIA's
 * 8k/1k recipe computes 131072 tokens in a pass on 4 GPUs (srt-slurm gb200-fp4/8k1k/max-tpt), where weights and KV leave
 * 0.58 MiB for each.
 */
function mibPerPassToken({ data }: ParallelPlan): number {
  return data > 1 ? 1.5 : 0.5;
}

/** Tokens of the largest step: a prefill pass, or one per request of the largest graph. */
function stepTokens({ tokensPerForwardPerRank, largestGraphBatch }: MemoryRequest): number {
  return Math.max(tokensPerForwardPerRank, largestGraphBatch);
}

/**
 * Buffers of an exchange over NVLink: every peer writes its tokens into a part of its own and reads its results from one,
 * in BF16 (TensorRT-LLM moeAlltoAllKernels). 1.75 GiB for 4 ranks with passes of 16384 tokens at DeepSeek's width.
 */
export function nvlinkBufferBytes(hidden: number, ranks: number, tokens: number): number {
  return ranks * tokens * 2 * 2 * hidden;
}

/**
 * Size of DeepEP's low-latency buffer (deepseek-ai/DeepEP csrc/config.hpp, 030cdf0a): send and receive, twice, for
 * `cap` tokens to every physical expert. 16.0 GiB at 1024 tokens and 288 experts of DeepSeek's width.
 */
export function lowLatencyBufferBytes(hidden: number, physicalExperts: number, capTokens: number): number {
  const scales = (4 * hidden) / 128;
  const dispatchMessage = 16 + Math.max(2 * hidden, hidden + scales);
  const combineMessage = scales + 2 * hidden;
  const send = Math.max(capTokens * dispatchMessage, physicalExperts * capTokens * combineMessage);
  const receive = Math.max(physicalExperts * capTokens * dispatchMessage, physicalExperts * capTokens * combineMessage);
  return 2 * (send + receive);
}

/**
 * Graphs, activations and workspaces.
 *
 * - Low-latency decode: with the dispatch buffers together 4 GiB and 1.15 x 84 kB per expert and dispatched token, at
 *   DeepSeek's width; calibrated on source 001's log (31.07 GiB taken by graph capture at 1024 tokens, 288 experts).
 * - Over the NVLink domain: half a GiB and 1.5 MiB per token of a step, at least 10 GiB like below. Not calibrated: no log
 *   of it is published.
 * - Otherwise SGLang's own reserve (server_args `mem_fraction_static` heuristic): 0.5 GiB, 1.5 MiB per token of a
 *   prefill pass (`mibPerPassToken`), 1 GiB per 8 GPUs, 2 MiB per graph batch entry and 3 MiB per entry and attention rank, half more
 *   for large graphs, at least 10 GiB.
 */
function workspaceBytes(request: MemoryRequest, dispatchBytes: number): number {
  const { parallel, checkpoint, largestGraphBatch } = request;
  if (parallel.dispatch === "low-latency") {
    const width = checkpoint.shape.hidden / 7168;
    const together = 4 * gib + 1.15 * 84e3 * width * request.physicalExperts * request.dispatchTokensPerRank;
    return Math.max(together - dispatchBytes, 4 * gib);
  }
  if (parallel.dispatch === "nvlink") return Math.max((512 + 1.5 * stepTokens(request)) * mib, 10 * gib);
  const perAttentionRank = parallel.data > 1 ? 3 * parallel.data * (largestGraphBatch > 300 ? 1.5 : 1) : 0;
  const reserveMib =
    512 +
    mibPerPassToken(parallel) * request.tokensPerForwardPerRank +
    (parallel.tensor / 8) * 1024 +
    largestGraphBatch * (2 + perAttentionRank);
  return Math.max(reserveMib * mib, 10 * gib);
}
