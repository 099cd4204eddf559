import { kubectl, kubectlGet, rackMend, RackError, type Rack } from "./simulated-rack";
import { lostTaint } from "./status";

/**
 * Faults that the simulated rack can show. Marking a Node not ready would have no effect, because the simulated
 * kubelet sets it back within a second; a lost tray is therefore a taint that evicts.
 */

/** Evicts everything from a tray and keeps it empty, as if it had lost power. */
export async function loseTray(rack: Rack, tray: string): Promise<void> {
  await must(rack, ["taint", "node", tray, `${lostTaint}=true:NoExecute`, "--overwrite"]);
}

/** Gives a lost tray back. */
export async function restoreTray(rack: Rack, tray: string): Promise<void> {
  await must(rack, ["taint", "node", tray, `${lostTaint}-`]);
}

/** Deletes a pod at once. */
export async function killPod(rack: Rack, pod: string): Promise<void> {
  await must(rack, ["delete", "pod", "--grace-period=0", "--force", ...podArguments(pod)]);
}

/** Lets the containers of a pod restart, as after a crash of the engine; its group is recreated because of it. */
export async function crashPod(rack: Rack, pod: string): Promise<void> {
  const [name = "", ...namespace] = podArguments(pod);
  const { status } = await kubectlGet<{ status: { containerStatuses?: { restartCount: number }[] } }>(rack, [
    "pod",
    name,
    ...namespace,
  ]);
  const containerStatuses = (status.containerStatuses ?? []).map((container) => ({
    ...container,
    restartCount: container.restartCount + 1,
  }));
  const patch = JSON.stringify({ status: { containerStatuses } });
  await must(rack, ["patch", "pod", name, ...namespace, "--subresource=status", "--type=merge", "--patch", patch]);
}

/** Deletes a Node object with its ResourceSlice; its pods go after about forty seconds. */
export async function deleteNode(rack: Rack, tray: string): Promise<void> {
  await must(rack, ["delete", "node", tray, "--wait=false"]);
}

/** Brings deleted Nodes back and gives lost trays back. */
export async function mend(rack: Rack): Promise<void> {
  await rackMend(rack);
  const { items } = await kubectlGet<{ items: { metadata: { name: string }; spec: { taints?: { key: string }[] } }[] }>(
    rack,
    ["nodes"],
  );
  for (const { metadata, spec } of items) {
    if (spec.taints?.some(({ key }) => key === lostTaint)) await restoreTray(rack, metadata.name);
  }
}

/** The faults by the names that `npm run rack -- fault` knows them by. */
export const faults: Readonly<Record<string, { readonly what: string; act(rack: Rack, what: string): Promise<void> }>> =
  {
    "lose-tray": { what: "tray-NN", act: loseTray },
    restore: { what: "tray-NN", act: restoreTray },
    "kill-pod": { what: "NAMESPACE/POD", act: killPod },
    crash: { what: "NAMESPACE/POD", act: crashPod },
    "delete-node": { what: "tray-NN", act: deleteNode },
    mend: { what: "", act: mend },
  };

function podArguments(pod: string): string[] {
  const [namespace, name] = pod.split("/");
  if (namespace === undefined || name === undefined) throw new RackError(`${pod} is not NAMESPACE/POD`);
  return [name, "--namespace", namespace];
}

async function must(rack: Rack, args: readonly string[]): Promise<void> {
  const { code, stderr } = await kubectl(rack, args);
  if (code !== 0) throw new RackError(stderr);
}
