import type { Shape } from "./shape";

/** The first configuration that aiconfigurator ranks, with its own prediction. */
export interface Pick {
  readonly shape: Shape;
  /** As it writes it: tp, pp, dp of attention, then tensor and expert parallelism of the experts. */
  readonly parallel: string;
  readonly tpotMilliseconds: number;
  /** Over all GPUs that could have been used. */
  readonly outputTokensPerSecondPerGpu: number;
}

/** What it predicts for a shape that it is given. */
export interface Estimate {
  readonly tpotMilliseconds: number;
  readonly outputTokensPerSecondPerGpu: number;
  /** Where it says that it computed with measurements of something else. */
  readonly fallback?: string;
}

/** Reads `best_config_topn.csv`. */
export function parsePick(csv: string): Pick | undefined {
  const [titles = "", best] = csv.trim().split(/\r?\n/);
  if (best === undefined) return undefined;
  const names = titles.split(",");
  const cells = best.split(",");
  if (names.length !== cells.length) throw new Error(`${cells.length} values for ${names.length} columns`);
  const text = (name: string): string => {
    const cell = cells[names.indexOf(name)];
    if (cell === undefined) throw new Error(`no column ${name}`);
    return cell;
  };
  const number = (name: string): number => {
    const value = Number(text(name));
    if (text(name) === "" || Number.isNaN(value)) throw new Error(`${name} is ${text(name)}`);
    return value;
  };
  const decodeGpus = workerGpus(text("(d)parallel"));
  return {
    shape: {
      prefill: { workers: number("(p)workers"), gpusPerWorker: workerGpus(text("(p)parallel")) },
      decode: [
        {
          workers: number("(d)workers"),
          gpusPerWorker: decodeGpus,
          batchPerRank: number("(d)global_bs") / decodeGpus,
        },
      ],
    },
    parallel: `${text("(p)parallel")} + ${text("(d)parallel")}`,
    tpotMilliseconds: number("tpot"),
    outputTokensPerSecondPerGpu: number("tokens/s/gpu_cluster"),
  };
}

/** "tp1pp1dp4etp2ep2cp2" -> 8: attention's sizes multiply, the experts' are over the same GPUs. */
function workerGpus(parallel: string): number {
  const sizes = [...parallel.matchAll(/(etp|ep|tp|pp|dp|cp)(\d+)/g)];
  if (sizes.length === 0) throw new Error(`${parallel} is no parallelism`);
  return sizes
    .filter(([, name]) => name !== "etp" && name !== "ep")
    .reduce((product, [, , size]) => product * Number(size), 1);
}

/** Reads what `cli estimate --detail source` prints. */
export function parseEstimate(output: string): Estimate | undefined {
  const number = (label: RegExp): number => Number(label.exec(output)?.[1]?.replaceAll(",", "") ?? Number.NaN);
  const tpotMilliseconds = number(/TPOT:\s+([\d.,]+) ms/);
  const outputTokensPerSecondPerGpu = number(/tokens\/s\/gpu:\s+([\d.,]+)/);
  if (Number.isNaN(tpotMilliseconds) || Number.isNaN(outputTokensPerSecondPerGpu)) return undefined;
  const fallback = /^.*requested EP\d+.*using.*$/m.exec(output)?.[0].trim();
  return { tpotMilliseconds, outputTokensPerSecondPerGpu, ...(fallback === undefined ? {} : { fallback }) };
}

/** What it said when it could not answer: its errors, or its last line. */
export function refusalIn(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => /\[E\]|error:/i.test(line) && !line.includes("error at parallel"));
  return (errors.length > 0 ? errors.slice(0, 3) : lines.slice(-1)).join("\n");
}
