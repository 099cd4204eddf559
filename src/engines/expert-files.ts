import type { PoolPlan } from "../plan/pool";
import type { MountedFile } from "./engine";

/** Where a static placement is mounted, in a pool's pods and in the Jobs that record it. */
export const placementDirectory = "/etc/nvl72/experts";

/** Where a pool's recordings are mounted, in both. */
export const recordingsDirectory = "/var/lib/nvl72/recordings";

/** The file that a pool with a static placement starts from. */
export function placementFiles({ intent }: PoolPlan): readonly MountedFile[] {
  const { configMap, key } = intent.experts;
  if (configMap === undefined || key === undefined) return [];
  return [{ configMap, key, mountPath: `${placementDirectory}/${key}` }];
}
