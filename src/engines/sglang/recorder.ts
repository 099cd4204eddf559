import { recordingProgram } from "../recording/program";

/**
 * Records by the leaders' endpoints. A dump is a file that rank 0 writes, and it empties the recorder, which goes on.
 * Its buffer holds the newest 1000 steps, about 25 s of decode, so windows are shorter than that. A server that was
 * started without the recorder dies of the first call (expert_distribution.py, 02295fe5), so it is asked before.
 */
const leaders = `import array, http.client, operator, pickle, signal, urllib.error, urllib.request, zipfile

def call(leader, path, method="POST", seconds=task["callSeconds"]):
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(leader + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Failure(f"{leader}{path} answered {error.code} {error.read(200).decode(errors='replace').strip()}")
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{leader}{path}: {error or type(error).__name__}")

def check_recorder(leader):
    for path in ("/server_info", "/get_server_info"):
        try:
            info = json.loads(call(leader, path, "GET"))
            break
        except Failure as failure:
            if " answered 404" not in str(failure) or path == "/get_server_info":
                raise
    if not info.get("expert_distribution_recorder_mode"):
        raise Failure(f"{leader} was started without --expert-distribution-recorder-mode: recording would end it")

def command(name):
    for leader in task["leaders"]:
        call(leader, f"/{name}_expert_distribution_record")`;

/** A `.pt` file is a zip of a pickle and raw storages. Only tensors are rebuilt: no name in the file is called. */
const dumpReader = `class Tensors(pickle.Unpickler):
    def __init__(self, archive, folder):
        super().__init__(archive.open(f"{folder}/data.pkl"))
        self.archive, self.folder = archive, folder

    def find_class(self, module, name):
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if module in ("torch", "torch.storage") and name.endswith("Storage"):
            return name
        raise Failure(f"the dump names {module}.{name}, which is no tensor")

    def persistent_load(self, saved):
        code = {"IntStorage": "i", "LongStorage": "q"}.get(saved[1])
        if code is None:
            raise Failure(f"counts of type {saved[1]}, not int32 or int64")
        values = array.array(code)
        values.frombytes(self.archive.read(f"{self.folder}/data/{saved[2]}"))
        return values

def read_dump(path):
    with zipfile.ZipFile(path) as archive:
        folder = next(name for name in archive.namelist() if name.endswith("/data.pkl")).rsplit("/", 1)[0]
        values, offset, size, stride = Tensors(archive, folder).load()["logical_count"]
    if len(size) == 2:
        size, stride = (1, *size), (0, *stride)
    steps, layers, experts = size
    check_shape(layers, experts, os.path.basename(path))
    counts = []
    for layer in range(layers):
        row = [0] * experts
        for step in range(steps):
            first = offset + step * stride[0] + layer * stride[1]
            row = list(map(operator.add, row, values[first : first + experts * stride[2] : stride[2]]))
        counts.append(row)
    return counts`;

const windows = `damages = (OSError, EOFError, StopIteration, LookupError, ValueError, zipfile.BadZipFile, pickle.UnpicklingError)

def dumps():
    # A client of NFS lists what it knows for up to a minute, unless it has changed the folder itself.
    probe = os.path.join(task["directory"], ".listed")
    open(probe, "w").close()
    os.remove(probe)
    return {name for name in os.listdir(task["directory"]) if name.endswith(".pt")}

def remove(names):
    for name in names:
        os.remove(os.path.join(task["directory"], name))

def dump(leader):
    before = dumps()
    call(leader, "/dump_expert_distribution_record")
    reason, end = "no file appeared", time.monotonic() + task["callSeconds"]
    try:
        while time.monotonic() < end:
            for name in sorted(dumps() - before):
                try:
                    return read_dump(os.path.join(task["directory"], name))
                except damages as error:
                    reason = f"{name} cannot be read: {error or type(error).__name__}"
            time.sleep(0.2)
        raise Failure(f"{leader} dumped, and after {task['callSeconds']} s {reason}")
    finally:
        remove(dumps() - before)

def dumped_windows():
    failures = 0
    while left() > task["windowSeconds"]:
        time.sleep(task["windowSeconds"])
        counts = [[0] * task["experts"] for _ in range(task["layers"])]
        try:
            for leader in task["leaders"]:
                add(counts, dump(leader))
        except OtherModel:
            raise
        except Failure as failure:
            failures += 1
            say(f"window lost ({failures} of 3 in a row): {failure}")
            if failures == 3:
                raise
            continue
        failures = 0
        yield counts

def stop(*_):
    sys.exit(143)

signal.signal(signal.SIGTERM, stop)

def windows():
    for leader in task["leaders"]:
        check_recorder(leader)
    try:
        # What came too late for an earlier recording.
        remove(name for name in dumps() if name.startswith("expert_distribution_recorder_"))
        command("start")
        yield from dumped_windows()
    finally:
        if not task["keepRecording"]:
            for leader in task["leaders"]:
                try:
                    call(leader, "/stop_expert_distribution_record", seconds=min(10, task["callSeconds"]))
                except Failure as failure:
                    say(f"could not stop the recorder: {failure}")`;

/** Asks every leader for a dump after each window; leaves no recorder running that was not. */
export const sglangRecordingProgram = recordingProgram([leaders, dumpReader, windows].join("\n\n"));
