import type { types } from "@pulumi/kubernetes";
import type { RouterPorts } from "../engines/smg/router";
import type { Member } from "./labels";
import { enginesSelector, labels, podSelector } from "./labels";
import { apiServer, namespacePeer, networkPolicy, tcp } from "./network-policy";

/** Whom a router talks to. */
export interface RouterPeers {
  /** Namespaces that may send requests; empty admits everyone who can route to the pod. */
  readonly callerNamespaces: readonly string[];
  readonly monitoringNamespace: string;
  /** HTTP port of the pools' leaders. */
  readonly enginePort: number;
  /** Where the API server is, for discovery. */
  readonly apiServerCidr?: string;
}

/**
 * The router speaks HTTP to the leaders and nothing else: the bootstrap port it only names to the decode workers, who
 * call it themselves (observed with smg 1.13.0).
 */
export function routerNetworkPolicy(
  router: Member,
  ports: RouterPorts,
  peers: RouterPeers,
): types.input.networking.v1.NetworkPolicy {
  const callers = peers.callerNamespaces.map(namespacePeer);
  return networkPolicy(router.name, router.namespace, labels(router), {
    podSelector: { matchLabels: podSelector(router) },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { ...(callers.length > 0 && { from: callers }), ports: [tcp(ports.http)] },
      { from: [namespacePeer(peers.monitoringNamespace)], ports: [tcp(ports.metrics)] },
    ],
    egress: [
      { to: [{ podSelector: enginesSelector(router.client) }], ports: [tcp(peers.enginePort)] },
      apiServer(peers.apiServerCidr ?? "0.0.0.0/0"),
    ],
  });
}
