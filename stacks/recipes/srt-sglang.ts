import { kvPageTokens } from "../../src/plan/memory";
import type { Problem } from "../../src/problems";
import { leftOutOf, variablesOf, type Reasons } from "./left-out";
import type { LeftOut, Recipe, RecipeDecode, RecipePrefill } from "./recipe";
import { concurrenciesOf, type SrtDocument, type SrtRole } from "./srt-document";
import { largestGraph, runningPerRank, sglangFlags, sglangRole, type SglangRole } from "./srt-sglang-role";
import { checkSglangDecode, checkSglangLimits, checkSglangPrefill, checkSglangRole } from "./srt-sglang-rules";

/** What an engine's reader makes of both roles. */
export interface EngineReading {
  readonly prefill: RecipePrefill;
  readonly decode: RecipeDecode;
  readonly experts: Recipe["experts"];
  readonly draftTokens: number;
  readonly problems: readonly Problem[];
  /** Limits that a smaller batch keeps; the batch read is that one. */
  readonly limits: readonly Problem[];
  readonly notes: readonly Problem[];
  readonly leftOut: readonly LeftOut[];
}

/** Switches that every version of SGLang knows and the library does not render: they are carried as they are. */
const carriedFlags = ["enable-symm-mem", "scheduler-recv-interval"];

/** SGLang's default chunk on GPUs of at least 160 GB. */
const usualChunk = 16384;

/**
 * Reads the flags of an SGLang recipe. `chunked-prefill-size` and `max-running-requests` are global there and divided by
 * the ranks here; prefill tokens, KV tokens, graph sizes and the dispatch cap are per rank in both (SGLang
 * parallel_hook).
 */
export function readSglang(document: SrtDocument, preset: Recipe["preset"]): EngineReading {
  const prefill = sglangRole(document.prefill, document.gpusPerNode);
  const decode = sglangRole(document.decode, document.gpusPerNode);
  const parts = [carried(document.prefill), carried(document.decode)] as const;
  const batch = batchOf(decode, concurrenciesOf(document.benchmark.concurrencies));
  return {
    prefill: { ...prefillOf(prefill), ...parts[0].extras },
    decode: { ...decodeOf(decode, batch), ...parts[1].extras },
    experts: expertsOf(decode),
    draftTokens: decode.draftSteps,
    problems: [
      ...checkSglangRole(prefill, "prefill", preset),
      ...checkSglangPrefill(prefill),
      ...checkSglangRole(decode, "decode", preset),
      ...checkSglangDecode(decode),
      ...checkBoth(prefill, decode),
    ],
    limits: checkSglangLimits(decode),
    notes: notesOf(prefill, decode, batch),
    leftOut: [
      ...parts[0].leftOut,
      ...prefillExperts(prefill),
      ...unlimitedMemory(prefill),
      ...decodeChunk(decode),
      ...unlimitedMemory(decode),
      ...parts[1].leftOut,
    ],
  };
}

function prefillOf(role: SglangRole): RecipePrefill {
  const chunk = Math.floor((role.chunk ?? usualChunk) / role.dp);
  const running = runningPerRank(role);
  const beyondChunk = role.maxPrefill !== undefined && role.maxPrefill > chunk;
  return {
    ...shared(role),
    // A pass ends at the smaller of both: what is admitted, and what is computed.
    tokensPerForwardPerRank: Math.min(chunk, role.maxPrefill ?? chunk),
    ...(beyondChunk ? { prefillTokensPerRank: role.maxPrefill } : {}),
    ...(running === undefined ? {} : { runningRequestsPerRank: running }),
  };
}

/** Without a limit the engine admits what its KV holds; the recipe means to run what its benchmark keeps in flight. */
function batchOf(role: SglangRole, concurrencies: readonly number[]): number {
  const running = runningPerRank(role);
  if (running !== undefined) return Math.min(running, ...limitsOf(role));
  const graph = largestGraph(role) ?? 1;
  if (concurrencies.length === 0) return graph;
  return Math.min(graph, Math.ceil(Math.max(...concurrencies) / ((role.workers ?? 1) * role.dp)));
}

