import { setTimeout as sleep } from "node:timers/promises";
import type { Rack } from "../rack/simulated-rack";
import { formatWaiting, rackStatus } from "../rack/status";
import { StartError } from "./failure";

/** Waits until every pod of every client runs and is ready; says how many and on how many trays. */
export async function allReady(rack: Rack, detail: (line: string) => void, seconds = 120): Promise<string> {
  const end = performance.now() + seconds * 1000;
  for (let last = ""; ; await sleep(500)) {
    const status = await rackStatus(rack);
    const pods = status.nodes.flatMap((node) => node.pods);
    const notReady = pods.filter((pod) => !pod.ready || pod.leaving);
    if (notReady.length === 0 && status.waiting.length === 0) {
      const used = status.nodes.filter(({ tray, pods: here }) => tray && here.length > 0).length;
      return `${pods.length} pods on ${used} of ${rack.trays} trays`;
    }
    const line = `${pods.length - notReady.length} of ${pods.length + status.waiting.length} pods ready`;
    if (line !== last) detail(line);
    last = line;
    if (performance.now() > end) {
      const unready = notReady.map(({ name }) => `  ${name} is not ready`);
      throw new StartError([`after ${seconds} s ${line}`, ...unready, ...formatWaiting(status.waiting)].join("\n"));
    }
  }
}
