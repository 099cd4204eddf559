import type { ExpertIntent } from "../../plan/intent";
import type { PoolPlan } from "../../plan/pool";
import type { EngineProcess } from "../engine";
import { recordingsDirectory } from "../expert-files";
import { recordingProgram } from "../recording/program";

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
    EXPERT_STATISTIC_PATH: `${recordingsDirectory}/${recordingFolder(intent.experts)}`,
  };
}

export function recordingPlace({ intent }: PoolPlan): Pick<EngineProcess, "recordings"> {
  const claim = intent.experts.recordingsClaim;
  return claim === undefined ? {} : { recordings: { directory: recordingsDirectory, claim } };
}

/**
 * Reads the ranks' files once all are there and whole; batches of steps take the place of windows. A file has a count for
 * every step, layer and slot, 130 MB at DeepSeek's size, so each is added up as it is read. Every rank counts the tokens
 * it routes, so ranks add up, except that without attention data parallelism all route the same: files that are the same
 * to the byte count once. With a load balancer the counts are of slots, and the placement says whose.
 */
const windows = `import array, filecmp, operator, struct

batches = 10

def rank_files():
    return [os.path.join(task["directory"], f"rank{rank}.safetensors") for rank in range(task["ranks"])]

def header_of(path):
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    size = 8 + length + max(tensor["data_offsets"][1] for tensor in header.values())
    if os.path.getsize(path) != size:
        raise ValueError(f"{os.path.basename(path)} has {os.path.getsize(path)} of {size} bytes")
    return 8 + length, header

def await_files():
    reason = "no file yet"
    while left() > 0:
        missing = [os.path.basename(path) for path in rank_files() if not os.path.exists(path)]
        reason = (f"{len(missing)} of {task['ranks']} ranks have not written ({', '.join(missing[:3])}): "
                  "a worker records once after each start")
        if not missing:
            try:
                return [header_of(path) for path in rank_files()]
            except (OSError, ValueError, LookupError, struct.error) as error:
                reason = f"a rank's file is not whole: {error}"
        say(reason)
        time.sleep(min(task["windowSeconds"], max(0, left())))
    raise Failure(f"after {task['limitSeconds']} s {reason}")

def batches_of(headers):
    steps = sorted({int(key.split("_")[0]) for _, header in headers for key in header})
    size = max(1, math.ceil(len(steps) / batches))
    return {step: index // size for index, step in enumerate(steps)}

def add_rank(sums, path, first, header, batch_of):
    with open(path, "rb") as file:
        data = file.read()
    for key, tensor in header.items():
        code = {"I32": "i", "I64": "q"}.get(tensor["dtype"])
        if code is None:
            raise Failure(f"{os.path.basename(path)} has counts of type {tensor['dtype']}, not I32 or I64")
        values = array.array(code)
        begin, end = tensor["data_offsets"]
        values.frombytes(data[first + begin : first + end])
        step, layer = map(int, key.split("_"))
        known = sums.get((batch_of[step], layer))
        sums[batch_of[step], layer] = list(values) if known is None else list(map(operator.add, known, values))

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
    headers = await_files()
    paths = rank_files()
    same = all(filecmp.cmp(paths[0], path, shallow=False) for path in paths[1:])
    batch_of, sums, rows = batches_of(headers), {}, placement_rows()
    for path, (first, header) in list(zip(paths, headers))[: 1 if same else None]:
        add_rank(sums, path, first, header, batch_of)
    recorded = [[by_expert(sums.get((batch, layer), [0] * task["experts"]), rows[layer]) for layer in range(task["layers"])]
                for batch in range(max(batch_of.values()) + 1)]
    # What was read is no recording for the next who asks.
    for path in paths:
        os.remove(path)
    yield from recorded`;

export const trtllmRecordingProgram = recordingProgram(windows);
