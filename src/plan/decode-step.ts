/** A published decode step: one forward pass of every rank of a worker. */
export interface DecodePoint {
  readonly name: string;
  /** Expert-parallel size, which is also the number of GPUs. */
  readonly gpus: number;
  readonly batchPerRank: number;
  /** Mean tokens cached per request. */
  readonly contextTokens: number;
  readonly milliseconds: number;
  readonly source: string;
}

/** GB200, NVFP4 DeepSeek-R1, FP8 KV cache, attention data-parallel, no speculation. */
export const decodePoints: readonly DecodePoint[] = [
  {
    name: "D1",
    gpus: 48,
    batchPerRank: 1024,
    contextTokens: 2005,
    milliseconds: 77.9,
    source: "shifangx/Scripts-SGLang decode log, with expert placement and single-batch overlap",
  },
  {
    name: "D2",
    gpus: 48,
    batchPerRank: 1408,
    contextTokens: 2050,
    milliseconds: 105.2,
    source: "LMSYS, DeepSeek on GB200 NVL72 part II (2025-09-25)",
  },
  {
    name: "D5",
    gpus: 32,
    batchPerRank: 124,
    contextTokens: 4608,
    milliseconds: 23.6,
    source: "NVIDIA/srt-slurm gb200-fp4/1k8k, DEP32 batch 128",
  },
  {
    name: "D6",
    gpus: 16,
    batchPerRank: 122,
    contextTokens: 7833,
    milliseconds: 26.3,
    source: "NVIDIA/srt-slurm gb200-fp4/8k1k, DEP16 batch 128",
  },
  {
    name: "D7",
    gpus: 32,
    batchPerRank: 8,
    contextTokens: 7833,
    milliseconds: 12.7,
    source: "NVIDIA/srt-slurm gb200-fp4/8k1k, DEP32 batch 8",
  },
];

/**
 * Step time = fixed + perRequest * batch + perCachedToken * batch * context. The fixed part is launches and exchange
 * latency of 61 layers, the second the matrix products, the third reading the KV cache. The size of the worker is no
 * term: exchange over NVL72 hardly depends on it between 16 and 64 ranks, and the points do not ask for one.
 */
export interface DecodeStepFit {
  readonly fixedMilliseconds: number;
  readonly millisecondsPerRequest: number;
  readonly millisecondsPerCachedToken: number;
}

let fitted: DecodeStepFit | undefined;

/** Least squares over `decodePoints`, computed once. */
export function fitDecodeStep(): DecodeStepFit {
  fitted ??= fit(decodePoints);
  return fitted;
}

function fit(points: readonly DecodePoint[]): DecodeStepFit {
  const rows = points.map((p) => [1, p.batchPerRank, p.batchPerRank * p.contextTokens]);
  const measured = points.map((p) => p.milliseconds);
  const normal = [0, 1, 2].map((i) => [0, 1, 2].map((j) => dot(column(rows, i), column(rows, j))));
  const right = [0, 1, 2].map((i) => dot(column(rows, i), measured));
  const whole = determinant(normal);
  // Cramer's rule: three unknowns, well conditioned enough in double precision.
  const [fixed, perRequest, perCachedToken] = [0, 1, 2].map(
    (unknown) => determinant(normal.map((row, i) => row.map((v, j) => (j === unknown ? (right[i] ?? 0) : v)))) / whole,
  );
  return {
    fixedMilliseconds: fixed ?? 0,
    millisecondsPerRequest: perRequest ?? 0,
    millisecondsPerCachedToken: perCachedToken ?? 0,
  };
}

function column(rows: readonly (readonly number[])[], index: number): readonly number[] {
  return rows.map((row) => row[index] ?? 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function determinant(m: readonly (readonly number[])[]): number {
  const at = (row: number, col: number): number => m[row]?.[col] ?? 0;
  const minor = (a: number, b: number): number => at(1, a) * at(2, b) - at(1, b) * at(2, a);
  return at(0, 0) * minor(1, 2) - at(0, 1) * minor(0, 2) + at(0, 2) * minor(0, 1);
}
