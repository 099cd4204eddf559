import type { types } from "@pulumi/kubernetes";

/**
 * Engines. No hostIPC, hostPID or hostNetwork: KV crosses trays as fabric memory through the claimed IMEX channel.
 * - IPC_LOCK: the transfer engine registers pinned host memory beyond the default limit of locked memory. It reaches
 *   processes of root only: images of another user (Ray's) depend on the node's limit where they use RDMA.
 * - no runAsNonRoot and no read-only root: the published SGLang images run as root and compile kernels below /root and
 *   their own site-packages.
 */
export function engineSecurityContext(further: readonly string[] = []): types.input.core.v1.SecurityContext {
  return {
    privileged: false,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"], add: ["IPC_LOCK", ...further] },
  };
}

/** The router needs nothing: it listens above 1024 and writes no file. */
export const routerSecurityContext: types.input.core.v1.SecurityContext = {
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

export const enginePodSecurityContext: types.input.core.v1.PodSecurityContext = {
  seccompProfile: { type: "RuntimeDefault" },
};

/** 65532 is the `nonroot` user of distroless images; the router's image names no user of its own. */
export const routerPodSecurityContext: types.input.core.v1.PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  seccompProfile: { type: "RuntimeDefault" },
};
