import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ClientDomain } from "../../src/index";
import { domainArgs } from "../support/component-args";
import { createdObjects } from "../support/created-objects";
import { refusalOf, runProgram } from "../support/registration-harness";

const labels = {
  "app.kubernetes.io/managed-by": "pulumi",
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/part-of": "client1",
  "nvl72/client": "client1",
};

describe("a client's domain", () => {
  it("is a namespace, and in it the NVLink domain, a quota, an account without rights and a closed network", async () => {
    const run = await runProgram(() => new ClientDomain("client1", domainArgs()));
    assert.deepEqual(createdObjects(run), {
      "client1-namespace": {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: {
          name: "client1",
          labels: {
            ...labels,
            "pod-security.kubernetes.io/audit": "privileged",
            "pod-security.kubernetes.io/enforce": "privileged",
            "pod-security.kubernetes.io/warn": "privileged",
          },
        },
      },
      "client1-engine": {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "engine", namespace: "client1", labels },
        automountServiceAccountToken: false,
      },
      "client1-quota": {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "gpus", namespace: "client1", labels },
        spec: { hard: { "requests.nvidia.com/gpu": "36" } },
      },
      "client1-domain": {
        apiVersion: "resource.nvidia.com/v1beta1",
        kind: "ComputeDomain",
        metadata: {
          namespace: "client1",
          labels,
          annotations: { "pulumi.com/waitFor": "jsonpath={.status.status}=Ready" },
        },
        spec: {
          numNodes: 0,
          channel: {
            allocationMode: "Single",
            resourceClaimTemplate: { name: "client1-channel-87a7acbd" },
          },
        },
      },
      "client1-default-deny": {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "default-deny", namespace: "client1", labels },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      "client1-dns": {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "allow-dns", namespace: "client1", labels },
        spec: {
          podSelector: {},
          policyTypes: ["Egress"],
          egress: [
            {
              to: [
                { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
                { ipBlock: { cidr: "169.254.20.10/32" } },
              ],
              ports: [
                { protocol: "UDP", port: 53 },
                { protocol: "TCP", port: 53 },
              ],
            },
          ],
        },
      },
    });
  });

  it("creates the namespace before what is in it", async () => {
    const { registrations } = await runProgram(() => new ClientDomain("client1", domainArgs()));
    const namespace = registrations.find(({ name }) => name === "client1-namespace");
    const inside = registrations.filter(({ custom }) => custom).filter((resource) => resource !== namespace);
    assert.deepEqual(
      inside.map(({ dependencies }) => dependencies),
      [1, 2, 3, 4, 5].map(() => [namespace?.urn]),
    );
  });

  it("replaces the ComputeDomain on any change of its spec, which is immutable", async () => {
    const { registrations } = await runProgram(() => new ClientDomain("client1", domainArgs()));
    assert.deepEqual(
      registrations
        .filter(({ replaceOnChanges }) => replaceOnChanges.length > 0)
        .map(({ name, replaceOnChanges }) => [name, replaceOnChanges]),
      [["client1-domain", ["spec"]]],
    );
  });

  it("names the claim template after how channels are given, so that pools roll when that changes", async () => {
    const { result, registrations } = await runProgram(
      () => new ClientDomain("client1", domainArgs({ channels: "All" })).ref,
    );
    assert.equal(result.claimTemplate, "client1-channel-4fe13434");
    assert.deepEqual(registrations.find(({ name }) => name === "client1-domain")?.inputs.spec, {
      numNodes: 0,
      channel: { allocationMode: "All", resourceClaimTemplate: { name: "client1-channel-4fe13434" } },
    });
  });

  it("tells pools and routers all they need, at once and without an output", async () => {
    const { result } = await runProgram(
      () =>
        new ClientDomain("domain", {
          client: "client1",
          trays: 9,
          namespace: "inference",
          priorityClass: "nvl72-engine",
          routerPriorityClass: "nvl72-router",
          monitoringNamespace: "prometheus",
        }).ref,
    );
    assert.deepEqual(result, {
      version: 1,
      client: "client1",
      hardware: "gb200-nvl72",
      platformNamespace: "dynamo-system",
      apiServerCidr: "0.0.0.0/0",
      namespace: "inference",
      claimTemplate: "client1-channel-87a7acbd",
      trays: 9,
      engineServiceAccount: "engine",
      priorityClass: "nvl72-engine",
      routerPriorityClass: "nvl72-router",
      monitoringNamespace: "prometheus",
    });
  });

  it("refuses everything that cannot work at once", async () => {
    const refusal = await refusalOf(
      () => new ClientDomain("client1", domainArgs({ client: "client1", namespace: "Client_1", trays: 19 })),
    );
    assert.equal(
      refusal.message,
      [
        "nvl72: client1 cannot run as configured (2 problems), nothing was changed",
        '  namespace: "Client_1" (8 characters) is no name that Kubernetes takes everywhere',
        "      rule: lower-case letters, digits and dashes, beginning with a letter, at most 63 characters",
        "      fix:  for example client1",
        "  trays: 19 trays",
        "      rule: a client has at least one tray and the GB200 NVL72 has 18",
        "      fix:  1 to 18",
      ].join("\n"),
    );
  });

  it("refuses trays that are not known yet", async () => {
    const trays = pulumi.output(9) as unknown as number;
    const refusal = await refusalOf(() => new ClientDomain("client1", domainArgs({ trays })));
    assert.equal(
      refusal.message,
      [
        "nvl72: client1 cannot run as configured (1 problem), nothing was changed",
        "  trays: an output, whose value is not known yet",
        "      rule: sizes, names and settings are planned and checked before anything is created",
        "      fix:  a plain value; refs of this library's components are plain already",
      ].join("\n"),
    );
  });
});
