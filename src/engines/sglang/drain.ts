import type { Drain } from "../engine";
import { httpPort } from "./ports";

/** The router notices a terminating pod by watching; until then it still sends requests. */
export const settleSeconds = 10;

/**
 * Waits until the worker has nothing in flight. The leader answers for all ranks, so every pod of the group asks the
 * leader and they leave together: with DP attention no rank can step without the others. `/v1/loads` is the newer name
 * of `/get_load`; both count running and waiting requests of each rank under names like `num_waiting_reqs`. A leader
 * that no longer answers has drained.
 */
export const drainScript = `import json, os, sys, time, urllib.error, urllib.request
settle, limit, interval, port = float(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
leading = os.environ.get("LWS_WORKER_INDEX", "0") == "0"
host = "127.0.0.1" if leading else os.environ["LWS_LEADER_ADDRESS"]
end = time.monotonic() + limit

def busy(value):
    if isinstance(value, list):
        return any(busy(v) for v in value)
    if isinstance(value, dict):
        return any(busy(v) or (k.startswith("num_") and k.endswith("reqs") and v) for k, v in value.items())
    return False

def in_flight():
    for path in ("/v1/loads", "/get_load"):
        try:
            with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=5) as answer:
                return busy(json.load(answer))
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
    return False

time.sleep(min(settle, limit))
quiet = 0
while quiet < 3 and time.monotonic() < end:
    try:
        quiet = 0 if in_flight() else quiet + 1
    except (OSError, ValueError):
        quiet += 1
    time.sleep(interval)
`;

const pollSeconds = 1;

/** Settling, and at most `requestSeconds` for the slowest request. */
export function drain(requestSeconds: number): Drain {
  const seconds = settleSeconds + requestSeconds;
  const numbers = [settleSeconds, seconds, pollSeconds, httpPort].map(String);
  return { command: ["python3", "-c", drainScript, ...numbers], seconds };
}
