import type { Question } from "./question";
import type { Shape } from "./shape";

/**
 * A measured run on GB200 without drafting. Lengths are 0.9 of the nominal ones. NVIDIA/srt-slurm's gb200-fp4 recipes
 * joined by concurrency to ai-dynamo/aiconfigurator's measured rows, which is an inference; the latencies are those
 * that `src/plan/speed/published-points.ts` holds.
 */
export interface PublishedRun {
  readonly client: string;
  readonly engine: Question["engine"];
  readonly shape: Shape;
  readonly concurrency: number;
  readonly tpotMilliseconds: number;
  readonly requestsPerSecond: number;
  readonly outputTokensPerSecondPerGpu: number;
}

/** InferenceX draws lengths between 0.8 and 1 of the nominal ones. */
export const meanLength = 0.9;

export const publishedRuns: readonly PublishedRun[] = [
  {
    client: "client1",
    engine: "trtllm",
    shape: shapeOf(4, 32, 124),
    concurrency: 4096,
    tpotMilliseconds: 23.6,
    requestsPerSecond: 22.9,
    outputTokensPerSecondPerGpu: 4685,
  },
  {
    client: "client2",
    engine: "trtllm",
    shape: shapeOf(8, 32, 8),
    concurrency: 333,
    tpotMilliseconds: 12.7,
    requestsPerSecond: 21.2,
    outputTokensPerSecondPerGpu: 488,
  },
  {
    client: "client2",
    engine: "trtllm",
    shape: shapeOf(32, 16, 122),
    concurrency: 2253,
    tpotMilliseconds: 26.3,
    requestsPerSecond: 80.4,
    outputTokensPerSecondPerGpu: 1543,
  },
  {
    client: "client2",
    engine: "sglang",
    shape: shapeOf(40, 32, 40.4),
    concurrency: 8192,
    tpotMilliseconds: 21.2,
    requestsPerSecond: 66.2,
    outputTokensPerSecondPerGpu: 848,
  },
];

/** The run of a client whose decode workers and batch are nearest, of the same engine where there is one. */
export function nearestRun({ client, engine }: Question, shape: Shape): PublishedRun | undefined {
  const runs = publishedRuns.filter((run) => run.client === client);
  const sameEngine = runs.filter((run) => run.engine === engine);
  const candidates = sameEngine.length > 0 ? sameEngine : runs;
  return [...candidates].sort((a, b) => distance(a.shape, shape) - distance(b.shape, shape))[0];
}

/** In factors of two, worker size and batch alike. */
function distance(a: Shape, b: Shape): number {
  const [one, other] = [a.decode[0], b.decode[0]];
  if (one === undefined || other === undefined) return Infinity;
  const factor = (x: number, y: number): number => Math.abs(Math.log2(x / y));
  return factor(one.gpusPerWorker, other.gpusPerWorker) + factor(one.batchPerRank, other.batchPerRank);
}

/** Published prefill workers have 4 GPUs, and every run one decode worker. */
function shapeOf(prefillGpus: number, decodeGpus: number, batchPerRank: number): Shape {
  return {
    prefill: { workers: prefillGpus / 4, gpusPerWorker: 4 },
    decode: [{ workers: 1, gpusPerWorker: decodeGpus, batchPerRank }],
  };
}
