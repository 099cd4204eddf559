import type { MountedFile } from "../engines/engine";
import type { MountedVolume } from "./volume";

/**
 * One volume per ConfigMap, one mount per file, so that several files may share a directory with each other and with
 * the image. A `subPath` mount is never updated in place; these ConfigMaps are immutable, so nothing is lost.
 */
export function fileVolumes(files: readonly MountedFile[]): MountedVolume[] {
  const configMaps = [...new Set(files.map((file) => file.configMap))].sort();
  return configMaps.map((configMap, index) => {
    const name = `files-${index}`;
    return {
      volume: { name, configMap: { name: configMap } },
      mounts: files
        .filter((file) => file.configMap === configMap)
        .map((file) => ({ name, mountPath: file.mountPath, subPath: file.key, readOnly: true })),
    };
  });
}
