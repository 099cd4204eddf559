import type { Drain } from "../engine";
import { httpPort } from "./ports";

/** The router notices a terminating pod by watching; until then it still sends requests. */
export const settleSeconds = 10;

/**
 * Waits until nothing is in flight. With hybrid load balancing every tray serves its own ranks and asks itself; the
 * ranks step together until the last of them is idle, so a tray that is done early still takes part. In a
 * tensor-parallel group the first tray answers for all, and the others ask it. The gauges are
 * `vllm:num_requests_running` and `vllm:num_requests_waiting`, a line for each rank (v1/metrics/loggers.py, 0.11.2 to
 * 0.33.0). A server that no longer answers has drained.
 */
export const drainScript = `import os, sys, time, urllib.request
settle, limit, interval, port, own = *map(float, sys.argv[1:4]), sys.argv[4], sys.argv[5] == "own"
leading = own or os.environ.get("LWS_WORKER_INDEX", "0") == "0"
host = "127.0.0.1" if leading else os.environ["LWS_LEADER_ADDRESS"]
gauges = ("vllm:num_requests_running{", "vllm:num_requests_waiting{")
end = time.monotonic() + limit

def in_flight():
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return any(float(line.rsplit(" ", 1)[1]) > 0 for line in lines if line.startswith(gauges))

time.sleep(min(settle, limit))
quiet = 0
while quiet < 3 and time.monotonic() < end:
    try:
        quiet = 0 if in_flight() else quiet + 1
    except (OSError, ValueError):
        quiet += 1
    time.sleep(interval)
`;

/** Load is what vLLM logs and publishes per step; a second is enough. */
const pollSeconds = 1;

/** Settling, and at most `requestSeconds` for the slowest request. */
export function drain(requestSeconds: number, everyTrayServes: boolean): Drain {
  const seconds = settleSeconds + requestSeconds;
  const numbers = [settleSeconds, seconds, pollSeconds, httpPort].map(String);
  return { command: ["python3", "-c", drainScript, ...numbers, everyTrayServes ? "own" : "leader"], seconds };
}
