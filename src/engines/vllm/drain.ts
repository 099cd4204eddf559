import type { Drain } from "../engine";
import { httpPort, rayHeadPorts } from "./ports";

/** The router notices a terminating pod by watching; until then it still sends requests. */
export const settleSeconds = 10;

/** Of which pods a pod waits for the requests before it goes. */
type Watched =
  /** Itself: with hybrid load balancing every tray serves its own ranks, and a node of Ray has its own replicas. */
  | "own"
  /** The first tray of its worker, which answers for a tensor-parallel group. */
  | "leader"
  /** Every node of the Ray cluster: without its head it ends after a minute. */
  | "cluster";

/**
 * Waits until nothing is in flight. Ranks step together until the last of them is idle, so a tray that is done early still
 * takes part. The gauges are `vllm:num_requests_running` and `vllm:num_requests_waiting`, a line for each rank
 * (v1/metrics/loggers.py, 0.11.2 to 0.33.0); Ray exports them as `ray_vllm_...` (v1/metrics/ray_wrappers.py, 0.29.0), and
 * its head lists all nodes' exporters in a file. A server that no longer answers has drained.
 */
export const drainScript = `import json, os, re, sys, time, urllib.request
settle, limit, interval, port, watched = *map(float, sys.argv[1:4]), sys.argv[4], sys.argv[5]
listed = sys.argv[6] if len(sys.argv) > 6 else "/tmp/ray/prom_metrics_service_discovery.json"
gauge = re.compile(r"(ray_)?vllm[:_]num_requests_(running|waiting)\\{")
end = time.monotonic() + limit

def servers():
    if watched == "cluster":
        with open(listed) as file:
            return [target for group in json.load(file) for target in group["targets"]]
    leading = watched == "own" or os.environ.get("LWS_WORKER_INDEX", "0") == "0"
    return [("127.0.0.1" if leading else os.environ["LWS_LEADER_ADDRESS"]) + ":" + port]

def in_flight(server):
    try:
        with urllib.request.urlopen(f"http://{server}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return any(float(line.rsplit(" ", 1)[1]) > 0 for line in lines if gauge.match(line))
    except (OSError, ValueError):
        return False

time.sleep(min(settle, limit))
quiet = 0
while quiet < 3 and time.monotonic() < end:
    try:
        quiet = 0 if any(in_flight(server) for server in servers()) else quiet + 1
    except (OSError, ValueError):
        quiet += 1
    time.sleep(interval)
`;

/** Load is what vLLM logs and publishes per step; a second is enough. */
const pollSeconds = 1;
/** Ray's exporters are brought up to date every ten seconds (ray metrics_report_interval_ms). */
const rayPollSeconds = 5;

/** Settling, and at most `requestSeconds` for the slowest request. */
export function drain(requestSeconds: number, everyTrayServes: boolean): Drain {
  return waitFor(everyTrayServes ? "own" : "leader", requestSeconds, pollSeconds, httpPort);
}

/** The same on a node of Ray, whose own shutdown leaves replicas no time when their pod is deleted. */
export function rayDrain(watched: "own" | "cluster", requestSeconds: number): Drain {
  return waitFor(watched, requestSeconds, rayPollSeconds, rayHeadPorts.metrics);
}

function waitFor(watched: Watched, requestSeconds: number, poll: number, port: number): Drain {
  const seconds = settleSeconds + requestSeconds;
  const numbers = [settleSeconds, seconds, poll, port].map(String);
  return { command: ["python3", "-c", drainScript, ...numbers, watched], seconds };
}
