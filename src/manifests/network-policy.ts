import type { types } from "@pulumi/kubernetes";
import type { ProcessPort } from "../engines/engine";
import { clientLabels } from "./labels";

type NetworkPolicy = types.input.networking.v1.NetworkPolicy;
export type Peer = types.input.networking.v1.NetworkPolicyPeer;
export type PolicyPort = types.input.networking.v1.NetworkPolicyPort;

/** Nothing in, nothing out, for every pod of the namespace; the other policies add what is needed. */
export function defaultDeny(client: string, namespace: string): NetworkPolicy {
  return networkPolicy("default-deny", namespace, clientLabels(client), {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
  });
}

/** Names can be resolved by every pod of the namespace. */
export function allowDns(client: string, namespace: string): NetworkPolicy {
  return networkPolicy("allow-dns", namespace, clientLabels(client), {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{ to: dnsServers, ports: dnsPorts }],
  });
}

export function networkPolicy(
  name: string,
  namespace: string,
  labels: Record<string, string>,
  spec: types.input.networking.v1.NetworkPolicySpec,
): NetworkPolicy {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace, labels }, spec };
}

export function tcp(port: number): PolicyPort {
  return { protocol: "TCP", port };
}

export function policyPort({ port, lastPort }: ProcessPort): PolicyPort {
  return lastPort === undefined ? tcp(port) : { ...tcp(port), endPort: lastPort };
}

/** A namespace by the label that Kubernetes puts on each. */
export function namespacePeer(name: string): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}

/** Cluster DNS, and NodeLocal DNSCache, which listens on this link-local address unless configured otherwise. */
export const dnsServers: Peer[] = [namespacePeer("kube-system"), { ipBlock: { cidr: "169.254.20.10/32" } }];

export const dnsPorts: PolicyPort[] = [
  { protocol: "UDP", port: 53 },
  { protocol: "TCP", port: 53 },
];

/** Services that an orchestrator brings for all its clients: NATS and etcd of Dynamo. */
export interface Platform {
  readonly namespace: string;
  readonly ports: readonly number[];
}

export function platformEgress({ namespace, ports }: Platform): types.input.networking.v1.NetworkPolicyEgressRule {
  return { to: [namespacePeer(namespace)], ports: ports.map(tcp) };
}

/**
 * The API server is no pod, so it can only be named by address. 443 is its Service, 6443 the usual port behind it:
 * plugins differ in which of the two they see.
 */
export function apiServer(cidr: string): types.input.networking.v1.NetworkPolicyEgressRule {
  return { to: [{ ipBlock: { cidr } }], ports: [tcp(443), tcp(6443)] };
}
