import type { types } from "@pulumi/kubernetes";
import type { EngineProcess } from "../engines/engine";
import type { PoolPlan } from "../plan/pool";
import { environment } from "./environment";
import type { Placement } from "./placement";
import { passThrough } from "./placement";
import { httpProbe } from "./probe";
import { engineSecurityContext } from "./security-context";
import type { MountedVolume } from "./volume";

/** Name of the pod's claim on its tray's IMEX channel. */
export const channelClaim = "imex-channel";

export function engineContainer(
  placement: Placement,
  plan: PoolPlan,
  process: EngineProcess,
  volumes: readonly MountedVolume[],
): types.input.core.v1.Container {
  return {
    name: "engine",
    image: passThrough(placement.image),
    command: [...process.command],
    args: [...process.args],
    env: environment(process.env),
    ports: containerPorts(process),
    resources: resources(placement, plan),
    startupProbe: httpProbe(process.startup),
    readinessProbe: httpProbe(process.readiness),
    livenessProbe: httpProbe(process.liveness),
    lifecycle: { preStop: { exec: { command: [...process.drain.command] } } },
    securityContext: engineSecurityContext,
    volumeMounts: volumes.flatMap(({ mounts }) => mounts),
  };
}

/** Kubernetes has no container port ranges; the network policy has, and it is what opens a port. */
function containerPorts(process: EngineProcess): types.input.core.v1.ContainerPort[] {
  return process.ports
    .filter(({ lastPort }) => lastPort === undefined)
    .map(({ name, port }) => ({ name, containerPort: port }));
}

/** All GPUs of the tray, and its one channel. CPU has no limit: throttling the scheduler thread stalls every GPU. */
function resources(placement: Placement, plan: PoolPlan): types.input.core.v1.ResourceRequirements {
  const gpus = { "nvidia.com/gpu": String(plan.gpusPerWorker / plan.traysPerWorker) };
  const memory = `${placement.memoryGib}Gi`;
  return {
    requests: { cpu: String(placement.cpuCores), memory, ...gpus },
    limits: { memory, ...gpus },
    claims: [{ name: channelClaim }],
  };
}
