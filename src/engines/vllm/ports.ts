import type { PoolPlan } from "../../plan/pool";
import type { ProcessPort } from "../engine";

/** vLLM's own default, and that of Ray Serve's proxies. */
export const httpPort = 8000;
/** The port of vLLM's own multi-node examples; said because the network policy opens it. */
export const rpcPort = 13345;
/** vLLM's default, said because the network policy opens it. */
export const masterPort = 29501;
/** Base of NIXL's side channel; each data-parallel rank listens on base + its rank (nixl base_scheduler). */
export const sideChannelPort = 5600;

/**
 * Ray gives every rank base + rank as its base, to which vLLM adds the rank once more. The bases are those of Ray 2.60's
 * builder, which keeps decode's apart from prefill's; 2.52 would take any free port.
 */
export const raySideChannelPorts = { prefill: 20000, decode: 22000 } as const;

const ephemeral: ProcessPort = {
  name: "ephemeral",
  port: 32768,
  lastPort: 65535,
  callers: ["worker", "client"],
  why: "NCCL and Gloo sockets, the data-parallel coordinator's queues on free ports, and UCX between the pools",
};

/** What listens in a pod of a LeaderWorkerSet. */
export function processPorts({ parallel }: PoolPlan): readonly ProcessPort[] {
  const sideChannel: ProcessPort = {
    name: "nixl",
    port: sideChannelPort,
    lastPort: sideChannelPort + Math.max(0, parallel.data - 1),
    callers: ["client"],
    why: "a decode rank fetches a prefill rank's memory descriptors here before the first KV transfer",
  };
  const rpc: ProcessPort = {
    name: "dp-rpc",
    port: rpcPort,
    callers: ["worker"],
    why: "the ranks of every tray report to the leader's coordinator at start",
  };
  const master: ProcessPort = {
    name: "master",
    port: masterPort,
    callers: ["worker"],
    why: "torch.distributed rendezvous of a tensor-parallel group over several trays",
  };
  return [
    {
      name: "http",
      port: httpPort,
      callers: ["router", "worker", "monitoring"],
      why: "requests from the router, metrics, and the leader's load for trays that wait for its drain",
    },
    ...(parallel.nodes > 1 ? [parallel.data > 1 ? rpc : master] : []),
    sideChannel,
    ephemeral,
  ];
}

/** Ports of Ray's head, as KubeRay expects them (ray-operator 1.6, controllers/ray/utils/constant.go). */
export const rayHeadPorts = { serve: httpPort, gcs: 6379, dashboard: 8265, client: 10001, metrics: 8080 } as const;

/** What listens in a pod of a Ray cluster (Ray's documented defaults, which KubeRay keeps). */
export function rayPorts({ role, parallel, workers }: PoolPlan): readonly ProcessPort[] {
  const base = raySideChannelPorts[role];
  // Without data-parallel ranks a replica's own number takes their place (ray.llm kv_transfer/base.py, 2.60.0).
  const last = parallel.data > 1 ? 2 * (parallel.data - 1) : (workers - 1) * parallel.tensor;
  const within = { callers: ["router", "worker", "client"] } as const;
  return [
    { name: "http", port: httpPort, callers: ["router", "monitoring"], why: "Ray Serve's proxy on every node" },
    {
      name: "gcs",
      port: rayHeadPorts.gcs,
      ...within,
      why: "the head's cluster state, which every node registers with",
    },
    {
      name: "dashboard",
      port: rayHeadPorts.dashboard,
      callers: ["client"],
      why: "the head's dashboard and job server",
    },
    { name: "ray-client", port: rayHeadPorts.client, callers: ["client"], why: "Ray Client on the head" },
    {
      name: "metrics",
      port: rayHeadPorts.metrics,
      callers: ["router", "monitoring"],
      why: "metrics of Ray, Serve and the engine, which the head waits by when it drains",
    },
    { name: "ray-agent", port: 52365, ...within, why: "the node's agent, which KubeRay asks for health" },
    { name: "ray-workers", port: 10002, lastPort: 19999, ...within, why: "Ray's workers call each other" },
    {
      name: "nixl",
      port: base,
      lastPort: base + last,
      callers: ["client"],
      why: "a decode rank fetches a prefill rank's memory descriptors here before the first KV transfer",
    },
    { ...ephemeral, callers: ["router", "worker", "client"] },
  ];
}
