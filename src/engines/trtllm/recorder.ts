import type { ExpertIntent } from "../../plan/intent";
import type { PoolPlan } from "../../plan/pool";
import type { EngineProcess } from "../engine";
import { recordingProgram } from "../recording/program";

const recordingDirectory = "/var/lib/nvl72/recordings";

/**
 * Steps of a worker that are recorded, counted from its start. TensorRT-LLM takes its order to record from the
 * environment, once, and writes its files after the last of them (_torch/expert_statistic.py, 0fccc5b9). The first
 * thousands are warm-up and filling batches.
 */
const recordedSteps = "4000-5000";

/** Each placement has a folder of its own: what was recorded under another is never read as if it were this one's. */
export function recordingFolder({ configMap }: Pick<ExpertIntent, "configMap">): string {
  return configMap ?? "in-order";
}

/** Environment of a worker that records itself. */
export function recordingEnvironment({ intent }: PoolPlan): Readonly<Record<string, string>> {
  if (intent.experts.recordingsClaim === undefined) return {};
  return {
    EXPERT_STATISTIC_ITER_RANGE: recordedSteps,
    EXPERT_STATISTIC_PATH: `${recordingDirectory}/${recordingFolder(intent.experts)}`,
  };
}

export function recordingPlace({ intent }: PoolPlan): Pick<EngineProcess, "recordings"> {
  const claim = intent.experts.recordingsClaim;
  return claim === undefined ? {} : { recordings: { directory: recordingDirectory, claim } };
}

/**
 * Reads the ranks' files once all are there; batches of steps take the place of windows. Every rank counts the tokens it
 * routes, so ranks add up, except that without attention data parallelism all route the same and count the same. With a
 * load balancer the counts are of slots (`num_experts` is their number), and the placement says whose.
 */
const windows = `import array, struct

batches = 10

def rank_files():
    return [os.path.join(task["directory"], f"rank{rank}.safetensors") for rank in range(task["ranks"])]

def read_rank(path):
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    counts = {}
    for key, tensor in header.items():
        if key == "__metadata__":
            continue
        code = {"I32": "i", "I64": "q"}.get(tensor["dtype"])
        if code is None:
            raise Failure(f"{os.path.basename(path)} has counts of type {tensor['dtype']}, not I32 or I64")
        first, end = tensor["data_offsets"]
        values = array.array(code)
        values.frombytes(data[8 + length + first : 8 + length + end])
        iteration, layer = map(int, key.split("_"))
        counts[iteration, layer] = values
    return counts

def take(paths):
    # What was read is no recording for the next who asks.
    counts = [read_rank(path) for path in paths]
    for path in paths:
        os.remove(path)
    return counts

def read_ranks():
    reason = "no file yet"
    while left() > 0:
        missing = [os.path.basename(path) for path in rank_files() if not os.path.exists(path)]
        reason = (f"{len(missing)} of {task['ranks']} ranks have not written ({', '.join(missing[:3])}): "
                  "a worker records once after each start")
        if not missing:
            try:
                return take(rank_files())
            except (OSError, ValueError, LookupError, struct.error) as error:
                reason = f"a rank's file cannot be read: {error}"
        say(reason)
        time.sleep(min(task["windowSeconds"], max(0, left())))
    raise Failure(f"after {task['limitSeconds']} s {reason}")

def by_expert(values, row):
    if len(values) == task["experts"]:
        return values
    if len(values) != len(row):
        check_shape(task["layers"], len(values), "a rank's file")
    counts = [0] * task["experts"]
    for slot, expert in enumerate(row):
        counts[expert] += values[slot]
    return counts

def windows():
    ranks = read_ranks()
    if all(rank == ranks[0] for rank in ranks[1:]):
        ranks = ranks[:1]
    rows = placement_rows()
    steps = sorted({iteration for rank in ranks for iteration, _ in rank})
    size = max(1, math.ceil(len(steps) / batches))
    for first in range(0, len(steps), size):
        batch = set(steps[first : first + size])
        counts = [[0] * task["experts"] for _ in range(task["layers"])]
        for rank in ranks:
            for (iteration, layer), values in rank.items():
                if iteration in batch and layer < task["layers"]:
                    add([counts[layer]], [by_expert(values, rows[layer])])
        yield counts`;

export const trtllmRecordingProgram = recordingProgram(windows);
