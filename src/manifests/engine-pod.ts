import type { types } from "@pulumi/kubernetes";
import type { EngineProcess, MountedFile } from "../engines/engine";
import type { PoolPlan } from "../plan/pool";
import { engineConfigMapName } from "./config-map";
import { channelClaim, engineContainer } from "./engine-container";
import { fileVolumes } from "./file-volumes";
import { enginesSelector, labels } from "./labels";
import type { Placement } from "./placement";
import { arm64Toleration, placementFields } from "./placement";
import { enginePodSecurityContext } from "./security-context";
import type { MountedVolume } from "./volume";
import { recordingsVolume, scratch, sharedMemory, temporaryFiles } from "./volume";
import { weightsVolume } from "./weights-volume";

/** Time beyond the drain for the process to end by itself: SGLang's ranks leave their collectives and free the fabric. */
export const exitMarginSeconds = 30;

/** The GPU clique: trays whose GPUs can map each other's memory over NVLink (label of the DRA driver and of GFD). */
const cliqueTopology = "nvidia.com/gpu.clique";

/** One pod per tray. Every rank has the same template; the process learns its rank from the environment. */
export function enginePod(
  placement: Placement,
  plan: PoolPlan,
  process: EngineProcess,
): types.input.core.v1.PodTemplateSpec {
  const volumes = engineVolumes(placement, plan, process);
  return {
    metadata: {
      labels: labels(placement),
      ...(Object.keys(process.podAnnotations).length > 0 && { annotations: { ...process.podAnnotations } }),
    },
    spec: {
      ...placementFields(placement),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds:
        process.endSeconds ?? (process.drain?.seconds ?? plan.drainSeconds) + exitMarginSeconds,
      securityContext: enginePodSecurityContext,
      nodeSelector: { "kubernetes.io/arch": plan.rack.architecture, ...placement.nodeSelector },
      tolerations: [
        { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
        ...(plan.rack.architecture === "arm64" ? [arm64Toleration] : []),
        ...(placement.extraTolerations ?? []),
      ],
      ...(placement.claimTemplate !== undefined && {
        affinity: { podAffinity: oneClique(placement.client) },
        resourceClaims: [{ name: channelClaim, resourceClaimTemplateName: placement.claimTemplate }],
      }),
      containers: [engineContainer(placement, plan, process, volumes)],
      volumes: volumes.map(({ volume }) => volume),
    },
  };
}

/**
 * Prefill and decode of a client must share a clique, or KV leaves NVLink and the engine fails at start with
 * "invalid resource handle". The first pod of a client satisfies the rule by itself.
 */
function oneClique(client: string): types.input.core.v1.PodAffinity {
  return {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: cliqueTopology, labelSelector: enginesSelector(client) },
    ],
  };
}

function configurationMounts(placement: Placement, { configuration }: EngineProcess): readonly MountedFile[] {
  const configMap = engineConfigMapName(placement, configuration);
  return configuration.map(({ key, mountPath }) => ({ configMap, key, mountPath }));
}

function engineVolumes(placement: Placement, plan: PoolPlan, process: EngineProcess): MountedVolume[] {
  return [
    sharedMemory(placement.sharedMemoryGib),
    weightsVolume(plan.intent.weights),
    temporaryFiles(),
    ...(process.scratchDirectories.length > 0 ? [scratch(process.scratchDirectories)] : []),
    ...(process.recordings === undefined ? [] : [recordingsVolume(process.recordings, placement.name)]),
    ...fileVolumes([...process.files, ...configurationMounts(placement, process)]),
  ];
}
