import { checkImage } from "../../src/manifests/image";
import type { EngineName } from "../../src/plan/intent";
import type { Problem } from "../../src/problems";
import type { Recipe } from "./recipe";

/**
 * What runs a recipe that names no image: those the published GB200 recipes of DeepSeek-R1 were run with (InferenceX
 * #633 and #635 for SGLang and TensorRT-LLM). No recipe runs vLLM on Ray on GB200; that is the newest Ray with its vLLM.
 */
export const usualEngines: Readonly<Record<EngineName, Recipe["engine"]>> = {
  sglang: { name: "sglang", version: "0.5.8", image: "lmsysorg/sglang:v0.5.8-cu130" },
  trtllm: { name: "trtllm", version: "0.8.1", image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:0.8.1.post2" },
  vllm: { name: "vllm", version: "0.29.0", image: "rayproject/ray-llm:2.60.0-py312-cu130" },
};

export interface NamedEngine {
  readonly engine: Recipe["engine"];
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

/**
 * The engine of a recipe by the container it names. Aliases of a cluster's own files say nothing here, and enroot writes
 * a hash where Kubernetes wants a slash.
 */
export function namedEngine(path: string, name: EngineName, container: string | undefined): NamedEngine {
  const usual = usualEngines[name];
  if (container === undefined) return { engine: usual, problems: [], notes: [] };
  const image = container.replace("#", "/");
  if (image.endsWith(".sqsh") || !/[/:]/.test(image))
    return { engine: usual, problems: [], notes: [alias(path, container, usual)] };
  const problems = checkImage(image).map((problem) => ({ ...problem, path }));
  const version = /:v?(\d+\.\d+\.\d+(?:\.post\d+)?)/.exec(image)?.[1];
  const engine = { ...usual, image, version: version ?? usual.version };
  const notes = version === undefined && problems.length === 0 ? [unnumbered(path, image, usual)] : [];
  return { engine, problems, notes };
}

function alias(path: string, container: string, usual: Recipe["engine"]): Problem {
  return {
    path,
    what: `"${container}" is not an image`,
    rule: "aliases and image files belong to the cluster that they were made on",
    fix: `${usual.image} stands in; name yours with IMAGE`,
  };
}

function unnumbered(path: string, image: string, usual: Recipe["engine"]): Problem {
  return {
    path,
    what: `${image} does not say which version of ${usual.name} it has`,
    rule: "flags are rendered for a version",
    fix: `${usual.version} is assumed; correct engine.version in the stack`,
  };
}
