/** Multi-head latent attention: one compressed KV entry per token and layer, the same on every tensor-parallel rank. */
export interface LatentAttention {
  readonly kind: "latent";
  readonly heads: number;
  readonly queryRank: number;
  readonly kvRank: number;
  readonly ropeDimension: number;
  readonly nopeDimension: number;
  readonly valueDimension: number;
  /** DeepSeek Sparse Attention keeps an index beside the KV entry: bytes per token and layer. */
  readonly indexBytes?: number;
}

/** Grouped-query attention: keys and values per KV head. */
export interface GroupedAttention {
  readonly kind: "grouped";
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDimension: number;
}

/** The architecture of a mixture-of-experts model, as its config.json states it. */
export interface ModelShape {
  readonly name: string;
  readonly layers: number;
  /** The first layers have a dense MLP and no experts. */
  readonly denseLayers: number;
  readonly hidden: number;
  readonly attention: LatentAttention | GroupedAttention;
  readonly routedExperts: number;
  readonly expertsPerToken: number;
  readonly sharedExperts: number;
  readonly expertIntermediate: number;
  readonly denseIntermediate: number;
  readonly vocabulary: number;
  readonly maxContextTokens: number;
  /** Multi-token-prediction layers in the checkpoint. */
  readonly predictionLayers: number;
  /** Embedding and output head share their weights. */
  readonly tiedEmbedding: boolean;
}

const deepSeekAttention: LatentAttention = {
  kind: "latent",
  heads: 128,
  queryRank: 1536,
  kvRank: 512,
  ropeDimension: 64,
  nopeDimension: 128,
  valueDimension: 128,
};

const deepSeekV3: ModelShape = {
  name: "DeepSeek-V3",
  layers: 61,
  denseLayers: 3,
  hidden: 7168,
  attention: deepSeekAttention,
  routedExperts: 256,
  expertsPerToken: 8,
  sharedExperts: 1,
  expertIntermediate: 2048,
  denseIntermediate: 18432,
  vocabulary: 129280,
  maxContextTokens: 163840,
  predictionLayers: 1,
  tiedEmbedding: false,
};

/**
 * Architectures, from the models' own config.json (read as copies in ai-dynamo/aiconfigurator model_configs, 095f58a5).
 * A further model joins by a row here and a checkpoint in `checkpoints`.
 */
export const modelShapes = {
  "deepseek-v3": deepSeekV3,
  // Same layers as V3; 128 FP8 index elements and a 4-byte scale per token and layer (DSA, SGLang DSATokenToKVPool).
  "deepseek-v3.2": {
    ...deepSeekV3,
    name: "DeepSeek-V3.2",
    attention: { ...deepSeekAttention, indexBytes: 132 },
  },
  "kimi-k2": {
    ...deepSeekV3,
    name: "Kimi-K2",
    denseLayers: 1,
    attention: { ...deepSeekAttention, heads: 64 },
    routedExperts: 384,
    vocabulary: 163840,
    maxContextTokens: 131072,
    predictionLayers: 0,
  },
  "qwen3-235b": {
    name: "Qwen3-235B-A22B",
    layers: 94,
    denseLayers: 0,
    hidden: 4096,
    attention: { kind: "grouped", heads: 64, kvHeads: 4, headDimension: 128 },
    routedExperts: 128,
    expertsPerToken: 8,
    sharedExperts: 0,
    expertIntermediate: 1536,
    denseIntermediate: 12288,
    vocabulary: 151936,
    maxContextTokens: 40960,
    predictionLayers: 0,
    tiedEmbedding: false,
  },
} as const satisfies Record<string, ModelShape>;

/** How a checkpoint stores weights. */
export type WeightFormat = "nvfp4" | "fp8" | "bf16";

/**
 * Bytes per parameter with scales: NVFP4 is 4 bits and one FP8 scale per 16 values; block-scaled FP8 has one FP32
 * scale per 128 x 128 block, which is nothing.
 */
export const bytesPerParameter: Readonly<Record<WeightFormat, number>> = { nvfp4: 0.5625, fp8: 1, bf16: 2 };

