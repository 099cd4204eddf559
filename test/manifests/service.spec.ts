import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { leadersService, leaderUrls, routerService } from "../../src/manifests/service";
import { placement } from "./decode-pool";
import { router } from "./router";

describe("Services", () => {
  it("name a pool's leaders without taking the name that LeaderWorkerSet uses", () => {
    assert.deepStrictEqual(leadersService(placement, 30000), {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "client1-decode-leaders",
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
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        clusterIP: "None",
        selector: {
          "leaderworkerset.sigs.k8s.io/name": "client1-decode",
          "leaderworkerset.sigs.k8s.io/worker-index": "0",
          "nvl72/client": "client1",
          "nvl72/role": "decode",
        },
        ports: [{ name: "http", port: 30000, targetPort: 30000 }],
      },
    });
  });

  it("are the client's entrance at the router", () => {
    assert.deepStrictEqual(routerService(router, { http: 30000, metrics: 29000, health: 29001 }), {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "client1-router",
        namespace: "client1",
        labels: {
          "app.kubernetes.io/name": "nvl72",
          "app.kubernetes.io/instance": "client1-router",
          "app.kubernetes.io/component": "router",
          "app.kubernetes.io/part-of": "client1",
          "app.kubernetes.io/managed-by": "pulumi",
          "nvl72/client": "client1",
          "nvl72/role": "router",
        },
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        type: "ClusterIP",
        selector: {
          "app.kubernetes.io/instance": "client1-router",
          "nvl72/client": "client1",
          "nvl72/role": "router",
        },
        ports: [
          { name: "http", port: 30000, targetPort: 30000 },
          { name: "metrics", port: 29000, targetPort: 29000 },
        ],
      },
    });
  });

  it("give each leader a name of its own", () => {
    assert.deepStrictEqual(leaderUrls(placement, 2, 30000), [
      "http://client1-decode-0.client1-decode.client1.svc:30000",
      "http://client1-decode-1.client1-decode.client1.svc:30000",
    ]);
  });
});
