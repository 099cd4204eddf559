import type { JsonObject } from "../engine";
import type { PoolRole } from "../../plan/intent";
import { httpPort } from "./ports";

interface ServeApplication {
  /** Name of the application; Serve asks for one that is its own in the cluster. */
  readonly name: string;
  /** LLMConfig of each role: `settings` of its engine process. */
  readonly prefill: JsonObject;
  readonly decode: JsonObject;
  /** Processes that take requests, check and tokenize them. Fixed: they hold no GPU and start in seconds. */
  readonly ingressReplicas: number;
  /** The longest a request may take, stream included. */
  readonly requestSeconds: number;
}

/**
 * What a RayService is told to serve: Ray's own prefill/decode application, in which a request goes from an ingress to a
 * decode replica, which has it prefilled first. It takes one configuration of each role; more of one role is more
 * `num_replicas`.
 */
export function serveConfig({ name, prefill, decode, ingressReplicas, requestSeconds }: ServeApplication): JsonObject {
  return {
    // A proxy on the head alone would be one door for all, and the head has no GPU to be near to.
    proxy_location: "EveryNode",
    http_options: { host: "0.0.0.0", port: httpPort, request_timeout_s: requestSeconds },
    applications: [
      {
        name,
        route_prefix: "/",
        import_path: "ray.serve.llm:build_pd_openai_app",
        args: {
          prefill_config: prefill,
          decode_config: decode,
          ingress_deployment_config: {
            autoscaling_config: { min_replicas: ingressReplicas, max_replicas: ingressReplicas },
          },
        },
      },
    ],
  };
}

/**
 * `ray start` of a role's nodes, as KubeRay wants it: all values are strings. The custom resources are JSON inside a
 * quoted string, because KubeRay writes them into a shell command as they are.
 */
export function rayStartParams(role: PoolRole, gpusPerTray: number): Readonly<Record<string, string>> {
  return {
    "num-gpus": String(gpusPerTray),
    resources: JSON.stringify(`{"${role}": ${gpusPerTray}}`),
  };
}
