import { recordingBegins, recordingEnds, summaryMark, taskVariable } from "./task";

/**
 * The program of one engine: what all share, then `windows`, the engine's own way to a list of counts per window of
 * time. It must yield `[layer][expert]` counts, one after the other, until it is told that there are enough.
 */
export function recordingProgram(windows: string): string {
  return [preamble, statistics, windows, conclusion].join("\n\n");
}

const preamble = `import contextlib, json, math, os, re, sys, time
task = json.loads(os.environ["${taskVariable}"])
began = time.monotonic()

class Failure(Exception):
    pass

class OtherModel(Failure):
    pass

def say(text):
    print(text, flush=True)

def left():
    return task["limitSeconds"] - (time.monotonic() - began)

def check_shape(layers, experts, where):
    if (layers, experts) != (task["layers"], task["experts"]):
        raise OtherModel(f"{where} has {layers} layers x {experts} experts, {task['model']} has "
                         f"{task['layers']} x {task['experts']}: a recording of another model")`;

/**
 * How sure a recording is. Tokens of one request choose alike, so counting them as independent would promise too much.
 * Batch means instead: the share of the fullest rank in each window, Student's t over the windows, mean over layers,
 * because a step waits for every layer's fullest rank in turn. Requests outlive a window, so neighbours resemble each
 * other, and the interval is widened by as much as they do (lag-1 correlation, never less than none).
 */
const statistics = `T95 = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13,
       2.12, 2.11, 2.10, 2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04]

def placement_rows():
    if "placementFile" not in task:
        return [task["startingRow"]] * task["layers"]
    text = open(task["placementFile"]).read()
    if task["placementFile"].endswith(".json"):
        return json.loads(text)["physical_to_logical_map"]
    rows = {int(layer): json.loads(row) for layer, row in re.findall(r"^ +(\\d+): (\\[.*\\])$", text, re.M)}
    return [rows.get(layer, task["startingRow"]) for layer in range(task["layers"])]

def rank_loads(row, counts):
    replicas = [0] * len(counts)
    for expert in row:
        replicas[expert] += 1
    per_rank = len(row) // task["ranks"]
    loads = [0.0] * task["ranks"]
    for slot, expert in enumerate(row):
        loads[slot // per_rank] += counts[expert] / replicas[expert]
    return loads

def add(total, counts):
    for sums, row in zip(total, counts):
        for expert, count in enumerate(row):
            sums[expert] += count

def live_layers(total):
    return [layer for layer, row in enumerate(total) if any(row)]

def balancedness(rows, total):
    layers = [rank_loads(rows[layer], total[layer]) for layer in live_layers(total)]
    return sum(sum(loads) / len(loads) / max(loads) for loads in layers) / len(layers)

def error_percent(rows, total, recorded):
    if len(recorded) < 2:
        return math.inf
    t = T95[len(recorded) - 2] if len(recorded) - 2 < len(T95) else 1.96
    widths = []
    for layer in live_layers(total):
        loads = rank_loads(rows[layer], total[layer])
        fullest = loads.index(max(loads))
        shares = []
        for counts in recorded:
            tokens = sum(counts[layer])
            if tokens:
                shares.append(rank_loads(rows[layer], counts[layer])[fullest] / tokens)
        if len(shares) < 2:
            return math.inf
        mean = sum(shares) / len(shares)
        off = [share - mean for share in shares]
        variance = sum(each * each for each in off) / (len(shares) - 1)
        alike = sum(a * b for a, b in zip(off, off[1:])) / (sum(each * each for each in off) or 1)
        alike = min(max(alike, 0), 0.9)
        widths.append(t * math.sqrt(variance * (1 + alike) / (1 - alike) / len(shares)) / mean)
    return 100 * sum(widths) / len(widths)`;

const conclusion = `def record():
    rows = placement_rows()
    total = [[0] * task["experts"] for _ in range(task["layers"])]
    recorded, error = [], math.inf
    with contextlib.closing(windows()) as each:
        for counts in each:
            if not any(any(row) for row in counts):
                say("no tokens in this window")
                continue
            recorded.append(counts)
            add(total, counts)
            error = error_percent(rows, total, recorded)
            # Every live layer counts each of a token's choices, so one of them tells how much was seen.
            seen = max(sum(row) for row in total)
            known = "once" if error == math.inf else f"to +-{error:.2f} %"
            say(f"window {len(recorded)}: {seen} expert choices per layer, fullest rank known {known}")
            if len(recorded) >= task["leastWindows"] and error <= task["errorPercent"]:
                return rows, total, recorded, error
    if not recorded:
        raise Failure(f"no tokens in {task['limitSeconds']} s: the pool served nothing while it was recorded")
    raise Failure(f"known to +-{error:.2f} % after {task['limitSeconds']} s, asked for +-{task['errorPercent']} %: "
                  "more traffic, more time (limitSeconds) or less precision (errorPercent)")

def conclude(rows, total, recorded, error):
    lines = ['{', f' "model": {json.dumps(task["model"])},', f' "layers": {task["layers"]},',
             f' "experts": {task["experts"]},', ' "counts": [']
    lines += [f'  {json.dumps(row)}{"," if layer < len(total) - 1 else ""}' for layer, row in enumerate(total)]
    if task["moving"]:
        lines += [' ]', '}']
    else:
        lines += [' ],', f' "placement": {{ "ranks": {task["ranks"]}, "physicalToLogical": [']
        lines += [f'  {json.dumps(row)}{"," if layer < len(rows) - 1 else ""}' for layer, row in enumerate(rows)]
        lines += [' ] }', '}']
    text = "\\n".join(lines) + "\\n"
    say(f"${recordingBegins} {len(text.encode())}")
    sys.stdout.write(text)
    say("${recordingEnds}")
    summary = {"windows": len(recorded), "choicesPerLayer": max(sum(row) for row in total),
               "errorPercent": round(error, 2)}
    if not task["moving"]:
        measured = balancedness(rows, total)
        summary["balancedness"] = round(measured, 4)
        if task["promised"]:
            summary["promised"] = task["promised"]
            kept = measured >= task["promised"] * (1 - task["margin"])
            summary["verdict"] = "kept" if kept else "drifted"
    say("${summaryMark} " + json.dumps(summary))

try:
    conclude(*record())
except Failure as failure:
    say(f"not recorded: {failure}")
    sys.exit(1)
`;
