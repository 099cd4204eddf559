import { leaderWorkerSetVariables } from "../../src/engines/engine";
import { dynamoFrontend } from "../../src/engines/trtllm/frontend";
import { trtllm } from "../../src/engines/trtllm/trtllm";
import {
  dynamoGraph,
  type DynamoGraph,
  type DynamoGraphRequest,
  type DynamoRole,
} from "../../src/manifests/dynamo-graph";
import { enginePod } from "../../src/manifests/engine-pod";
import type { RouterPlacement } from "../../src/manifests/placement";
import type { PoolIntent } from "../../src/plan/intent";
import type { PoolPlan } from "../../src/plan/pool";
import { planned } from "../support/intents";
import { decode, prefill } from "../engines/trtllm/pools";

export const image = "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.1";

export const entrance: RouterPlacement = {
  namespace: "client1",
  name: "client1-router",
  client: "client1",
  role: "router",
  image,
  imagePullSecrets: [],
  serviceAccount: "client1-router",
  cpuCores: 8,
  memoryGib: 16,
};

/** A pool of `intent`, as its router gets it. */
export function roleOf(name: string, intent: PoolIntent): DynamoRole {
  const plan = planned(intent);
  const placement = {
    namespace: "client1",
    name,
    client: "client1",
    role: plan.role,
    image,
    imagePullSecrets: [],
    claimTemplate: "client1-channel",
    serviceAccount: "client1-engine",
    cpuCores: 120,
    memoryGib: 850,
    sharedMemoryGib: 200,
  };
  const podTemplate = enginePod(placement, plan, trtllm.process(plan, leaderWorkerSetVariables));
  return { name, role: plan.role, workers: plan.workers, traysPerWorker: plan.traysPerWorker, podTemplate };
}

/** Client 1: two prefill workers of a tray, and one decode worker of eight. */
export const pools: readonly DynamoRole[] = [
  roleOf("client1-prefill", prefill({ workers: 2 })),
  roleOf("client1-decode", decode()),
];

export function plansOf(intents: readonly PoolIntent[]): readonly PoolPlan[] {
  return intents.map(planned);
}

export function graph(changes: Partial<DynamoGraphRequest> = {}): DynamoGraph {
  return dynamoGraph({
    entrance,
    frontend: { replicas: 2, process: dynamoFrontend("1.6.1") },
    roles: pools,
    apiVersion: "v1alpha1",
    discovery: "kubernetes",
    runtimeVersion: "1.6.1",
    ...changes,
  });
}
