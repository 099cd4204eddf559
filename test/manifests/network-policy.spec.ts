import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { imexNetworkPolicy } from "../../src/manifests/imex-network-policy";
import { allowDns, defaultDeny } from "../../src/manifests/network-policy";
import { poolNetworkPolicy } from "../../src/manifests/pool-network-policy";
import { routerNetworkPolicy } from "../../src/manifests/router-network-policy";
import { placement, process } from "./decode-pool";
import { router, routerProcess } from "./router";

const engines = {
  podSelector: {
    matchLabels: { "nvl72/client": "client1" },
    matchExpressions: [{ key: "nvl72/role", operator: "In", values: ["prefill", "decode"] }],
  },
};
const monitoring = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } };
const dns = {
  to: [
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
    { ipBlock: { cidr: "169.254.20.10/32" } },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

describe("a client's namespace", () => {
  it("denies everything both ways, for every pod", () => {
    assert.deepStrictEqual(defaultDeny("client1", "inference-1"), {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name: "default-deny",
        namespace: "inference-1",
        labels: {
          "app.kubernetes.io/name": "nvl72",
          "app.kubernetes.io/part-of": "client1",
          "app.kubernetes.io/managed-by": "pulumi",
          "nvl72/client": "client1",
        },
      },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  });

  it("resolves names", () => {
    assert.deepStrictEqual(allowDns("client1", "inference-1").spec, {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [dns],
    });
  });
});

describe("a pool's network policy", () => {
  it("opens each port to the callers that the process names", () => {
    const { metadata, spec } = poolNetworkPolicy(placement, process.ports, "monitoring");
    assert.deepStrictEqual(metadata, {
      name: "client1-decode",
      namespace: "client1",
      labels: {
        "app.kubernetes.io/name": "nvl72",
        "app.kubernetes.io/instance": "client1-decode",
        "app.kubernetes.io/component": "decode",
        "app.kubernetes.io/part-of": "client1",
        "app.kubernetes.io/managed-by": "pulumi",
        "nvl72/client": "client1",
        "nvl72/role": "decode",
      },
    });
    const pool = {
      matchLabels: {
        "app.kubernetes.io/instance": "client1-decode",
        "nvl72/client": "client1",
        "nvl72/role": "decode",
      },
    };
    const http = { protocol: "TCP", port: 30000 };
    const rendezvous = { protocol: "TCP", port: 5757 };
    const transfer = { protocol: "TCP", port: 32768, endPort: 60999 };
    assert.deepStrictEqual(spec, {
      podSelector: pool,
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { "nvl72/client": "client1", "nvl72/role": "router" } } }],
          ports: [http],
        },
        { from: [{ podSelector: pool }], ports: [http, rendezvous, transfer] },
        { from: [engines], ports: [transfer] },
        { from: [monitoring], ports: [http] },
      ],
      egress: [{ to: [engines] }],
    });
  });

  it("has no rule for callers of nothing: one without ports would admit them everywhere", () => {
    const { spec } = poolNetworkPolicy(
      placement,
      [{ name: "http", port: 30000, callers: ["monitoring"], why: "metrics" }],
      "monitoring",
    );
    assert.deepStrictEqual((spec as { ingress: unknown }).ingress, [
      { from: [monitoring], ports: [{ protocol: "TCP", port: 30000 }] },
    ]);
  });
});

describe("a router's network policy", () => {
  const peers = { callerNamespaces: [], monitoringNamespace: "monitoring", enginePort: 30000 };

  it("admits requests from anywhere, and reaches leaders and the API server", () => {
    assert.deepStrictEqual(routerNetworkPolicy(router, routerProcess.ports, peers).spec, {
      podSelector: {
        matchLabels: {
          "app.kubernetes.io/instance": "client1-router",
          "nvl72/client": "client1",
          "nvl72/role": "router",
        },
      },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { ports: [{ protocol: "TCP", port: 30000 }] },
        { from: [monitoring], ports: [{ protocol: "TCP", port: 29000 }] },
      ],
      egress: [
        { to: [engines], ports: [{ protocol: "TCP", port: 30000 }] },
        {
          to: [{ ipBlock: { cidr: "0.0.0.0/0" } }],
          ports: [
            { protocol: "TCP", port: 443 },
            { protocol: "TCP", port: 6443 },
          ],
        },
      ],
    });
  });

  it("can be closed to all but some namespaces, and to all but one API server", () => {
    const { spec } = routerNetworkPolicy(router, routerProcess.ports, {
      ...peers,
      callerNamespaces: ["gateway", "batch"],
      apiServerCidr: "10.0.0.1/32",
    });
    const { ingress, egress } = spec as { ingress: { from?: unknown }[]; egress: { to: unknown }[] };
    assert.deepStrictEqual(ingress[0]?.from, [
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateway" } } },
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "batch" } } },
    ]);
    assert.deepStrictEqual(egress[1]?.to, [{ ipBlock: { cidr: "10.0.0.1/32" } }]);
  });
});

describe("the driver's namespace", () => {
  it("lets IMEX daemons reach each other", () => {
    const daemons = { matchExpressions: [{ key: "resource.nvidia.com/computeDomain", operator: "Exists" }] };
    const ports = [
      { protocol: "TCP", port: 50000 },
      { protocol: "TCP", port: 50005 },
    ];
    assert.deepStrictEqual(imexNetworkPolicy("nvidia-dra-driver-gpu", "10.0.0.1/32"), {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name: "imex-daemons",
        namespace: "nvidia-dra-driver-gpu",
        labels: { "app.kubernetes.io/name": "nvl72", "app.kubernetes.io/managed-by": "pulumi" },
      },
      spec: {
        podSelector: daemons,
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [{ podSelector: daemons }], ports }],
        egress: [
          { to: [{ podSelector: daemons }], ports },
          dns,
          {
            to: [{ ipBlock: { cidr: "10.0.0.1/32" } }],
            ports: [
              { protocol: "TCP", port: 443 },
              { protocol: "TCP", port: 6443 },
            ],
          },
        ],
      },
    });
  });
});
