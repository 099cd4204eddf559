import { createHash } from "node:crypto";
import type { Problem } from "../problems";
import { clientLabels } from "./labels";

/** `Single` gives a pod the one channel it needs, `All` every channel of the domain. */
export type AllocationMode = "Single" | "All";

/** The fields of resource.nvidia.com/v1beta1 ComputeDomain that a client sets. */
export interface ComputeDomain {
  readonly apiVersion: "resource.nvidia.com/v1beta1";
  readonly kind: "ComputeDomain";
  readonly metadata: {
    readonly namespace: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: {
    readonly numNodes: number;
    readonly channel: {
      readonly allocationMode: AllocationMode;
      readonly resourceClaimTemplate: { readonly name: string };
    };
  };
}

/**
 * The NVLink domain that all engine pods of a client join. It has no name of its own: its spec is immutable, so any
 * change makes a second domain beside the first, and Pulumi names them apart.
 */
export function computeDomain(
  client: string,
  namespace: string,
  allocationMode: AllocationMode = "Single",
): ComputeDomain {
  return {
    apiVersion: "resource.nvidia.com/v1beta1",
    kind: "ComputeDomain",
    metadata: {
      namespace,
      labels: clientLabels(client),
      // Proves that the controller is there, not that the domain works: with numNodes 0 it is Ready without any tray.
      annotations: { "pulumi.com/waitFor": "jsonpath={.status.status}=Ready" },
    },
    spec: {
      // The driver's own advice; a fixed number would forbid scaling a pool (CRD comment, v0.4.1).
      numNodes: 0,
      channel: { allocationMode, resourceClaimTemplate: { name: claimTemplateName(client, allocationMode) } },
    },
  };
}

/**
 * The hash covers all that may differ between two domains of a client. Running pods keep their claims on a deleted
 * domain unless their template changes; a new name changes it, so the pools roll between creation and deletion.
 */
export function claimTemplateName(client: string, allocationMode: AllocationMode = "Single"): string {
  const difference = JSON.stringify({ allocationMode, numNodes: 0 });
  return `${client}-channel-${createHash("sha256").update(difference).digest("hex").slice(0, 8)}`;
}

/** Kubernetes copies the name into claims and labels, where 63 characters are the end. */
export function checkClaimTemplateName(client: string): Problem[] {
  const name = claimTemplateName(client);
  if (name.length <= 63) return [];
  return [
    {
      path: "client",
      what: `the claim template "${name}" has ${name.length} characters`,
      rule: "names that Kubernetes uses as labels have at most 63 characters",
      fix: `shorten the client's name to ${63 - (name.length - client.length)} characters`,
    },
  ];
}
