import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkClaimTemplateName, claimTemplateName, computeDomain } from "../../src/manifests/compute-domain";
import { clientLabels, labels } from "../../src/manifests/labels";
import { clientNamespace } from "../../src/manifests/namespace";
import { disruptionBudget } from "../../src/manifests/pod-disruption-budget";
import { enginePriorityClass, routerPriorityClass } from "../../src/manifests/priority-class";
import { discoveryRole, discoveryRoleBinding } from "../../src/manifests/rbac";
import { gpuQuota } from "../../src/manifests/resource-quota";
import { serviceAccount } from "../../src/manifests/service-account";
import { gb200Nvl72 } from "../../src/plan/rack";
import { placement } from "./decode-pool";
import { router } from "./router";

const ownLabels = {
  "app.kubernetes.io/name": "nvl72",
  "app.kubernetes.io/part-of": "client1",
  "app.kubernetes.io/managed-by": "pulumi",
  "nvl72/client": "client1",
};

describe("what a client owns", () => {
  it("is a namespace that admits engines without audit noise", () => {
    assert.deepStrictEqual(clientNamespace("client1", "inference-1"), {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: "inference-1",
        labels: {
          ...ownLabels,
          "pod-security.kubernetes.io/enforce": "privileged",
          "pod-security.kubernetes.io/audit": "privileged",
          "pod-security.kubernetes.io/warn": "privileged",
        },
      },
    });
  });

  it("is a ComputeDomain that any number of trays may join, and that Pulumi names", () => {
    assert.deepStrictEqual(computeDomain("client1", "inference-1"), {
      apiVersion: "resource.nvidia.com/v1beta1",
      kind: "ComputeDomain",
      metadata: {
        namespace: "inference-1",
        labels: ownLabels,
        annotations: { "pulumi.com/waitFor": "jsonpath={.status.status}=Ready" },
      },
      spec: {
        numNodes: 0,
        channel: { allocationMode: "Single", resourceClaimTemplate: { name: "client1-channel-87a7acbd" } },
      },
    });
  });

  it("is as many GPUs as its trays have", () => {
    assert.deepStrictEqual(gpuQuota("client1", "inference-1", 9, gb200Nvl72), {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "gpus", namespace: "inference-1", labels: ownLabels },
      spec: { hard: { "requests.nvidia.com/gpu": "36" } },
    });
  });

  it("is a ServiceAccount that gives no token away", () => {
    assert.deepStrictEqual(serviceAccount("client1-engine", "inference-1", clientLabels("client1")), {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "client1-engine", namespace: "inference-1", labels: ownLabels },
      automountServiceAccountToken: false,
    });
  });
});

describe("a claim template's name", () => {
  it("changes with the domain it leads to, so that pools roll", () => {
    assert.notEqual(claimTemplateName("client1", "All"), claimTemplateName("client1", "Single"));
    assert.equal(
      computeDomain("client1", "inference-1", "All").spec.channel.resourceClaimTemplate.name,
      claimTemplateName("client1", "All"),
    );
  });

  it("is refused when it would not fit a label", () => {
    assert.deepStrictEqual(checkClaimTemplateName("c".repeat(46)), []);
    assert.deepStrictEqual(checkClaimTemplateName("c".repeat(47)), [
      {
        path: "client",
        what: `the claim template "${claimTemplateName("c".repeat(47))}" has 64 characters`,
        rule: "names that Kubernetes uses as labels have at most 63 characters",
        fix: "shorten the client's name to 46 characters",
      },
    ]);
  });
});

describe("a disruption budget", () => {
  it("lets one pod of a pool go at a time, and a broken one at any", () => {
    assert.deepStrictEqual(disruptionBudget(placement), {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "client1-decode", namespace: "client1", labels: labels(placement) },
      spec: {
        maxUnavailable: 1,
        selector: {
          matchLabels: {
            "app.kubernetes.io/instance": "client1-decode",
            "nvl72/client": "client1",
            "nvl72/role": "decode",
          },
        },
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    });
  });
});

describe("the router's rights", () => {
  it("are to watch the pods of its namespace", () => {
    assert.deepStrictEqual(discoveryRole(router), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "client1-router", namespace: "client1", labels: labels(router) },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
    });
    assert.deepStrictEqual(discoveryRoleBinding(router, "client1-router"), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "client1-router", namespace: "client1", labels: labels(router) },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "client1-router" },
      subjects: [{ kind: "ServiceAccount", name: "client1-router", namespace: "client1" }],
    });
  });
});

describe("priority classes of a rack", () => {
  it("put routers before engines, and let only routers preempt", () => {
    assert.deepStrictEqual(enginePriorityClass("rack1-engine"), {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: "rack1-engine" },
      value: 1_000_000,
      preemptionPolicy: "Never",
      globalDefault: false,
      description: "Inference engines of an NVL72 rack: scheduled first, never preempting.",
    });
    assert.deepStrictEqual(routerPriorityClass("rack1-router"), {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: "rack1-router" },
      value: 1_000_001,
      preemptionPolicy: "PreemptLowerPriority",
      globalDefault: false,
      description: "Routers of an NVL72 rack: the only entrance to their client's engines.",
    });
  });
});
