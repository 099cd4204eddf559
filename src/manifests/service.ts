import type { types } from "@pulumi/kubernetes";
import type { RouterPorts } from "../engines/smg/router";
import type { Member } from "./labels";
import { labels, leaderSelector, podSelector } from "./labels";

/**
 * The leaders of a pool, for Prometheus and for people. Headless: each worker is addressed by itself, and balancing is
 * the router's. Not named after the pool, because the LeaderWorkerSet controller makes a Service of that name.
 */
export function leadersService(
  pool: Member,
  httpPort: number,
  servesFrom: "leader" | "every tray" = "leader",
): types.input.core.v1.Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: leadersServiceName(pool),
      namespace: pool.namespace,
      labels: labels(pool),
      // Pulumi would wait for endpoints, that is for the weights to load; the LeaderWorkerSet is what is waited for.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      clusterIP: "None",
      selector: servingSelector(pool, servesFrom),
      ports: [{ name: "http", port: httpPort, targetPort: httpPort }],
    },
  };
}

/** The pods that answer requests. */
export function servingSelector(pool: Member, servesFrom: "leader" | "every tray"): Record<string, string> {
  return servesFrom === "leader" ? leaderSelector(pool) : podSelector(pool);
}

export function leadersServiceName(pool: Member): string {
  return `${pool.name}-leaders`;
}

/** The client's entrance. */
export function routerService(router: Member, ports: RouterPorts): types.input.core.v1.Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: router.name,
      namespace: router.namespace,
      labels: labels(router),
      // Ready routers need ready pools, and the Deployment is already waited for.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      type: "ClusterIP",
      selector: podSelector(router),
      ports: [
        { name: "http", port: ports.http, targetPort: ports.http },
        { name: "metrics", port: ports.metrics, targetPort: ports.metrics },
      ],
    },
  };
}

/** Base URL of each worker's leader: pod `<set>-<group>` below the Service that LWS names after the set. */
export function leaderUrls(pool: Member, workers: number, httpPort: number): string[] {
  return Array.from(
    { length: workers },
    (_, group) => `http://${pool.name}-${group}.${pool.name}.${pool.namespace}.svc:${httpPort}`,
  );
}
