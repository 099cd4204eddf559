import type { EngineArgs } from "../../src/components/engine-args";

/** One way of running an engine, for what must hold for all of them. */
export interface EngineCase {
  readonly title: string;
  readonly engine: EngineArgs & { readonly image: string };
  /** The object whose controller makes the engine pods. */
  readonly workload: string;
  /** Version of the graph API, where it is not the usual one. */
  readonly graphVersion?: "v1beta1";
  /** Image of the proxy, where none is known by version. */
  readonly routerImage?: string;
}

/** Every engine under every orchestrator that it can have. */
export const engineCases: readonly EngineCase[] = [
  {
    title: "SGLang",
    engine: { name: "sglang", version: "0.5.8", image: "lmsysorg/sglang:v0.5.8-cu130" },
    workload: "LeaderWorkerSet",
  },
  {
    title: "vLLM on Ray Serve",
    engine: { name: "vllm", version: "0.29.0", image: "rayproject/ray-llm:2.60.0-py312-cu130" },
    workload: "RayService",
  },
  {
    title: "vLLM without Ray",
    engine: {
      name: "vllm",
      version: "0.33.0",
      image: "vllm/vllm-openai:v0.33.0",
      orchestrator: "leader-worker-set",
    },
    routerImage: "registry.example/vllm-router:0.1.17",
    workload: "LeaderWorkerSet",
  },
  {
    title: "TensorRT-LLM on Dynamo",
    engine: { name: "trtllm", version: "1.6.1", image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1" },
    workload: "DynamoGraphDeployment",
  },
  {
    title: "TensorRT-LLM on Dynamo, v1beta1",
    engine: { name: "trtllm", version: "1.6.1", image: "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1" },
    workload: "DynamoGraphDeployment",
    graphVersion: "v1beta1",
  },
];
