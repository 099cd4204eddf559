import { numberOf, textOf, type SrtRole } from "./srt-document";

/** What SGLang would run with unless it is told. */
const usualDispatchTokens = 128;

/** The flags of one role that a plan depends on. Global ones are still global here. */
export interface SglangRole {
  readonly path: string;
  readonly envPath: string;
  readonly workers?: number;
  /** GPUs of a worker by the recipe's nodes, to hold the parallel sizes against. */
  readonly nodeGpus?: number;
  readonly tp: number;
  readonly dp: number;
  readonly ep: number;
  readonly dpAttention: boolean;
  readonly moeDenseTp?: number;
  readonly chunk?: number;
  readonly maxPrefill?: number;
  readonly maxRunning?: number;
  readonly maxTotal?: number;
  readonly context?: number;
  readonly memoryFraction?: number;
  readonly quantization?: string;
  readonly kvCache?: string;
  readonly graphs?: readonly number[];
  readonly graphMax?: number;
  readonly redundant: number;
  readonly dynamicExperts: boolean;
  readonly expertLocation?: string;
  readonly a2a: string;
  readonly deepepMode: string;
  readonly runner?: string;
  readonly reserved?: number;
  readonly draftSteps: number;
  /** Tokens of a step: drafts and the one that verifies them. */
  readonly draftTokens: number;
  readonly topk: number;
  readonly cap: number;
  readonly twoBatchOverlap: boolean;
  readonly pipeline: number;
  readonly mode?: string;
  readonly transfer?: string;
}

/** Flags that are read below, by all their spellings. */
export const sglangFlags: ReadonlySet<string> = new Set([
  "tp-size",
  "tensor-parallel-size",
  "dp-size",
  "data-parallel-size",
  "ep-size",
  "expert-parallel-size",
  "enable-dp-attention",
  "moe-dense-tp-size",
  "chunked-prefill-size",
  "max-prefill-tokens",
  "max-running-requests",
  "max-total-tokens",
  "context-length",
  "mem-fraction-static",
  "quantization",
  "kv-cache-dtype",
  "cuda-graph-bs",
  "cuda-graph-max-bs",
  "ep-num-redundant-experts",
  "enable-eplb",
  "init-expert-location",
  "moe-a2a-backend",
  "deepep-mode",
  "num-reserved-decode-tokens",
  "speculative-algorithm",
  "speculative-num-steps",
  "speculative-eagle-topk",
  "speculative-num-draft-tokens",
  "disaggregation-mode",
  "enable-two-batch-overlap",
  "pp-size",
  "pipeline-parallel-size",
]);

export function sglangRole(role: SrtRole, gpusPerNode: number): SglangRole {
  const { args, env } = role;
  const number = (...names: readonly string[]): number | undefined =>
    names.map((name) => numberOf(args[name])).find((value) => value !== undefined);
  const text = (name: string): string | undefined => textOf(args[name]);
  const tp = number("tp-size", "tensor-parallel-size") ?? 1;
  const steps = number("speculative-num-steps") ?? 0;
  const nodeGpus = gpusOfNodes(role, gpusPerNode);
  return defined({
    path: role.argsPath,
    envPath: role.envPath,
    workers: role.workers,
    nodeGpus,
    tp,
    dp: number("dp-size", "data-parallel-size") ?? 1,
    ep: number("ep-size", "expert-parallel-size") ?? 1,
    dpAttention: args["enable-dp-attention"] === true,
    moeDenseTp: number("moe-dense-tp-size"),
    chunk: number("chunked-prefill-size"),
    maxPrefill: number("max-prefill-tokens"),
    maxRunning: number("max-running-requests"),
    maxTotal: number("max-total-tokens"),
    context: number("context-length"),
    memoryFraction: number("mem-fraction-static"),
    quantization: text("quantization"),
    kvCache: text("kv-cache-dtype"),
    graphs: numbers(args["cuda-graph-bs"]),
    graphMax: number("cuda-graph-max-bs"),
    redundant: number("ep-num-redundant-experts") ?? 0,
    dynamicExperts: args["enable-eplb"] === true,
    expertLocation: text("init-expert-location"),
    a2a: text("moe-a2a-backend") ?? "none",
    deepepMode: text("deepep-mode") ?? "auto",
    runner: text("moe-runner-backend"),
    reserved: number("num-reserved-decode-tokens"),
    draftSteps: steps,
    draftTokens: number("speculative-num-draft-tokens") ?? steps + 1,
    topk: number("speculative-eagle-topk") ?? 1,
    cap: numberOf(env.SGLANG_DEEPEP_NUM_MAX_DISPATCH_TOKENS_PER_RANK) ?? usualDispatchTokens,
    twoBatchOverlap: args["enable-two-batch-overlap"] === true,
    pipeline: number("pp-size", "pipeline-parallel-size") ?? 1,
    mode: text("disaggregation-mode"),
    transfer: text("disaggregation-transfer-backend"),
  });
}

/** GPUs of one worker by its share of the role's nodes. */
function gpusOfNodes({ nodes, workers, gpus }: SrtRole, gpusPerNode: number): number | undefined {
  if (gpus !== undefined) return gpus;
  return nodes === undefined || workers === undefined ? undefined : (nodes * gpusPerNode) / workers;
}

/** Requests one rank runs at once; the engine divides the global number by its ranks. */
export function runningPerRank({ maxRunning, dp }: SglangRole): number | undefined {
  return maxRunning === undefined ? undefined : Math.floor(maxRunning / dp);
}

export function largestGraph({ graphs, graphMax }: SglangRole): number | undefined {
  if (graphs === undefined) return graphMax;
  return graphMax === undefined ? Math.max(...graphs) : Math.min(graphMax, Math.max(...graphs));
}

function numbers(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const read = value.map(numberOf).filter((number) => number !== undefined);
  return read.length === 0 ? undefined : read;
}

/** The object without keys whose value is undefined. */
function defined<T extends object>(value: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
