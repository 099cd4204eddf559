import type { types } from "@pulumi/kubernetes";
import { apiServer, dnsPorts, dnsServers, networkPolicy, tcp } from "./network-policy";

/**
 * Label of the daemon pods, its value the UID of their ComputeDomain, and the ports of their configuration: SERVER_PORT
 * and IMEX_CMD_PORT (dra-driver-nvidia-gpu v0.4.1, templates/compute-domain-daemon.tmpl.yaml and
 * compute-domain-daemon-config.tmpl.cfg; NVIDIA's IMEX guide has the same SERVER_PORT by default).
 */
const computeDomainLabel = "resource.nvidia.com/computeDomain";
const imexPorts = [tcp(50000), tcp(50005)];

/**
 * For the namespace of the DRA driver, where the IMEX daemons of all clients run: lets them reach each other, DNS and
 * the API server. Only needed where that namespace denies by default, and then no channel works without it.
 */
export function imexNetworkPolicy(
  driverNamespace: string,
  apiServerCidr = "0.0.0.0/0",
): types.input.networking.v1.NetworkPolicy {
  const daemons = { matchExpressions: [{ key: computeDomainLabel, operator: "Exists" }] };
  const labels = { "app.kubernetes.io/name": "nvl72", "app.kubernetes.io/managed-by": "pulumi" };
  return networkPolicy("imex-daemons", driverNamespace, labels, {
    podSelector: daemons,
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ podSelector: daemons }], ports: imexPorts }],
    egress: [
      { to: [{ podSelector: daemons }], ports: imexPorts },
      { to: dnsServers, ports: dnsPorts },
      apiServer(apiServerCidr),
    ],
  });
}