function limitsOf(role: SglangRole): readonly number[] {
  const graph = largestGraph(role);
  const dispatch = role.a2a === "deepep" ? [Math.floor(role.cap / role.draftTokens)] : [];
  return graph === undefined ? dispatch : [...dispatch, graph];
}

function decodeOf(role: SglangRole, batchPerRank: number): RecipeDecode {
  const graph = largestGraph(role);
  return {
    ...shared(role),
    batchPerRank,
    ...(role.a2a === "deepep" ? { dispatchTokensPerRank: role.cap } : {}),
    ...(role.graphs === undefined ? {} : { graphBatchSizes: role.graphs.filter((size) => size <= (graph ?? size)) }),
    ...(role.reserved === undefined ? {} : { reservedDecodeTokens: role.reserved }),
  };
}

function shared(role: SglangRole): Omit<RecipePrefill, "tokensPerForwardPerRank"> {
  return {
    workers: role.workers ?? 0,
    gpusPerWorker: role.tp,
    attention: role.dp > 1 ? "data" : "tensor",
    ...(role.context === undefined ? {} : { contextTokens: role.context }),
    ...(role.maxTotal === undefined
      ? {}
      : { kvTokensPerRank: Math.floor(role.maxTotal / kvPageTokens) * kvPageTokens }),
    ...(role.kvCache === undefined ? {} : { kvCacheType: role.kvCache.includes("fp8") ? "fp8" : "bf16" }),
    // Without a limit in tokens the fraction is one in disguise, and the planner has its own.
    ...(role.memoryFraction === undefined || role.maxTotal === undefined
      ? {}
      : { staticMemoryFraction: role.memoryFraction }),
  };
}

/** No published file moves experts or loads a placement; replicas then stand in trivial order. */
function expertsOf({ redundant, dynamicExperts }: SglangRole): Recipe["experts"] {
  return { mode: dynamicExperts ? "dynamic" : "off", redundant };
}

function checkBoth(prefill: SglangRole, decode: SglangRole): readonly Problem[] {
  const problems: Problem[] = [];
  const drafts = [prefill.draftSteps, decode.draftSteps] as const;
  if (drafts[0] !== drafts[1]) {
    problems.push({
      path: `${decode.path}.speculative-num-steps`,
      what: `${drafts[1]}, prefill has ${drafts[0]}`,
      rule: "the drafting layer has KV too, so both roles draft alike",
      fix: "the same in both roles",
    });
  }
  if (decode.draftSteps > 0 && (decode.topk !== 1 || decode.draftTokens !== decode.draftSteps + 1)) {
    problems.push({
      path: `${decode.path}.speculative-num-draft-tokens`,
      what: `${decode.draftTokens} tokens in ${decode.draftSteps} steps with topk ${decode.topk}`,
      rule: "a chain of drafts is planned: topk 1, and one token more than steps",
      fix: `topk 1 and ${decode.draftSteps + 1} tokens`,
    });
  }
  if (decode.expertLocation !== undefined && decode.expertLocation !== "trivial") {
    problems.push({
      path: `${decode.path}.init-expert-location`,
      what: decode.expertLocation,
      rule: "a placement is computed from a recording, for the ranks of the pool",
      fix: "import without it, then experts: { mode: static, recording: <file> } in the stack",
    });
  }
  return problems;
}

function notesOf(prefill: SglangRole, decode: SglangRole, batch: number): readonly Problem[] {
  const notes: Problem[] = [];
  const chunk = Math.floor((prefill.chunk ?? usualChunk) / prefill.dp);
  if (prefill.maxPrefill !== undefined && prefill.maxPrefill < chunk) {
    notes.push({
      path: `${prefill.path}.max-prefill-tokens`,
      what: `${prefill.maxPrefill} per rank is below the chunk's ${chunk}`,
      rule: "the smaller of both ends a pass; prefill tokens are not divided by the ranks",
      fix: `a pass of ${prefill.maxPrefill} is imported`,
    });
  }
  const strange = [prefill, decode].filter(({ a2a }) => a2a !== "none" && a2a !== "deepep");
  for (const { path, a2a } of strange) {
    notes.push({
      path: `${path}.moe-a2a-backend`,
      what: a2a,
      rule: "the library exchanges tokens with DeepEP in SGLang, or not at all",
      fix: "measure anew: batches were tuned for another kernel",
    });
  }
  if (decode.maxRunning === undefined) {
    notes.push({
      path: `${decode.path}.max-running-requests`,
      what: "not set",
      rule: "the engine then admits what its KV holds, and a plan needs a number",
      fix: `${batch} per rank, what the benchmark keeps in flight, is imported`,
    });
  }
  return notes;
}

