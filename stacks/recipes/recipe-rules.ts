import { gb200Nvl72 } from "../../src/plan/rack";
import type { Problem } from "../../src/problems";
import type { Purpose } from "./recipe";

const rackGpus = gb200Nvl72.trays * gb200Nvl72.gpusPerTray;

/** A number of workers and their size, under the name that the recipe has for them. */
export interface WorkerGroup {
  readonly name: string;
  readonly workers: number;
  readonly gpusPerWorker: number;
}

/** `1 x 4 (context) + 8 x 16 (generation) = 132 GPUs = 33 trays`. */
function gpuSum(groups: readonly WorkerGroup[]): { readonly gpus: number; readonly text: string } {
  const gpus = groups.reduce((sum, group) => sum + group.workers * group.gpusPerWorker, 0);
  const terms = groups.map(({ name, workers, gpusPerWorker }) => `${workers} x ${gpusPerWorker} (${name})`).join(" + ");
  return { gpus, text: `${terms} = ${gpus} GPUs = ${Math.ceil(gpus / gb200Nvl72.gpusPerTray)} trays` };
}

/** Does it fit one rack? All workers of a recipe hand KV to each other over one NVLink domain. */
export function checkRackSum(path: string, groups: readonly [WorkerGroup, WorkerGroup]): readonly Problem[] {
  const { gpus, text } = gpuSum(groups);
  if (gpus <= rackGpus) return [];
  const [first, last] = groups;
  const room = Math.floor((rackGpus - first.workers * first.gpusPerWorker) / last.gpusPerWorker);
  return [
    {
      path,
      what: `${text}, the rack has ${rackGpus} in ${gb200Nvl72.trays}`,
      rule: "all workers of a recipe share one NVLink domain, and every GPU belongs to one process",
      fix: room > 0 ? `${room} ${last.name} workers` : `fewer ${first.name} workers, or smaller ${last.name} workers`,
    },
  ];
}

/** Only GB200's memory and speed are known here. */
export function checkHardware(path: string, gpuType: unknown): readonly Problem[] {
  if (gpuType === "gb200") return [];
  return [
    {
      path,
      what: `a recipe for ${typeof gpuType === "string" ? gpuType : "an unnamed GPU"}`,
      rule: "batches, memory fractions and worker sizes were tuned for its hardware; plans here are for gb200",
      fix: "a recipe for gb200",
    },
  ];
}

/** Switches that make a measurement comparable and a service wrong (engines.md A.6; InferenceX recipes set them). */
const benchmarkOnly: Readonly<Record<string, string>> = {
  SGLANG_HACK_SEQ_BOOTSTRAP_ROOM: "assumes one benchmark client that numbers its requests",
  SGLANG_RADIX_FORCE_MISS: "throws the prefix cache away",
  SGLANG_SIMULATE_ACC_LEN: "pretends that drafts were accepted",
  VLLM_MOE_ROUTING_SIMULATION_STRATEGY: "routes tokens to random experts, so answers are garbage",
  VLLM_RANDOMIZE_DP_DUMMY_INPUTS: "feeds random tokens to idle ranks",
  TLLM_OVERRIDE_LAYER_NUM: "leaves layers of the model out, or pretends to",
};

/** The published waits of 100000 s are 28 hours, in which a dead peer is not noticed. */
const longestPeerTimeoutSeconds = 3600;
const peerTimeouts: readonly string[] = [
  "SGLANG_DISAGGREGATION_BOOTSTRAP_TIMEOUT",
  "SGLANG_DISAGGREGATION_WAITING_TIMEOUT",
  "SGLANG_DISAGGREGATION_HEARTBEAT_MAX_FAILURE",
];

function isBenchmarkSwitch(variable: string): boolean {
  return Object.hasOwn(benchmarkOnly, variable);
}

function isPeerTimeout(variable: string): boolean {
  return peerTimeouts.includes(variable);
}

/** Is a variable one that only a benchmark may set? */
export function checkBenchmarkVariable(
  path: string,
  variable: string,
  value: string,
  purpose: Purpose,
): readonly Problem[] {
  if (purpose === "benchmark") return [];
  if (isBenchmarkSwitch(variable)) {
    return [
      {
        path,
        what: "set in a recipe that is to serve",
        rule: `a benchmark switch: it ${benchmarkOnly[variable] ?? ""}`,
        fix: "remove it, or import with --purpose benchmark",
      },
    ];
  }
  if (!isPeerTimeout(variable) || Number(value) <= longestPeerTimeoutSeconds) return [];
  return [
    {
      path,
      what: `${value} is above ${longestPeerTimeoutSeconds}`,
      rule: "with such a wait a dead prefill or decode worker is never noticed",
      fix: "remove it (600 s and 2 heartbeats are rendered), or import with --purpose benchmark",
    },
  ];
}
