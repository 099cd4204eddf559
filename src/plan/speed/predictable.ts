import type { AttentionSplit } from "../intent";
import { modelShapes, type Checkpoint } from "../model-shape";

/** What a prediction needs to know of a pool. */
export interface SpeedQuestion {
  readonly checkpoint: Checkpoint;
  readonly attention: AttentionSplit;
}

/**
 * Why nothing can be predicted, or `undefined` when something can. Operations were measured for DeepSeek-V3's layers;
 * models with the same layers and other counts go through the same tables (`shapeUncertainty` pays for it), all others
 * are refused: a wrong number is worse than none.
 */
export function whyUnpredictable({ checkpoint, attention }: SpeedQuestion): string | undefined {
  const { shape } = checkpoint;
  if (shape.attention.kind !== "latent")
    return `operations were measured for latent attention, ${shape.name} has another`;
  if (shape.attention.indexBytes !== undefined) {
    return `${shape.name} attends to a chosen part of its context, and that was not measured`;
  }
  const { hidden, expertIntermediate, expertsPerToken } = modelShapes["deepseek-v3"];
  const sameLayers =
    shape.hidden === hidden &&
    shape.expertIntermediate === expertIntermediate &&
    shape.expertsPerToken === expertsPerToken &&
    shape.attention.kvRank === 512;
  if (!sameLayers) return `operations were measured for layers of another width than ${shape.name}'s`;
  if (shape.attention.heads !== 128 && shape.attention.heads !== 64) {
    return `attention was measured with 128 and 64 heads, ${shape.name} has ${shape.attention.heads}`;
  }
  if (attention === "tensor") return "attention split by heads has no published end-to-end measurement on GB200";
  return undefined;
}

/** DeepSeek-V3 and R1 are what was measured; others only share its layers. */
export function shapeUncertainty({ shape }: Checkpoint): number {
  const { layers, routedExperts } = modelShapes["deepseek-v3"];
  return shape.layers === layers && shape.routedExperts === routedExperts ? 0 : 0.25;
}
