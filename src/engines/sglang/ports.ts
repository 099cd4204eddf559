import type { PoolRole } from "../../plan/intent";
import type { ProcessPort } from "../engine";

export const httpPort = 30000;
/** Not SGLang's default of 8998, which Dynamo's services use on shared hosts; the one published GB200 recipes moved to. */
export const bootstrapPort = 30001;
export const distInitPort = 5757;
/** DP attention takes the ports after dist-init's for its queues: tokenizer, detokenizer, RPC, metrics, scheduler input. */
const distInitRange = 16;
/** Pinned, because the default is a random probe that races (srt-slurm). */
export const ncclPort = 28400;

/** What listens in an engine pod, and for whom. */
export function processPorts(role: PoolRole): readonly ProcessPort[] {
  const bootstrap: ProcessPort = {
    name: "bootstrap",
    port: bootstrapPort,
    callers: ["client"],
    why: "prefill ranks register here and decode ranks look them up before a KV transfer",
  };
  return [
    {
      name: "http",
      port: httpPort,
      callers: ["router", "worker", "monitoring", "operation"],
      why: "requests from the router, metrics, the leader's load for workers that wait for its drain, and its recorder",
    },
    ...(role === "prefill" ? [bootstrap] : []),
    {
      name: "dist-init",
      port: distInitPort,
      lastPort: distInitPort + distInitRange,
      callers: ["worker"],
      why: "torch.distributed rendezvous and the queues of DP attention on the ports after it",
    },
    { name: "nccl", port: ncclPort, callers: ["worker"], why: "NCCL rendezvous of a worker's ranks" },
    {
      name: "ephemeral",
      port: 32768,
      lastPort: 65535,
      callers: ["worker", "client"],
      why: "NCCL and Gloo sockets, ZeroMQ queues on random ports, and the handshake of KV transfers between pools",
    },
  ];
}
