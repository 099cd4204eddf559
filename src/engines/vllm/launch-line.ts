import type { PoolPlan } from "../../plan/pool";
import { modelDirectory, type GroupVariables, type Json } from "../engine";
import { servedModelName } from "../served-model";
import type { Dialect } from "./dialect";
import { engineArguments, type EngineArguments } from "./engine-arguments";
import { httpPort, masterPort, rpcPort } from "./ports";

/** Where the weights are in every pod. */
export function modelPath({ intent }: PoolPlan): string {
  return `${modelDirectory}/${intent.weights.path}`;
}

/** Whether the trays of a worker serve their own ranks each, behind one router (hybrid load balancing). */
export function everyTrayServes({ parallel }: PoolPlan): boolean {
  return parallel.data > 1 && parallel.nodes > 1;
}

/**
 * Arguments of `vllm serve` on every tray of a worker. They are the same on all of them: what differs, the rank of the
 * tray, is appended by the launcher, since Kubernetes cannot multiply.
 */
export function launchArguments(plan: PoolPlan, dialect: Dialect): readonly string[] {
  return [
    "serve",
    modelPath(plan),
    ...toFlags({
      served_model_name: servedModelName(plan.intent.checkpoint.repository),
      host: "0.0.0.0",
      port: httpPort,
      ...serverArguments(plan),
      ...groupArguments(plan),
      ...engineArguments(plan, dialect),
    }),
  ];
}

/**
 * One API server per rank of the tray: one process tokenizes and streams for some 500 requests, not for a tray's 1000
 * (source 002 runs 8 for 8). 0.11 starts a single one unless told; without ranks of its own a tray needs no more.
 */
function serverArguments({ parallel }: PoolPlan): EngineArguments {
  return parallel.data > 1 ? { api_server_count: ranksPerTray(parallel) } : {};
}

function ranksPerTray({ data, nodes }: Pick<PoolPlan["parallel"], "data" | "nodes">): number {
  return data / nodes;
}

/** A single tray needs none: all ranks are local by default, and vLLM balances between them. */
function groupArguments(plan: PoolPlan): EngineArguments {
  const { parallel } = plan;
  if (parallel.nodes === 1) return {};
  if (parallel.data === 1) return { nnodes: parallel.nodes, master_port: masterPort };
  return {
    data_parallel_size_local: ranksPerTray(parallel),
    data_parallel_hybrid_lb: true,
    data_parallel_rpc_port: rpcPort,
  };
}

/** What the launcher of a group is given before vLLM's own arguments: the leader's name and the tray's index. */
export function groupPrefix(group: GroupVariables): readonly string[] {
  return [group.leaderAddress, group.workerIndex];
}

/** `max_num_seqs: 256` -> `--max-num-seqs 256`; switches stand alone, nested configurations are JSON. */
function toFlags(values: EngineArguments): readonly string[] {
  return Object.entries(values).flatMap(([field, value]) => toFlag(field, value));
}

function toFlag(field: string, value: Json): readonly string[] {
  const name = field.replaceAll("_", "-");
  if (value === true) return [`--${name}`];
  if (value === false) return [`--no-${name}`];
  return [`--${name}`, typeof value === "object" ? JSON.stringify(value) : String(value)];
}