const rendered = "rendered by the library";
const reasons: Reasons = [
  [
    rendered,
    [
      "attention-backend",
      "disable-chunked-prefix-cache",
      "disable-cuda-graph",
      "disable-radix-cache",
      "disable-shared-experts-fusion",
      "enable-dp-lm-head",
      "enable-single-batch-overlap",
      "ep-dispatch-algorithm",
      "eplb-algorithm",
      "fp4-gemm-backend",
      "load-balance-method",
      "moe-runner-backend",
      "served-model-name",
      "speculative-moe-a2a-backend",
      "speculative-moe-runner-backend",
      "trust-remote-code",
    ],
  ],
  ["rendered by purpose", ["decode-log-interval", "stream-interval", "watchdog-timeout"]],
  [
    "the library hands KV over with Mooncake, on ports of its own",
    ["disaggregation-bootstrap-port", "disaggregation-transfer-backend"],
  ],
  ["only behind Dynamo, which tokenizes itself", ["skip-tokenizer-init"]],
  ["a no-op since 0.5.8; rendered for 0.5.5, which asks for it", ["prefill-round-robin-balance"]],
  ["a file of the benchmark's own container", ["deepep-config"]],
  ["of another version, or a default", ["enable-flashinfer-allreduce-fusion", "incremental-streaming-output"]],
  ["cores follow the GPUs of a pod that has the whole tray", ["numa-node"]],
];

function carried(role: SrtRole): {
  readonly extras: { readonly extraArgs?: readonly string[]; readonly extraEnv?: Readonly<Record<string, string>> };
  readonly leftOut: readonly LeftOut[];
} {
  const flags = carriedFlags.filter((name) => Object.hasOwn(role.args, name) && role.args[name] !== false);
  const extraArgs = flags.flatMap((name) =>
    role.args[name] === true ? [`--${name}`] : [`--${name}`, String(role.args[name])],
  );
  const { extraEnv, leftOut } = variablesOf(role);
  const used = new Set([...sglangFlags, ...carriedFlags]);
  return {
    extras: {
      ...(extraArgs.length === 0 ? {} : { extraArgs }),
      ...(extraEnv === undefined ? {} : { extraEnv }),
    },
    leftOut: [...leftOutOf(role.argsPath, Object.keys(role.args), used, reasons), ...leftOut],
  };
}

/** Flags that are read, and have no place in a pool of that role. */
function prefillExperts({ path, redundant, graphs, graphMax }: SglangRole): readonly LeftOut[] {
  return [
    ...(redundant === 0
      ? []
      : [
          {
            key: `${path}.ep-num-redundant-experts`,
            reason: "experts are balanced in decode; a prefill pass averages over thousands of tokens",
          },
        ]),
    ...(graphs === undefined && graphMax === undefined
      ? []
      : [{ key: `${path}.cuda-graph-max-bs`, reason: "prefill runs without graphs" }]),
  ];
}

function unlimitedMemory({ path, memoryFraction, maxTotal }: SglangRole): readonly LeftOut[] {
  if (memoryFraction === undefined || maxTotal !== undefined) return [];
  return [
    { key: `${path}.mem-fraction-static`, reason: "KV is planned in tokens, and the recipe has no max-total-tokens" },
  ];
}

function decodeChunk({ path, chunk }: SglangRole): readonly LeftOut[] {
  return chunk === undefined
    ? []
    : [{ key: `${path}.chunked-prefill-size`, reason: "decode computes no prompts; rendered for retracted requests" }];
}
