import { asSettings, numberOf, textOf, type SrtRole } from "./srt-document";

/** The settings of one TensorRT-LLM role that a plan depends on. They are per rank, as here. */
export interface TrtllmRole {
  readonly path: string;
  readonly workers: number;
  readonly nodeGpus?: number;
  readonly tensor: number;
  readonly pipeline: number;
  readonly expert: number;
  readonly attentionDp: boolean;
  readonly batch: number;
  readonly tokens: number;
  readonly sequence?: number;
  readonly buffer?: number;
  readonly graphs?: readonly number[];
  readonly kvCache?: string;
  readonly slots: number;
  readonly movesExperts: boolean;
  readonly drafts: number;
}

/** Settings that are read below. */
export const trtllmSettings: ReadonlySet<string> = new Set([
  "tensor_parallel_size",
  "pipeline_parallel_size",
  "moe_expert_parallel_size",
  "enable_attention_dp",
  "max_batch_size",
  "max_num_tokens",
  "max_seq_len",
  "speculative_config",
]);

export function trtllmRole({ args, argsPath, nodes, workers, gpus }: SrtRole, gpusPerNode: number): TrtllmRole {
  const kv = asSettings(args.kv_cache_config);
  const balancer = asSettings(asSettings(args.moe_config).load_balancer);
  const graphs = asSettings(args.cuda_graph_config).batch_sizes;
  const tensor = numberOf(args.tensor_parallel_size) ?? 1;
  const nodeGpus = gpus ?? (nodes === undefined || workers === undefined ? undefined : (nodes * gpusPerNode) / workers);
  const sequence = numberOf(args.max_seq_len);
  const buffer = numberOf(asSettings(args.cache_transceiver_config).max_tokens_in_buffer);
  const kvCache = textOf(kv.dtype);
  return {
    path: argsPath,
    workers: workers ?? 0,
    ...(nodeGpus === undefined ? {} : { nodeGpus }),
    tensor,
    pipeline: numberOf(args.pipeline_parallel_size) ?? 1,
    expert: numberOf(args.moe_expert_parallel_size) ?? tensor,
    attentionDp: args.enable_attention_dp === true,
    batch: numberOf(args.max_batch_size) ?? 1,
    tokens: numberOf(args.max_num_tokens) ?? 0,
    ...(sequence === undefined ? {} : { sequence }),
    ...(buffer === undefined ? {} : { buffer }),
    ...(Array.isArray(graphs) ? { graphs: graphs.map(numberOf).filter((size) => size !== undefined) } : {}),
    ...(kvCache === undefined ? {} : { kvCache }),
    slots: numberOf(balancer.num_slots) ?? 0,
    movesExperts: (numberOf(balancer.layer_updates_per_iter) ?? 0) > 0,
    drafts: numberOf(asSettings(args.speculative_config).num_nextn_predict_layers) ?? 0,
  };
}
