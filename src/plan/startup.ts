import type { Checkpoint } from "./model-shape";
import type { PoolRole, WeightStore } from "./intent";

/** How long a worker takes from pod start to the first token, and what probes and deployments wait for it. */
export interface StartupPlan {
  /** Reading the checkpoint from its store into one tray. */
  readonly loadSeconds: number;
  /** Process start, NCCL, kernel compilation and graph capture. */
  readonly preparationSeconds: number;
  /** The expected total. */
  readonly expectedSeconds: number;
  /** What the startup probe allows: three times the expectation, at least ten minutes. */
  readonly budgetSeconds: number;
}

/** Process start and NCCL over NVLink, from source 001's log (23:03 to 23:04:17). */
const processSeconds = 60;
/** DeepGEMM, FlashInfer and CuteDSL compile on a cold cache; published cold starts are 8 to 45 minutes in all. */
const compileSeconds = 300;
/** One captured batch size took 19.6 s in source 001's log; further sizes share the compiled kernels. */
const firstGraphSeconds = 20;
const furtherGraphSeconds = 3;

/**
 * Every rank reads every file of the checkpoint and keeps its share; the page cache serves the four ranks of a tray,
 * so a tray reads the checkpoint once.
 */
export function planStartup(
  checkpoint: Checkpoint,
  store: Pick<WeightStore, "readGibPerSecond">,
  role: PoolRole,
  graphs: number,
): StartupPlan {
  const loadSeconds = Math.ceil(checkpoint.checkpointBytes / (store.readGibPerSecond * 2 ** 30));
  const graphSeconds = role === "decode" && graphs > 0 ? firstGraphSeconds + (graphs - 1) * furtherGraphSeconds : 0;
  const preparationSeconds = processSeconds + compileSeconds + graphSeconds;
  const expectedSeconds = loadSeconds + preparationSeconds;
  const budgetSeconds = Math.max(600, Math.ceil((3 * expectedSeconds) / 60) * 60);
  return { loadSeconds, preparationSeconds, expectedSeconds, budgetSeconds };
}
