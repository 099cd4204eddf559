import { createHash } from "node:crypto";
import type { types } from "@pulumi/kubernetes";
import type { ConfigurationFile } from "../engines/engine";
import type { Problem } from "../problems";
import type { PoolPlan } from "../plan/pool";
import { clientLabels, labels, podSelector, type Member } from "./labels";

/** A computed placement of experts, in the engine's own file format. */
export interface PlacementFile {
  readonly namespace: string;
  readonly client: string;
  /** What the placement is for, for example `client1-decode-experts`. */
  readonly name: string;
  readonly key: string;
  readonly content: string;
}

/**
 * Immutable and named after its content: another placement is another object, so the pool that mounts it rolls, and a
 * pool that is still running keeps the file it started with.
 */
export function expertPlacementConfigMap(file: PlacementFile): types.input.core.v1.ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: configMapName(file), namespace: file.namespace, labels: clientLabels(file.client) },
    immutable: true,
    data: { [file.key]: file.content },
  };
}

export function configMapName({ name, key, content }: PlacementFile): string {
  const hash = createHash("sha256").update(`${key}\n${content}`).digest("hex");
  return `${name}-${hash.slice(0, 10)}`;
}

/** What a pool's processes read of their own: immutable and named after its content, like a placement. */
export function engineConfigMap(pool: Member, files: readonly ConfigurationFile[]): types.input.core.v1.ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: engineConfigMapName(pool, files), namespace: pool.namespace, labels: labels(pool) },
    immutable: true,
    data: Object.fromEntries(files.map(({ key, content }) => [key, content])),
  };
}

export function engineConfigMapName(pool: Member, files: readonly ConfigurationFile[]): string {
  const hash = createHash("sha256").update(files.map(({ key, content }) => `${key}\n${content}`).join("\n"));
  return `${pool.name}-${hash.digest("hex").slice(0, 10)}`;
}

/**
 * What a pool leaves of itself where its pods belong to an object of its router's: how many there are, and what to look
 * for. It stands where a LeaderWorkerSet would.
 */
export function poolNote(pool: Member, plan: PoolPlan): types.input.core.v1.ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: pool.name, namespace: pool.namespace, labels: labels(pool) },
    data: {
      orchestrator: plan.intent.orchestrator,
      workers: String(plan.workers),
      traysPerWorker: String(plan.traysPerWorker),
      podSelector: Object.entries(podSelector(pool))
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    },
  };
}

/** MaxSecretSize of k8s.io/api/core/v1, which the API server applies to ConfigMaps too. */
const largestBytes = 1024 * 1024;

export function checkPlacementFile(file: PlacementFile): Problem[] {
  const bytes = Buffer.byteLength(file.content);
  if (bytes <= largestBytes) return [];
  return [
    {
      path: "recording",
      what: `the placement file has ${bytes} bytes`,
      rule: `a ConfigMap holds at most ${largestBytes} bytes`,
      fix: "write the placement without whitespace, or put the file on the weights' volume",
    },
  ];
}
