import type { types } from "@pulumi/kubernetes";
import type { FrontendProcess } from "../engines/trtllm/frontend";
import type { WeightStore } from "../plan/intent";
import { labels, podSelector } from "./labels";
import type { RouterPlacement } from "./placement";
import { arm64Toleration, passThrough, placementFields } from "./placement";
import { enginePodSecurityContext, routerSecurityContext } from "./security-context";
import { temporaryFiles } from "./volume";
import { weightsVolume } from "./weights-volume";

/** The entrance of a graph. Its ports and probes are the operator's own. */
export interface DynamoFrontend {
  readonly replicas: number;
  readonly process: FrontendProcess;
  /** Where it finds the model's tokenizer by the path that workers registered; absent where workers serve it. */
  readonly weights?: WeightStore;
}

/** Frontends stay off the trays, and apart from each other. */
export function frontendPod(
  entrance: RouterPlacement,
  { process, weights }: DynamoFrontend,
): types.input.core.v1.PodTemplateSpec {
  const memory = `${entrance.memoryGib}Gi`;
  const volumes = [temporaryFiles(), ...(weights === undefined ? [] : [weightsVolume(weights)])];
  return {
    metadata: { labels: labels(entrance) },
    spec: {
      ...placementFields(entrance),
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      securityContext: enginePodSecurityContext,
      ...(entrance.nodeSelector !== undefined && { nodeSelector: { ...entrance.nodeSelector } }),
      tolerations: [arm64Toleration, ...(entrance.extraTolerations ?? [])],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: podSelector(entrance) },
        },
      ],
      containers: [
        {
          name: "frontend",
          image: passThrough(entrance.image),
          command: [...process.command],
          args: [...process.args],
          resources: { requests: { cpu: String(entrance.cpuCores), memory }, limits: { memory } },
          // Dynamo's images run as a user of their own and write below its home.
          securityContext: { ...routerSecurityContext, readOnlyRootFilesystem: false },
          volumeMounts: volumes.flatMap(({ mounts }) => mounts),
        },
      ],
      volumes: volumes.map(({ volume }) => volume),
    },
  };
}
