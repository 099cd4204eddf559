import type { types } from "@pulumi/kubernetes";
import type { Caller, ProcessPort } from "../engines/engine";
import type { Member } from "./labels";
import { clientLabel, enginesSelector, labels, operationsSelector, podSelector, roleLabel } from "./labels";
import type { Peer } from "./network-policy";
import { apiServer, namespacePeer, networkPolicy, platformEgress, policyPort, type Platform } from "./network-policy";

/** What workers call beside each other. */
export interface Reach {
  /** The client's entrance: Ray's head, Dynamo's frontends. */
  readonly entrance?: boolean;
  readonly platform?: Platform;
  readonly apiServerCidr?: string;
}

const callers: readonly Caller[] = ["router", "worker", "client", "monitoring", "operation"];

/**
 * Who may call which port of a pool, from what the process itself declares. NVLink traffic is memory access and passes
 * by all policies; what is let through here is rendezvous, bootstrap, HTTP and metrics.
 */
export function poolNetworkPolicy(
  pool: Member,
  ports: readonly ProcessPort[],
  monitoringNamespace: string,
  reach: Reach = {},
): types.input.networking.v1.NetworkPolicy {
  return networkPolicy(pool.name, pool.namespace, labels(pool), {
    podSelector: { matchLabels: podSelector(pool) },
    policyTypes: ["Ingress", "Egress"],
    ingress: callers.flatMap((caller) => {
      const open = ports.filter((port) => port.callers.includes(caller));
      return open.length === 0
        ? []
        : [{ from: [peer(caller, pool, monitoringNamespace)], ports: open.map(policyPort) }];
    }),
    // Towards the client's engines on any port: which ones are open is the receiving pool's knowledge and its ingress.
    egress: [
      { to: [{ podSelector: reach.entrance === true ? everyPod(pool) : enginesSelector(pool.client) }] },
      ...(reach.platform === undefined ? [] : [platformEgress(reach.platform)]),
      ...(reach.apiServerCidr === undefined ? [] : [apiServer(reach.apiServerCidr)]),
    ],
  });
}

function everyPod(pool: Member): types.input.meta.v1.LabelSelector {
  return { matchLabels: { [clientLabel]: pool.client } };
}

/** A policy cannot tell the groups of a pool apart, so "worker" is the whole pool. */
function peer(caller: Caller, pool: Member, monitoringNamespace: string): Peer {
  switch (caller) {
    case "router":
      return { podSelector: { matchLabels: { [clientLabel]: pool.client, [roleLabel]: "router" } } };
    case "worker":
      return { podSelector: { matchLabels: podSelector(pool) } };
    case "client":
      return { podSelector: enginesSelector(pool.client) };
    case "monitoring":
      return namespacePeer(monitoringNamespace);
    case "operation":
      return { podSelector: operationsSelector(pool.client) };
  }
}
