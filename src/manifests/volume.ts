import type { types } from "@pulumi/kubernetes";

/** A volume and where the container sees it. */
export interface MountedVolume {
  readonly volume: types.input.core.v1.Volume;
  readonly mounts: readonly types.input.core.v1.VolumeMount[];
}

/** NCCL and the engine's processes exchange tensors through /dev/shm; the runtime's default of 64 MiB is too small. */
export function sharedMemory(gib: number): MountedVolume {
  return {
    volume: { name: "dshm", emptyDir: { medium: "Memory", sizeLimit: `${gib}Gi` } },
    mounts: [{ name: "dshm", mountPath: "/dev/shm" }],
  };
}

export function temporaryFiles(): MountedVolume {
  return { volume: { name: "tmp", emptyDir: {} }, mounts: [{ name: "tmp", mountPath: "/tmp" }] };
}

/** One volume for all caches; each directory is a folder in it. It outlives container restarts, so JIT work is kept. */
export function scratch(directories: readonly string[]): MountedVolume {
  return {
    volume: { name: "scratch", emptyDir: {} },
    mounts: directories.map((directory) => ({
      name: "scratch",
      mountPath: directory,
      subPath: directory.replace(/^\/+/, ""),
    })),
  };
}

/** One claim may serve every pool of a client: each has a folder of its own in it. */
export function recordingsVolume(
  { claim, directory }: { readonly claim: string; readonly directory: string },
  pool: string,
): MountedVolume {
  return {
    volume: { name: "recordings", persistentVolumeClaim: { claimName: claim } },
    mounts: [{ name: "recordings", mountPath: directory, subPath: pool }],
  };
}
