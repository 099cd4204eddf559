import type { types } from "@pulumi/kubernetes";
import type { ProcessPort } from "../engines/engine";
import { dynamoFrontend, workersServeMetadata } from "../engines/trtllm/frontend";
import { frontendPort, platformPorts } from "../engines/trtllm/ports";
import {
  dynamoApiVersions,
  dynamoGraph,
  frontendServiceName,
  immutableGraphFields,
  type DynamoRole,
} from "../manifests/dynamo-graph";
import { checkDynamoGraph } from "../manifests/dynamo-rules";
import { entrancePolicy, graphNetworkPolicy } from "../manifests/graph-network-policy";
import { labels } from "../manifests/labels";
import { serviceAccount } from "../manifests/service-account";
import type { WeightStore } from "../plan/intent";
import type { Problem } from "../problems";
import type { PoolRef } from "../refs";
import { contributionOf, type Designed, type EntranceQuestion, type GraphDesign } from "./entrance";

/** One may go, by a drain or a roll-out, and requests still arrive. */
const usualFrontends = 2;

/** Workers answer over TCP to a port that the frontend chooses. */
const responses: ProcessPort = {
  name: "responses",
  port: 1024,
  lastPort: 65535,
  callers: ["client"],
  why: "Dynamo's TCP plane chooses its ports at start",
};

/** A DynamoGraphDeployment with frontends and a service per pool. */
export function designDynamo({ args, pools, placement }: EntranceQuestion): Designed<GraphDesign> {
  const all = [...pools.prefill, ...pools.decode];
  const apiVersion = dynamoApiVersions.find((known) => known === (args.graphVersion ?? "v1alpha1"));
  const [pool] = all;
  if (apiVersion === undefined) return { problems: [unknownVersion(args.graphVersion ?? "")] };
  if (pool === undefined) throw new Error("unchecked pools");
  const weights = workersServeMetadata(pool.engineVersion) ? undefined : weightsOf(pool);
  const graph = dynamoGraph({
    entrance: placement,
    frontend: {
      replicas: args.replicas ?? usualFrontends,
      process: dynamoFrontend(pool.engineVersion),
      ...(weights === undefined ? {} : { weights }),
    },
    roles: all.map(dynamoRole),
    apiVersion,
    // Pods find each other by the API server from Dynamo 1.0 on, and need no etcd then.
    discovery: pool.engineVersion.startsWith("0.") ? "etcd" : "kubernetes",
    runtimeVersion: pool.engineVersion,
  });
  const refused = checkDynamoGraph(graph);
  if (refused.length > 0) return { problems: refused.map(inTermsOfArgs) };
  return {
    entrance: {
      kind: "graph",
      account: serviceAccount(placement.serviceAccount, placement.namespace, labels(placement)),
      graph,
      policies: policies({ args, placement }),
      replaceOnChanges: immutableGraphFields,
      service: frontendServiceName(placement.name),
      port: frontendPort,
      metricsPort: frontendPort,
    },
    warnings: warnAboutTokenizer(weights),
  };
}

function dynamoRole(pool: PoolRef): DynamoRole {
  const { traysPerWorker, podTemplate } = contributionOf(pool);
  const role = pool.role === "prefill" ? "prefill" : "decode";
  return { name: pool.name, role, workers: pool.workers, traysPerWorker, podTemplate };
}

/** Where the workers have the weights, for a frontend that reads the tokenizer from the same path. */
function weightsOf(pool: PoolRef): WeightStore {
  const { spec } = contributionOf(pool).podTemplate as types.input.core.v1.PodTemplateSpec;
  const volumes = (spec as types.input.core.v1.PodSpec).volumes as readonly types.input.core.v1.Volume[];
  const weights = volumes.find(({ name }) => name === "weights");
  const claim = weights?.persistentVolumeClaim as { readonly claimName: string } | undefined;
  const directory = weights?.hostPath as { readonly path: string } | undefined;
  return { claim: claim?.claimName, hostPath: directory?.path, path: "", readGibPerSecond: 1 };
}

function warnAboutTokenizer(weights: WeightStore | undefined): readonly Problem[] {
  if (weights?.hostPath === undefined) return [];
  return [
    {
      path: "model.weights.hostPath",
      what: `${weights.hostPath} must exist on the hosts of the frontends too`,
      rule: "before 1.4 Dynamo's frontends read the model's tokenizer by the path that workers registered",
      fix: "weights by claim, the directory on the hosts as well, or engine.version 1.4.0 or newer",
    },
  ];
}

function policies({
  args: { domain, callerNamespaces = [] },
  placement,
}: Pick<EntranceQuestion, "args" | "placement">): readonly types.input.networking.v1.NetworkPolicy[] {
  const { nats, etcd } = platformPorts;
  const peers = { requests: frontendPort, callerNamespaces };
  return [
    graphNetworkPolicy(placement, {
      ...peers,
      metrics: frontendPort,
      inside: [responses],
      platform: { namespace: domain.platformNamespace, ports: [nats, etcd] },
      apiServerCidr: domain.apiServerCidr,
      monitoringNamespace: domain.monitoringNamespace,
    }),
    entrancePolicy(placement, peers),
  ];
}

/** The rules of graphs speak of the object, users of the router. */
function inTermsOfArgs(problem: Problem): Problem {
  if (problem.path === "metadata.name") return { ...problem, path: "name" };
  return problem;
}

function unknownVersion(version: string): Problem {
  return {
    path: "graphVersion",
    what: `${version} is no version of DynamoGraphDeployment`,
    rule: "the operator serves both of its versions and converts between them",
    fix: dynamoApiVersions.join(" or "),
  };
}
