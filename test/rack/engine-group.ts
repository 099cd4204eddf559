import { kubectl, kubectlGet, type Rack } from "../../tools/rack/simulated-rack";

/** A LeaderWorkerSet of one group that claims channels of the domain `dom`, as engines do. */
export function engineGroup(namespace: string, size: number): string {
  return JSON.stringify({
    apiVersion: "leaderworkerset.x-k8s.io/v1",
    kind: "LeaderWorkerSet",
    metadata: { name: "engine", namespace },
    spec: {
      replicas: 1,
      leaderWorkerTemplate: {
        size,
        workerTemplate: {
          spec: {
            tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
            containers: [
              {
                name: "engine",
                image: "example/engine:1",
                resources: { limits: { "nvidia.com/gpu": "4" }, claims: [{ name: "channel" }] },
              },
            ],
            resourceClaims: [{ name: "channel", resourceClaimTemplateName: "dom-channel" }],
          },
        },
      },
    },
  });
}

export function computeDomain(namespace: string): string {
  return JSON.stringify({
    apiVersion: "resource.nvidia.com/v1beta1",
    kind: "ComputeDomain",
    metadata: { name: "dom", namespace },
    spec: { numNodes: 0, channel: { resourceClaimTemplate: { name: "dom-channel" } } },
  });
}

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName?: string };
}

export async function groupPods(rack: Rack, namespace: string): Promise<Pod[]> {
  const selector = "leaderworkerset.sigs.k8s.io/name=engine";
  const { items } = await kubectlGet<{ items: Pod[] }>(rack, ["pods", "-n", namespace, "-l", selector]);
  return items.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

export async function whenAvailable(rack: Rack, namespace: string): Promise<void> {
  const { code, stderr } = await kubectl(rack, [
    ...["wait", "lws", "engine", "-n", namespace, "--for=condition=Available", "--timeout=30s"],
  ]);
  if (code !== 0) throw new Error(stderr);
}
