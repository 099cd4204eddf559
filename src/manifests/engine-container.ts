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
    ...(process.command.length > 0 && { command: [...process.command], args: [...process.args] }),
    env: environment(process.env),
    ports: containerPorts(process),
    resources: resources(placement, plan),
    ...(process.probes !== undefined && {
      startupProbe: httpProbe(process.probes.startup),
      readinessProbe: httpProbe(process.probes.readiness),
      livenessProbe: httpProbe(process.probes.liveness),
    }),
    ...(process.drain !== undefined && {
      lifecycle: { preStop: { exec: { command: [...process.drain.command] } } },
    }),
    securityContext: engineSecurityContext(process.capabilities),
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
  const devices = { "nvidia.com/gpu": String(plan.gpusPerWorker / plan.traysPerWorker), ...counted(placement.devices) };
  const memory = `${placement.memoryGib}Gi`;
  return {
    requests: { cpu: String(placement.cpuCores), memory, ...devices },
    limits: { memory, ...devices },
    ...(placement.claimTemplate !== undefined && { claims: [{ name: channelClaim }] }),
  };
}

function counted(devices: Readonly<Record<string, number>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.keys(devices)
      .sort()
      .map((name) => [name, String(devices[name])]),
  );
}
