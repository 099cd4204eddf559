import { modelDirectory } from "../engines/engine";
import type { WeightStore } from "../plan/intent";
import type { MountedVolume } from "./volume";

/** The store is never written to: a hundred ranks read the same files. */
export function weightsVolume(store: WeightStore): MountedVolume {
  const mounts = [{ name: "weights", mountPath: modelDirectory, readOnly: true }];
  if (store.claim !== undefined) {
    return {
      volume: { name: "weights", persistentVolumeClaim: { claimName: store.claim, readOnly: true } },
      mounts,
    };
  }
  // `Directory` refuses a tray where nobody has put the weights, instead of starting on an empty folder.
  return { volume: { name: "weights", hostPath: { path: store.hostPath ?? "", type: "Directory" } }, mounts };
}
