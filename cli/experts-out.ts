import { expertLocationJson } from "../src/engines/sglang/expert-location";
import { loadBalancerYaml } from "../src/engines/trtllm/load-balancer-file";
import type { ExpertPlacement } from "../src/plan/experts/placement";
import type { ExpertRecording } from "../src/plan/experts/recording";
import { denseLayers } from "./experts-files";

/**
 * Prediction layers that TensorRT-LLM may ask for: no known checkpoint has more than one, and a row that is not asked
 * for is not read.
 */
const predictionLayers = 1;

/** The placement as the engine reads it. */
export function placementFileOf(
  engine: "sglang" | "trtllm",
  { physicalToLogical }: ExpertPlacement,
  recording: ExpertRecording,
): string {
  if (engine === "sglang") return expertLocationJson(physicalToLogical);
  const shape = { denseLayers: denseLayers(recording), predictionLayers, routedExperts: recording.experts };
  return loadBalancerYaml(physicalToLogical, physicalToLogical[0]?.length ?? 0, shape);
}
