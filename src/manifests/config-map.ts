import { createHash } from "node:crypto";
import type { types } from "@pulumi/kubernetes";
import type { Problem } from "../problems";
import { clientLabels } from "./labels";

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
