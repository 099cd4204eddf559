import type { types } from "@pulumi/kubernetes";
import type { ProcessPort } from "../engines/engine";
import { dynamoFrontend } from "../engines/trtllm/frontend";
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
import { contributionOf, type DesignedGraph } from "./graph-design";
import type { EntranceQuestion } from "./router-design";

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
export function designDynamo({ args, pools, placement }: EntranceQuestion): DesignedGraph {
  const all = [...pools.prefill, ...pools.decode];
  const apiVersion = dynamoApiVersions.find((known) => known === (args.graphVersion ?? "v1alpha1"));
  const [pool] = all;
  if (apiVersion === undefined) return { problems: [unknownVersion(args.graphVersion ?? "")] };
  if (pool === undefined) throw new Error("unchecked pools");
  const weights = claimedWeights(pool);
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
    warnings: weights === undefined ? [tokenizerWarning] : [],
  };
}

function dynamoRole(pool: PoolRef): DynamoRole {
  const { traysPerWorker, podTemplate } = contributionOf(pool);
  const role = pool.role === "prefill" ? "prefill" : "decode";
  return { name: pool.name, role, workers: pool.workers, traysPerWorker, podTemplate };
}

/** The claim that the workers mount, for the frontend to read the tokenizer from the same path. */
function claimedWeights(pool: PoolRef): WeightStore | undefined {
  const { spec } = contributionOf(pool).podTemplate as types.input.core.v1.PodTemplateSpec;
  const volumes = (spec as types.input.core.v1.PodSpec).volumes as readonly types.input.core.v1.Volume[];
  const weights = volumes.find(({ name }) => name === "weights");
  const source = weights?.persistentVolumeClaim as types.input.core.v1.PersistentVolumeClaimVolumeSource | undefined;
  if (typeof source?.claimName !== "string") return undefined;
  return { claim: source.claimName, path: "", readGibPerSecond: 1 };
}

const tokenizerWarning: Problem = {
  path: "model.weights",
  what: "a directory of the trays, which frontends do not run on",
  rule: "Dynamo's frontends read the model's tokenizer by the path that workers registered",
  fix: "weights by claim, or the tokenizer's files under the same path in the frontend's image",
};

function policies({
  args: { domain, callerNamespaces = [], apiServerCidr = "0.0.0.0/0" },
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
      apiServerCidr,
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
