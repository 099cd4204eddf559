import type { types } from "@pulumi/kubernetes";
import type { ProcessPort } from "../engines/engine";
import { checkAnswerTime } from "../engines/proxy-rules";
import { rayDrain } from "../engines/vllm/drain";
import { rayHeadPorts } from "../engines/vllm/ports";
import { rayVersionOf } from "../engines/vllm/ray-version";
import { rayStartParams, serveConfig } from "../engines/vllm/serve-config";
import type { PoolRole } from "../plan/intent";
import { entrancePolicy, graphNetworkPolicy } from "../manifests/graph-network-policy";
import { labels } from "../manifests/labels";
import { rayService, serveServiceName, type RayRole } from "../manifests/ray-service";
import { checkObjectName } from "../manifests/object-name";
import { serviceAccount } from "../manifests/service-account";
import type { Problem } from "../problems";
import type { PoolRef } from "../refs";
import { contributionOf, type Designed, type EntranceQuestion, type GraphDesign } from "./entrance";

/** Ingress replicas per GPU of the published deployment: 64 for 48 (anyscale/ray-serve-llm-perf-examples, pd.yaml). */
const ingressPerGpu = 64 / 48;
const usualRequestSeconds = 1800;
const cutAnswers = "Ray Serve's proxy ends a request at the timeout, stream included";

/**
 * KubeRay changes nothing of a running RayService's cluster: with `upgradeStrategy: None` new templates are ignored, and
 * so are other numbers of replicas, which its hash leaves out (1.6.0 utils/util.go; kuberay#2331). Only what the
 * application is told is applied in place.
 */
const replacedFields: readonly string[] = ["spec.rayClusterConfig"];

/** KubeRay puts its own words behind a RayService's name (1.6.0 utils/constant.go, MaxRayServiceNameLength). */
const longestRayServiceName = 47;

/** Ray's processes choose ports from the whole range: raylets, object managers, workers. */
const anyPort: ProcessPort = {
  name: "any",
  port: 1024,
  lastPort: 65535,
  callers: ["client"],
  why: "Ray's processes choose their ports at start",
};

/** A RayService with a worker group per role, and the application that it serves. */
export function designRay({ args, pools, placement }: EntranceQuestion): Designed<GraphDesign> {
  const [prefill, ...otherPrefill] = pools.prefill;
  const [decode, ...otherDecode] = pools.decode;
  const rayVersion = rayVersionOf(decode?.engineVersion ?? "");
  const requestSeconds = args.timeouts?.requestSeconds ?? usualRequestSeconds;
  const problems = [
    ...checkSinglePool("prefill", otherPrefill),
    ...checkSinglePool("decode", otherDecode),
    ...checkAnswerTime({ requestSeconds }, args.longestAnswerSeconds ?? decode?.drainSeconds ?? 0, cutAnswers),
    ...checkObjectName("name", placement.name, longestRayServiceName),
  ];
  if (problems.length > 0 || prefill === undefined || decode === undefined) return { problems };
  if (rayVersion === undefined) throw new Error(`unchecked engine version ${decode.engineVersion}`);
  const gpus = prefill.gpus + decode.gpus;
  const config = serveConfig({
    name: placement.client,
    prefill: contributionOf(prefill).settings,
    decode: contributionOf(decode).settings,
    ingressReplicas: args.replicas ?? Math.ceil(gpus * ingressPerGpu),
    requestSeconds,
  });
  return {
    entrance: {
      kind: "graph",
      account: serviceAccount(placement.serviceAccount, placement.namespace, labels(placement)),
      graph: rayService(placement, [prefill, decode].map(rayRole), {
        serveConfig: config,
        rayVersion,
        drain: rayDrain("cluster", Math.max(prefill.drainSeconds, decode.drainSeconds)),
      }),
      policies: policies({ args, placement }),
      replaceOnChanges: replacedFields,
      service: serveServiceName(placement.name),
      port: rayHeadPorts.serve,
      metricsPort: rayHeadPorts.metrics,
    },
    warnings: [],
  };
}

function rayRole(pool: PoolRef): RayRole {
  const { traysPerWorker, podTemplate } = contributionOf(pool);
  return {
    name: pool.name,
    workers: pool.workers,
    traysPerWorker,
    podTemplate,
    rayStartParams: rayStartParams(pool.role as PoolRole, pool.gpus / pool.trays),
  };
}

function policies({
  args: { domain, callerNamespaces = [] },
  placement,
}: Pick<EntranceQuestion, "args" | "placement">): readonly types.input.networking.v1.NetworkPolicy[] {
  const peers = { requests: rayHeadPorts.serve, callerNamespaces };
  return [
    graphNetworkPolicy(placement, {
      ...peers,
      metrics: rayHeadPorts.metrics,
      inside: [anyPort],
      // KubeRay asks the dashboard for the application's state and the proxies for their health.
      operator: { name: "kuberay-operator", ports: [rayHeadPorts.dashboard, rayHeadPorts.serve] },
      monitoringNamespace: domain.monitoringNamespace,
    }),
    entrancePolicy(placement, peers),
  ];
}

/** Ray's application has one configuration for each role (ray.serve.llm build_pd_openai_app). */
function checkSinglePool(role: "prefill" | "decode", others: readonly PoolRef[]): readonly Problem[] {
  if (others.length === 0) return [];
  return [
    {
      path: role,
      what: `${others.length + 1} pools`,
      rule: "Ray Serve's prefill/decode application has one configuration for each role",
      fix: `one ${role} pool with more workers, or engine.orchestrator leader-worker-set`,
    },
  ];
}
