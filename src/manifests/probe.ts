import type { types } from "@pulumi/kubernetes";
import type { HttpProbe } from "../engines/engine";

/** The kubelet calls probes from the node; network plugins let a node reach its own pods, so no policy names them. */
export function httpProbe(probe: HttpProbe): types.input.core.v1.Probe {
  return {
    httpGet: { path: probe.path, port: probe.port },
    periodSeconds: probe.periodSeconds,
    timeoutSeconds: probe.timeoutSeconds,
    failureThreshold: probe.failureThreshold,
  };
}
