import type { PoolPlan } from "../../plan/pool";
import type { ProcessPort } from "../engine";

/** Health and metrics of a worker (Dynamo operator, DynamoSystemPort); requests do not come this way. */
export const systemPort = 9090;
/** sshd of a worker's other trays, through which the leader's mpirun starts their ranks (operator, MpiRunSshPort). */
const sshPort = 2222;
/** What the frontend answers OpenAI requests on (operator, DynamoServicePort). */
export const frontendPort = 8000;
/** Dynamo's own services, which workers and frontends call: registration and, where it is chosen, the request plane. */
export const platformPorts = { nats: 4222, etcd: 2379 } as const;

/** What listens in an engine pod, and for whom. */
export function processPorts({ parallel }: PoolPlan): readonly ProcessPort[] {
  const ssh: ProcessPort = {
    name: "ssh",
    port: sshPort,
    callers: ["worker"],
    why: "mpirun on the worker's first tray starts the ranks of the others over it",
  };
  return [
    {
      name: "system",
      port: systemPort,
      callers: ["router", "monitoring"],
      why: "health, metrics, and the tokenizer's files, which the frontend fetches from a worker",
    },
    ...(parallel.nodes > 1 ? [ssh] : []),
    {
      name: "ephemeral",
      port: 32768,
      lastPort: 65535,
      callers: ["router", "worker", "client"],
      why: "requests over Dynamo's TCP plane, MPI and NCCL sockets, and the handshake of KV transfers between pools",
    },
  ];
}
