import type { types } from "@pulumi/kubernetes";
import type { ProcessPort } from "../engines/engine";
import type { Member } from "./labels";
import { clientLabel, clientLabels, labels, podSelector } from "./labels";
import {
  apiServer,
  namespacePeer,
  networkPolicy,
  platformEgress,
  policyPort,
  tcp,
  type Peer,
  type Platform,
} from "./network-policy";

/** Whom the entrance of a graph object talks to, beside the client's own pods. */
export interface GraphPeers {
  /** Port that requests arrive on. */
  readonly requests: number;
  readonly metrics: number;
  /** Ports that the client's pods call each other on. */
  readonly inside: readonly ProcessPort[];
  /** Label of the operator's pods, and the ports it calls. Absent where it calls none. */
  readonly operator?: { readonly name: string; readonly ports: readonly number[] };
  readonly platform?: Platform;
  /** Where the API server is, when pods ask it for each other. */
  readonly apiServerCidr?: string;
  /** Namespaces that may send requests; empty admits everyone who can route to the pods. */
  readonly callerNamespaces: readonly string[];
  readonly monitoringNamespace: string;
}

/** Requests may arrive at every pod of the client: Ray runs a proxy wherever it runs a replica. */
export function entrancePolicy(
  entrance: Member,
  peers: Pick<GraphPeers, "requests" | "callerNamespaces">,
): types.input.networking.v1.NetworkPolicy {
  const callers = peers.callerNamespaces.map(namespacePeer);
  return networkPolicy(`${entrance.name}-requests`, entrance.namespace, clientLabels(entrance.client), {
    podSelector: { matchLabels: { [clientLabel]: entrance.client } },
    policyTypes: ["Ingress"],
    ingress: [{ ...(callers.length > 0 && { from: callers }), ports: [tcp(peers.requests)] }],
  });
}

/** The entrance itself: its own client's pods, the operator, monitoring, and what it has to reach. */
export function graphNetworkPolicy(entrance: Member, peers: GraphPeers): types.input.networking.v1.NetworkPolicy {
  const own: Peer = { podSelector: { matchLabels: { [clientLabel]: entrance.client } } };
  const { operator, platform } = peers;
  return networkPolicy(entrance.name, entrance.namespace, labels(entrance), {
    podSelector: { matchLabels: podSelector(entrance) },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [own], ports: peers.inside.map(policyPort) },
      { from: [namespacePeer(peers.monitoringNamespace)], ports: [tcp(peers.metrics)] },
      ...(operator === undefined ? [] : [{ from: [operatorPods(operator.name)], ports: operator.ports.map(tcp) }]),
    ],
    egress: [
      { to: [own] },
      ...(platform === undefined ? [] : [platformEgress(platform)]),
      ...(peers.apiServerCidr === undefined ? [] : [apiServer(peers.apiServerCidr)]),
    ],
  });
}

/** The label that Helm charts put on their pods; an operator may live in any namespace. */
function operatorPods(name: string): Peer {
  return { namespaceSelector: {}, podSelector: { matchLabels: { "app.kubernetes.io/name": name } } };
}