/** A published checkpoint: an architecture, and the format of each part of its weights. */
export interface Checkpoint {
  readonly preset: string;
  readonly shape: ModelShape;
  /** Where it is published. */
  readonly repository: string;
  readonly expertFormat: WeightFormat;
  readonly attentionFormat: WeightFormat;
  /** Bytes on disk. */
  readonly checkpointBytes: number;
  /**
   * GiB per GPU beyond what the shapes add up to (absorbed projections, scales, allocator rounding).
   * Calibrated where a launch log is published, else the same amount, and then `uncalibrated`.
   */
  readonly residentOverheadGib: number;
  readonly calibration: "calibrated" | "uncalibrated";
  readonly source: string;
}

const GB = 1e9;

/** Checkpoints by the name a stack config uses. */
export const checkpoints = {
  "deepseek-r1-nvfp4": {
    preset: "deepseek-r1-nvfp4",
    shape: { ...modelShapes["deepseek-v3"], name: "DeepSeek-R1" },
    repository: "nvidia/DeepSeek-R1-0528-NVFP4-v2",
    expertFormat: "nvfp4",
    attentionFormat: "bf16",
    checkpointBytes: 400 * GB,
    residentOverheadGib: 0.9,
    calibration: "calibrated",
    source: "source 001 launch log: 35.97 GiB with 6 slots per GPU, of which 27.94 GiB outside the routed experts",
  },
  "deepseek-r1-fp8": {
    preset: "deepseek-r1-fp8",
    shape: { ...modelShapes["deepseek-v3"], name: "DeepSeek-R1" },
    repository: "deepseek-ai/DeepSeek-R1-0528",
    expertFormat: "fp8",
    attentionFormat: "fp8",
    checkpointBytes: 688 * GB,
    residentOverheadGib: 0.9,
    calibration: "uncalibrated",
    source: "shapes only; no launch log is published",
  },
  "deepseek-v3-fp8": {
    preset: "deepseek-v3-fp8",
    shape: modelShapes["deepseek-v3"],
    repository: "deepseek-ai/DeepSeek-V3-0324",
    expertFormat: "fp8",
    attentionFormat: "fp8",
    checkpointBytes: 688 * GB,
    residentOverheadGib: 0.9,
    calibration: "uncalibrated",
    source: "shapes only; no launch log is published",
  },
  "deepseek-v3.2-fp8": {
    preset: "deepseek-v3.2-fp8",
    shape: modelShapes["deepseek-v3.2"],
    repository: "deepseek-ai/DeepSeek-V3.2",
    expertFormat: "fp8",
    attentionFormat: "fp8",
    checkpointBytes: 690 * GB,
    residentOverheadGib: 0.9,
    calibration: "uncalibrated",
    source: "shapes only; no launch log is published",
  },
  "kimi-k2-nvfp4": {
    preset: "kimi-k2-nvfp4",
    shape: modelShapes["kimi-k2"],
    repository: "nvidia/Kimi-K2-Thinking-NVFP4",
    expertFormat: "nvfp4",
    attentionFormat: "bf16",
    checkpointBytes: 594 * GB,
    residentOverheadGib: 0.9,
    calibration: "uncalibrated",
    source: "shapes only; no launch log is published",
  },
  "qwen3-235b-fp8": {
    preset: "qwen3-235b-fp8",
    shape: modelShapes["qwen3-235b"],
    repository: "Qwen/Qwen3-235B-A22B-FP8",
    expertFormat: "fp8",
    attentionFormat: "fp8",
    checkpointBytes: 238 * GB,
    residentOverheadGib: 0.9,
    calibration: "uncalibrated",
    source: "shapes only; no launch log is published",
  },
} as const satisfies Record<string, Checkpoint>;

export type CheckpointPreset = keyof typeof checkpoints;

export function findCheckpoint(preset: string): Checkpoint | undefined {
  return Object.hasOwn(checkpoints, preset) ? checkpoints[preset as CheckpointPreset] : undefined;
}

/** Layers whose MLP is a mixture of experts. */
export function expertLayers(shape: ModelShape): number {
  return shape.layers - shape.denseLayers;
}
