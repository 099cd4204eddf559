import type { ParallelPlan } from "../../plan/intent";

/**
 * How a worker is cut, in the words of NVIDIA's recipes: `dep` gives every GPU its own requests and experts, `tep`
 * splits attention by heads and gives every GPU its own experts, `tp` splits both.
 */
export type Shape = "dep" | "tep" | "tp";

export function shapeOf({ data, expert }: Pick<ParallelPlan, "data" | "expert">): Shape {
  if (data > 1) return "dep";
  return expert > 1 ? "tep" : "tp";
}

/** `DEP32`: the name that recipes, logs and people use. */
export function shapeName(parallel: ParallelPlan): string {
  return `${shapeOf(parallel).toUpperCase()}${parallel.tensor}`;
}

/** The process groups as TensorRT-LLM wants to be told; its data-parallel size is the tensor-parallel one. */
export interface GroupSizes {
  readonly tensor_parallel_size: number;
  readonly moe_expert_parallel_size: number;
  readonly pipeline_parallel_size: 1;
  readonly enable_attention_dp: boolean;
}

export function groupSizes(parallel: ParallelPlan): GroupSizes {
  return {
    tensor_parallel_size: parallel.tensor,
    moe_expert_parallel_size: parallel.expert,
    pipeline_parallel_size: 1,
    enable_attention_dp: parallel.data > 1,
  };
}
